.PHONY: local-mode
local-mode: build ## Train the image through the SageMaker SDK's local mode
	@scripts/local_run/local_mode.sh

