.PHONY: sample-model
sample-model: ## サンプルデータで推論用のモデルを作る
	@scripts/local_run/sample_model.sh

