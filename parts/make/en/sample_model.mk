.PHONY: sample-model
sample-model: ## Fit a model on the sample data, to have something to serve
	@scripts/local_run/sample_model.sh

