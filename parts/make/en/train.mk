.PHONY: train
train: ## Train on the sample data, into opt_ml/MODEL/model
	@scripts/local_run/train.sh

.PHONY: evaluate
evaluate: ## Judge the trained model, into a report for a browser
	@scripts/local_run/evaluate.sh

