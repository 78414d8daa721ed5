"""The operations on what is only recorded: models, endpoint configurations, and the tags of anything."""

from collections.abc import Callable
from typing import Any

from ..backends import Stored
from . import servers
from .client import Answer, Operations
from .records import Records, Refused, kind_and_name


class Models:
    """The models and endpoint configurations of this machine.

    Args:
        records: keep them.
        stored: has the model artefacts.
    """

    def __init__(self, records: Records, stored: Stored) -> None:
        self._records = records
        self._stored = stored

    def operations(self) -> Operations:
        """Give the operations that are answered."""
        kinds = {"model": "Model", "endpoint_config": "EndpointConfig"}
        return {
            "create_model": self._create_model,
            "create_endpoint_config": self._create_configuration,
            "list_tags": self._list_tags,
            "add_tags": self._add_tags,
            **{f"describe_{noun}": self._of(kind, self._records.read) for noun, kind in kinds.items()},
            **{f"delete_{noun}": self._of(kind, self._records.delete) for noun, kind in kinds.items()},
        }

    def _create_model(self, **request: Any) -> Answer:
        if len(request.get("Containers", [])) > 1:
            raise Refused("Containers has several; accepted on this machine: one, or PrimaryContainer")
        uri = servers.definition(request).get("ModelDataUrl", "")
        is_there = uri.startswith("s3://") and bool(self._stored.list(uri))
        if not is_there and not servers.is_multi_model(request):
            place = self._stored.where(uri) if uri.startswith("s3://") else "an s3:// URI in ModelDataUrl"
            raise Refused(f"Could not find model data at {uri or 'no URI'}; accepted on this machine: {place}")
        return self._records.create("Model", request)

    def _create_configuration(self, **request: Any) -> Answer:
        first, *others = request["ProductionVariants"]
        if others:
            raise Refused("ProductionVariants has several; accepted on this machine: one")
        self._records.read("Model", first["ModelName"])
        return self._records.create("EndpointConfig", request)

    def _list_tags(self, ResourceArn: str, **_: Any) -> Answer:
        return {"Tags": self._records.read(*kind_and_name(ResourceArn)).get("Tags", [])}

    def _add_tags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> Answer:
        kind, name = kind_and_name(ResourceArn)
        with self._records.lock():
            tags = {tag["Key"]: tag for tag in [*self._records.read(kind, name).get("Tags", []), *Tags]}
            return {"Tags": self._records.update(kind, name, Tags=list(tags.values()))["Tags"]}

    def _of(self, kind: str, do: Callable[[str, str], Answer | None]) -> Callable[..., Answer]:
        def answer(**named: str) -> Answer:
            found = do(kind, named[f"{kind}Name"]) or {}
            return {key: value for key, value in found.items() if key != "Tags"}

        return answer
