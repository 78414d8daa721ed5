"""Which media type a request has, and which one its answer gets."""

from collections.abc import Mapping
from functools import lru_cache

from .errors import RequestError

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
SUPPORTED = (CSV, JSON, JSON_LINES)
ACCEPTED = ", ".join(SUPPORTED)
CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


def request_type(headers: Mapping[str, str]) -> str:
    """Give the media type of a request, whose Content-Type may be such as `text/csv; charset=utf-8`.

    Raises:
        RequestError: 415, the type, its charset or a compression is not supported.
    """
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RequestError(415, "the body is compressed", "no Content-Encoding")
    return _media_type(headers.get("Content-Type") or "")


@lru_cache(maxsize=64)
def _media_type(header: str) -> str:
    media_type, *parameters = _parts(header)
    if not media_type:
        raise RequestError(415, "the Content-Type is missing", ACCEPTED)
    if media_type not in SUPPORTED:
        raise RequestError(415, f"Content-Type {media_type[:100]!r} is not supported", ACCEPTED)
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "charset" and value.strip(" \"'") not in CHARSETS:
            raise RequestError(415, f"charset {value[:100]!r} is not supported", "utf-8")
    return media_type


@lru_cache(maxsize=64)
def answer_type(header: str | None, default: str) -> str:
    """Choose the answer's media type by an Accept header (RFC 9110, 12.5.1); the request's own type where it may.

    Raises:
        RequestError: 406, nothing that is accepted can be given.
    """
    if not header or not header.strip():
        return default
    ranges = [_quality(part) for part in header.split(",") if part.strip()]
    candidates = (default, *(media_type for media_type in SUPPORTED if media_type != default))
    best = max(candidates, key=lambda media_type: _preference(media_type, ranges))
    if _preference(best, ranges) <= 0:
        raise RequestError(406, f"Accept {header[:100]!r} cannot be given", ACCEPTED)
    return best


def _parts(header: str) -> list[str]:
    return [part.strip() for part in header.lower().split(";")]


def _quality(part: str) -> tuple[str, float]:
    media_range, *parameters = _parts(part)
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "q":
            try:
                return media_range, float(value)
            except ValueError:
                return media_range, 0.0
    return media_range, 1.0


def _preference(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """Give the quality of the most specific range that matches; 0 where none does."""
    for wanted in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        qualities = [quality for media_range, quality in ranges if media_range == wanted]
        if qualities:
            return max(qualities)
    return 0.0
