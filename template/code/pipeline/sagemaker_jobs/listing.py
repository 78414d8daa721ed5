"""Lists that come in pages."""

from collections.abc import Callable, Iterator
from typing import Any


def every(ask: Callable[..., dict[str, Any]], key: str, **request: Any) -> Iterator[dict[str, Any]]:
    """Give what is listed, of all pages.

    Args:
        ask: a method of boto3's client for SageMaker, such as list_endpoints.
        key: of the list in its answer, such as Endpoints.
        request: what it is asked for.
    """
    token: dict[str, str] = {}
    while True:
        answer = ask(**request, **token)
        yield from answer[key]
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}
