"""The jobs that SageMaker runs with this model."""
