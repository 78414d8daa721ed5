"""What the batches use: the configuration, AWS, the database."""
