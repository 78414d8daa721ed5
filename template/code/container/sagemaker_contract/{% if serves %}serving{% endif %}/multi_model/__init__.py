"""A multi-model endpoint: models that SageMaker has loaded, invoked and unloaded while the server runs."""
