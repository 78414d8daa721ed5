"""Adapters between SageMaker's toolkits and this package: what the toolkits alone would not show of the contract."""
