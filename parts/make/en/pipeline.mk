.PHONY: pipeline
pipeline: ## Run the pipeline on this machine; pipeline.sh --help has more
	@scripts/local_run/pipeline.sh

.PHONY: test-pipeline
test-pipeline: ## Run the pipeline's tests
	@scripts/test/pipeline.sh

