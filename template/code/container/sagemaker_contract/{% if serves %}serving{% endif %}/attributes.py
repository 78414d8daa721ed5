"""What a client asks for in the custom attributes of its request."""

import re
from collections.abc import Mapping

from .errors import RequestError

CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
TRUTHS = {"true": True, "false": False}


def wants_probabilities(headers: Mapping[str, str]) -> bool | None:
    """Read `probabilities=true` or `=false` among attributes parted by `,` or `;`; None where neither stands there.

    Raises:
        RequestError: 400, it has another value.
    """
    attributes = headers.get(CUSTOM_ATTRIBUTES)
    if not attributes or "probabilities" not in attributes.lower():
        return None
    for attribute in re.split("[,;]", attributes):
        name, _, value = (part.strip().lower() for part in attribute.partition("="))
        if name == "probabilities":
            if value not in TRUTHS:
                raise RequestError(400, f"probabilities is {value[:100]!r}", "probabilities=true, probabilities=false")
            return TRUTHS[value]
    return None
