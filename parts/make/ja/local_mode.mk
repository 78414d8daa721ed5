.PHONY: local-mode
local-mode: build ## SageMaker SDKのローカルモードでイメージを使って学習する
	@scripts/local_run/local_mode.sh

