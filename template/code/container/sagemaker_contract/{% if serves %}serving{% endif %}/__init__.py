"""The web server: /ping and /invocations as SageMaker calls them."""
