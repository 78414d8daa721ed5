.PHONY: serve
serve: ## ポート8080で推論サーバーを起動する
	@scripts/local_run/serve.sh

.PHONY: predict
predict: ## サーバーにサンプルのリクエストを送る
	@scripts/local_run/predict.sh

