"""What stands for SageMaker and Amazon S3 on this machine: the same requests and answers, with folders and programs."""
