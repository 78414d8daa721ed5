"""SageMaker's contract with a container: folders, data, training jobs and the web server, once for all models.

A model's own code stands beside this package, in a folder of the model's name, and knows nothing of SageMaker.
"""
