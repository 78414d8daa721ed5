"""Item 67: answers that go out as they come."""

import time

from .bench import Bench
from .given import MEGABYTE
from .items import NotApplicable, demand, item


@item(67, "the request, and when each piece of its answer comes", "serving")
def streaming(bench: Bench) -> str:
    """A streamed answer arrives in pieces."""
    if not bench.streaming:
        raise NotApplicable("nothing says that a handler yields; --streaming does")
    with bench.server() as (_, client):
        connection = client.connect()
        connection.request("POST", "/invocations", bench.given.request, {"Content-Type": bench.given.content_type})
        response = connection.getresponse()
        demand(response.status == 200, f"status {response.status}")
        demand(response.getheader("Content-Length") is None, "the answer's length is known before it is sent")
        start, times = time.monotonic(), []
        while response.read1(MEGABYTE):
            times.append(time.monotonic() - start)
        connection.close()
    demand(len(times) > 1, "the answer comes as one piece")
    return f"{len(times)} pieces within {times[-1]:.2f} s, the first after {times[0]:.2f} s"
