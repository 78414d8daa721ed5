.PHONY: train
train: ## サンプルデータで学習し、opt_ml/MODEL/modelに保存する
	@scripts/local_run/train.sh

.PHONY: evaluate
evaluate: ## 学習したモデルを評価し、ブラウザーで見るレポートを作る
	@scripts/local_run/evaluate.sh

