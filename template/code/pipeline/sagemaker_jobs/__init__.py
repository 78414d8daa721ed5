"""Jobs on SageMaker, or on what stands for it: their settings, requests, backends and results."""
