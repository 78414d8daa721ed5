"""AWS's transformer, which runs the handlers of inference.py on a request."""

import json
import logging
import sys
from types import SimpleNamespace

from sagemaker_inference import content_types
from sagemaker_inference.transformer import Transformer

from ...serving import handlers
from ...serving.errors import RequestError

logger = logging.getLogger(__name__)
content_types.UTF8_TYPES = []  # else input_fn would get text for some types, and bytes elsewhere


class ContractTransformer(Transformer):
    """Answers a request that cannot be served with its own status, and says nothing of the code."""

    def __init__(self) -> None:
        """Have this package's own handlers in place of those that inference.py lacks."""
        super().__init__(SimpleNamespace(**{f"default_{step}": getattr(handlers, step) for step in handlers.STEPS}))

    @staticmethod
    def handle_error(context, inference_exception, trace):
        """Turn the exception that is being handled into an answer."""
        error = sys.exception()
        if not isinstance(error, RequestError):
            logger.error(trace)
            error = RequestError(500, "the model failed on this request; the log has the cause", "another request")
        context.set_response_status(code=error.status, phrase="")
        context.set_response_content_type(0, "application/json")
        return [json.dumps({"error": error.wrong, "accepted": error.accepted}).encode()]
