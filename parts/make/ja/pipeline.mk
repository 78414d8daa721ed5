.PHONY: pipeline
pipeline: ## このマシンでパイプラインを実行する(詳しくはpipeline.sh --help)
	@scripts/local_run/pipeline.sh

.PHONY: test-pipeline
test-pipeline: ## パイプラインのテストを実行する
	@scripts/test/pipeline.sh

