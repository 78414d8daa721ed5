.PHONY: train
train: ## Train on the sample data, into opt_ml/MODEL/model
	@scripts/local_run/train.sh

