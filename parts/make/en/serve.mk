.PHONY: serve
serve: ## Serve the model on port 8080
	@scripts/local_run/serve.sh

.PHONY: predict
predict: ## Send the sample request to the server
	@scripts/local_run/predict.sh

