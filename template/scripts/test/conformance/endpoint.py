"""The routes of a multi-model endpoint, as SageMaker asks them."""

import json
from urllib.parse import quote

from .bench import Bench
from .client import Answer, Client
from .containers import Container
from .given import JSON
from .items import Failed
from .request_items import status_is

MODELS = "/opt/ml/models"


class Endpoint:
    """The routes of a multi-model endpoint."""

    def __init__(self, client: Client, container: Container) -> None:
        self.client = client
        self.container = container

    def load(self, name: str, folder: str = "small") -> Answer:
        """Have a model loaded, as SageMaker does before the first invocation."""
        body = json.dumps({"model_name": name, "url": f"{MODELS}/{folder}"}).encode()
        return self.client.request("POST", "/models", body, {"Content-Type": JSON})

    def find(self, name: str) -> Answer:
        """Ask for a model."""
        return self.client.get(path_of(name), timeout=60)

    def unload(self, name: str) -> Answer:
        """Have a model unloaded."""
        return self.client.request("DELETE", path_of(name))

    def invoke(self, bench: Bench, name: str) -> Answer:
        """Ask a model for predictions."""
        headers = {"Content-Type": bench.given.content_type, "X-Amzn-SageMaker-Target-Model": "first.tar.gz"}
        return self.client.request("POST", f"{path_of(name)}/invoke", bench.given.request, headers)

    def names(self) -> list[str]:
        """List the models, page by page."""
        names, token = [], ""
        for _ in range(1000):
            answer = self.client.get(f"/models?next_page_token={quote(token, safe='')}" if token else "/models", 60)
            status_is(answer, 200)
            try:
                page = json.loads(answer.body)
                names += [model["modelName"] for model in page["models"] if model["modelUrl"]]
                token = page.get("nextPageToken")
            except (ValueError, KeyError, TypeError, AttributeError):
                raise Failed(f"no list of models: {answer.text[:150]}") from None
            if not token:
                return names
        raise Failed("the list has no end")


def path_of(name: str) -> str:
    """Write a name into a path; dots too, since clients on the way may resolve `..`."""
    return f"/models/{quote(name, safe='').replace('.', '%2E')}"
