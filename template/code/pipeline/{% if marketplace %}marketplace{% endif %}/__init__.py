"""What a listing on AWS Marketplace needs of SageMaker and KMS; scripts/marketplace.sh runs it."""
