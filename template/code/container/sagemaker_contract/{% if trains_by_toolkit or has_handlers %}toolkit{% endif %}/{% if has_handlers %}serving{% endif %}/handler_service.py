"""What multi-model-server loads in each worker: AWS's handler service over the model's inference.py.

The server wants exactly one class in this module.
"""

from sagemaker_inference import utils
from sagemaker_inference.default_handler_service import DefaultHandlerService

from . import transformer
from .gate import PROBE


class HandlerService(DefaultHandlerService):
    """AWS's handler service with the answers of this package's server."""

    def __init__(self) -> None:
        super().__init__(transformer.ContractTransformer())
        self.loaded = False

    def initialize(self, context):
        """Load the model; the server goes on where that fails, so that the gate has to be told."""
        super().initialize(context)
        self.loaded = True

    def handle(self, data, context):
        """Answer a request, or the gate, which asks whether the model is loaded."""
        headers = context.request_processor[0].get_request_properties()
        if utils.retrieve_content_type_header(headers) != PROBE:
            return super().handle(data, context)
        context.set_response_status(code=200 if self.loaded else 503, phrase="")
        return [b""]
