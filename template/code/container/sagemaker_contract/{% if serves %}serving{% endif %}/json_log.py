"""The log: a JSON object a line on standard error, as CloudWatch Logs Insights reads it."""

import json
import logging
import time
from functools import lru_cache
from logging.config import dictConfig
from typing import Any


class JsonLines(logging.Formatter):
    """A record as a line; a traceback is a field of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        fields = {
            "time": timestamp(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
        }
        if inference_id := getattr(record, "inference_id", None):
            fields["inference_id"] = inference_id
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def configuration(level: int) -> dict[str, Any]:
    """Give the settings by which every logger writes JSON, in the form that `logging.config` and servers take."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level, "handlers": ["standard_error"]},
        "loggers": {"gunicorn.error": {"level": level, "handlers": ["standard_error"], "propagate": False}},
    }


def set_up(level: int) -> None:
    """Let every logger of this process write JSON."""
    dictConfig(configuration(level))


def timestamp(seconds: float) -> str:
    """Write a time as ISO 8601 has it, in UTC, to the millisecond."""
    return f"{_to_the_second(int(seconds))}.{int(seconds % 1 * 1000):03}Z"


@lru_cache(maxsize=1)
def _to_the_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
