"""Items 49 to 62, and 66: requests and their answers."""

import json
import pickle
import time
from contextlib import suppress

from .bench import Bench
from .client import Answer
from .given import CSV, JSON, JSON_LINES, MEGABYTE
from .items import Failed, demand, item

MALFORMED = {CSV: b'1,2\n"\xff\xfe\n', JSON: b'{"instances": [[', JSON_LINES: b"[1, 2\n"}
HOSTILE = [b"", b"\0" * 1000, b"\xff\xfe" * 500, b"[" * 100_000, b'{"instances": null}', b"1e999\n", b"," * 10_000]
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


def status_is(answer: Answer, status: int) -> str:
    """Demand the status of an answer."""
    demand(answer.status == status, f"status {answer.status} {answer.text[:100]}")
    return f"status {status}"


@item(49, "the request's rows as text/csv", "serving")
def csv_rows(bench: Bench) -> str:
    """text/csv is read."""
    return _same_predictions(bench, CSV)


@item(50, "the request's rows as application/json", "serving")
def json_rows(bench: Bench) -> str:
    """application/json is read."""
    return _same_predictions(bench, JSON)


@item(51, "the request's rows as application/jsonlines", "serving")
def json_lines_rows(bench: Bench) -> str:
    """application/jsonlines is read."""
    return _same_predictions(bench, JSON_LINES)


@item(52, "the request's Content-Type with ; charset=utf-8", "serving")
def charset(bench: Bench) -> str:
    """A charset in the type is tolerated."""
    with bench.server() as (_, client):
        return status_is(bench.ask(client, content_type=f"{bench.given.content_type}; charset=utf-8"), 200)


@item(53, "Content-Type application/x-nothing", "serving")
def unsupported_type(bench: Bench) -> str:
    """Another type is refused with 415."""
    with bench.server() as (_, client):
        return status_is(bench.ask(client, content_type="application/x-nothing"), 415)


@item(54, "Accept application/x-nothing", "serving")
def unsupported_accept(bench: Bench) -> str:
    """Another Accept is refused with 406."""
    with bench.server() as (_, client):
        return status_is(bench.ask(client, Accept="application/x-nothing"), 406)


@item(55, "a body that is not what its type says", "serving")
def malformed(bench: Bench) -> str:
    """A malformed body is refused with 400."""
    with bench.server() as (_, client):
        body = MALFORMED.get(bench.given.content_type, b"\xff\xfe")
        return status_is(bench.ask(client, body), 400)


@item(56, "hostile bodies, then the request", "serving")
def lives_on(bench: Bench) -> str:
    """The server outlives whatever is sent."""
    with bench.server() as (_, client):
        right = bench.ask(client)
        seen = set()
        for body in HOSTILE:
            try:
                seen.add(bench.ask(client, body).status)
            except OSError as error:
                raise Failed(f"the connection broke at {body[:20]}: {error}") from None
        demand(bench.ask(client).body == right.body, "the request is answered in another way")
    return f"statuses {', '.join(map(str, sorted(seen)))}; the request is answered as before"


@item(57, "headers that the platform may send", "serving")
def unknown_headers(bench: Bench) -> str:
    """Unknown headers are ignored."""
    headers = {f"X-Amzn-SageMaker-{name}": "x" for name in ("Inference-Id", "Session-Id", "Target-Model", "New")}
    with bench.server() as (_, client):
        return status_is(bench.ask(client, **headers), 200)


@item(58, f"header {ATTRIBUTES}", "serving")
def custom_attributes(bench: Bench) -> str:
    """The custom attributes are echoed."""
    with bench.server() as (_, client):
        answer = bench.ask(client, **{ATTRIBUTES: "trace=7"})
    echoed = answer.headers.get(ATTRIBUTES.lower())
    demand(echoed == "trace=7", f"the answer has {echoed!r}")
    return "echoed"


@item(59, "a body of 25 MB", "serving")
def large_body(bench: Bench) -> str:
    """A body of 25 MB is accepted."""
    body, content_type = bench.given.large_body(25 * MEGABYTE)
    with bench.server() as (_, client):
        start = time.monotonic()
        return f"{status_is(bench.ask(client, body, content_type), 200)} after {time.monotonic() - start:.1f} s"


@item(60, "rows together, in another order, and each alone", "serving")
def order(bench: Bench) -> str:
    """There is a prediction for each row, in order."""
    rows, content_type = bench.given.rows, bench.given.content_type
    turned = rows[1:] + rows[:1]
    with bench.server() as (_, client):
        together = bench.ask(client, bench.given.body(turned, content_type)).predictions
        alone = [bench.ask(client, bench.given.body([row], content_type)).predictions for row in turned]
    demand(len(together) == len(turned), f"{len(together)} predictions for {len(turned)} rows")
    demand([[one] for one in together] == alone, f"together {together}, alone {alone}")
    return f"{len(rows)} rows, {len(together)} predictions in their order"


@item(61, "newlines at the end of the body", "serving")
def trailing_newline(bench: Bench) -> str:
    """A newline at the end adds no row."""
    content_type = JSON_LINES if bench.given.content_type == JSON_LINES else CSV
    body = bench.given.body(bench.given.rows, content_type).rstrip(b"\n")
    with bench.server() as (_, client):
        counts = [len(bench.ask(client, body + end, content_type).predictions) for end in (b"", b"\n", b"\r\n")]
    demand(set(counts) == {len(bench.given.rows)}, f"{counts} predictions for {len(bench.given.rows)} rows")
    return f"{counts[0]} predictions with and without"


@item(62, "GET /execution-parameters", "serving")
def execution_parameters(bench: Bench) -> str:
    """/execution-parameters answers what batch transform asks."""
    with bench.server() as (_, client):
        answer = client.get("/execution-parameters")
    status_is(answer, 200)
    try:
        given = json.loads(answer.body)
        megabytes = given["MaxConcurrentTransforms"] * given["MaxPayloadInMB"]
        valid = given["BatchStrategy"] in ("MULTI_RECORD", "SINGLE_RECORD") and 0 < megabytes <= 100
    except (ValueError, KeyError, TypeError):
        valid = False
    demand(valid, f"not valid: {answer.text[:150]}")
    return answer.text


@item(66, "pickles that would make a folder, in several types", "serving")
def no_pickles(bench: Bench) -> str:
    """Nothing from a request is unpickled."""
    types = {CSV, JSON, JSON_LINES, bench.given.content_type}
    types |= {"application/x-npy", "application/python-pickle", "application/octet-stream"}
    with bench.server() as (container, client):
        for number, content_type in enumerate(sorted(types)):
            for body in (pickle.dumps(_Trap(number)), _npy(_Trap(number))):
                with suppress(OSError):
                    bench.ask(client, body, content_type)
        sprung = [path for path in container.changed_paths() if path.endswith(".unpickled")]
    demand(not sprung, f"code of the request was run: {sprung}")
    return f"nothing was run, in {len(types)} types"


class _Trap:
    """Makes a folder where it is unpickled."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple:
        import os

        return os.mkdir, (f"/tmp/{self.number}.unpickled",)


def _npy(content: object) -> bytes:
    """Write a NumPy file of one object, which NumPy itself would unpickle."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (117 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + pickle.dumps(content)


def _same_predictions(bench: Bench, content_type: str) -> str:
    body = bench.given.body(bench.given.rows, content_type)
    with bench.server() as (_, client):
        expected = [str(value) for value in bench.ask(client).predictions]
        seen = [str(value) for value in bench.ask(client, body, content_type).predictions]
    demand(len(seen) == len(bench.given.rows), f"{len(seen)} predictions for {len(bench.given.rows)} rows")
    demand(seen == expected, f"{seen}, and {expected} for the request as given")
    return f"{len(seen)} predictions"
