"""A line of the log for each request: its time and its sizes, never what it holds."""

import logging
import os
import time
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quoted

from .exchanges import INFERENCE_ID
from .incoming import Incoming
from .json_log import timestamp
from .replies import Reply

LONGEST_ID = 200
STANDARD_ERROR = 2


class RequestLog:
    """Writes lines as `json_log` does, without what logging costs: some microseconds for each request.

    Args:
        level: the least level that is logged; requests are INFO.
    """

    def __init__(self, level: int) -> None:
        self.is_on = level <= logging.INFO
        self._model = quoted(os.environ.get("MODEL", ""))

    def write(
        self, route: str, target: str, incoming: Incoming, reply: Reply, seconds: float, sent: int, is_whole: bool
    ) -> None:
        """Write the line of a request.

        Args:
            route: its path, as a pattern.
            target: the model that it names, of many.
            incoming: its headers and body.
            reply: the answer.
            seconds: from the first byte of the body to the answer.
            sent: bytes of the answer.
            is_whole: whether all of a streamed answer went out.
        """
        inference_id = incoming.headers.get(INFERENCE_ID)
        given = f', "inference_id": {quoted(inference_id[:LONGEST_ID])}' if inference_id else ""
        named = f', "target_model": {quoted(target[:LONGEST_ID])}' if target else ""
        broken = "" if is_whole else ', "broken_off": true'
        fields = (
            f'"time": "{timestamp(time.time())}", "level": "INFO", "route": {quoted(route)}, "status": {reply.status}, '
            f'"ms": {seconds * 1000:.2f}, "rows": {reply.rows}, "bytes_in": {incoming.size}, "bytes_out": {sent}, '
            f'"model": {self._model}{named}{given}{broken}'
        )
        line = "{" + fields + "}\n"
        with suppress(OSError):
            os.write(STANDARD_ERROR, line.encode())
