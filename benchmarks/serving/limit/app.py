"""The limit: an ASGI function that reads the body and answers a constant, whatever was asked."""

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
BODY = {"type": "http.response.body", "body": b'{"predictions": ["benign"]}'}


async def app(scope, receive, send) -> None:
    """Answer a request."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send(START)
    await send(BODY)
