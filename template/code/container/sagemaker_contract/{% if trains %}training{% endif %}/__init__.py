"""A training job: what SageMaker hands to a container, and what it wants back."""
