"""What the server offers, as an OpenAPI document; the same under every web framework."""

from typing import Any

from .features import SCHEMA, SHAPES
from .negotiation import CSV, JSON, JSON_LINES

INSTANCES = {
    "type": "object",
    "required": ["instances"],
    "properties": {"instances": {"type": "array", "minItems": 1, "items": SCHEMA}},
}
PREDICTIONS = {"type": "object", "required": ["predictions"], "properties": {"predictions": {"type": "array"}}}
REFUSAL = {
    "type": "object",
    "required": ["error", "accepted"],
    "properties": {"error": {"type": "string"}, "accepted": {"type": "string"}},
    "additionalProperties": False,
}
PARAMETERS = {
    "type": "object",
    "required": ["MaxConcurrentTransforms", "BatchStrategy", "MaxPayloadInMB"],
    "properties": {
        "MaxConcurrentTransforms": {"type": "integer", "minimum": 1},
        "BatchStrategy": {"enum": ["MULTI_RECORD", "SINGLE_RECORD"]},
        "MaxPayloadInMB": {"type": "integer", "minimum": 0, "maximum": 100},
    },
}
MODEL = {
    "type": "object",
    "required": ["modelName", "modelUrl"],
    "properties": {"modelName": {"type": "string"}, "modelUrl": {"type": "string"}},
}
MODELS = {
    "type": "object",
    "required": ["models", "nextPageToken"],
    "properties": {"models": {"type": "array", "items": MODEL}, "nextPageToken": {"type": ["string", "null"]}},
}
LOAD = {
    "type": "object",
    "required": ["model_name", "url"],
    "properties": {"model_name": {"type": "string", "minLength": 1}, "url": {"type": "string", "minLength": 1}},
}
REFUSALS = {
    400: "the body cannot be read, or its rows do not suit the model",
    406: "the answer cannot be given in a type that Accept names",
    413: "the body is too large",
    415: "the body is of a type that is not read",
    500: "the model failed on this request",
    507: "the disk cannot hold the body or its answer",
}
MODEL_REFUSALS = {
    400: "the body, the query or the folder is none of those accepted",
    404: "no model of this name is loaded",
    405: "the method is none of this route's",
    409: "a model of this name is loaded",
    500: "the model could not be loaded",
    507: "there is no memory for the model",
}


def document(has_models: bool, has_metrics: bool) -> dict[str, Any]:
    """Describe the routes.

    Args:
        has_models: whether this is a multi-model endpoint.
        has_metrics: whether it counts for Prometheus.
    """
    paths = {
        "/ping": {"get": _operation("ping", "Say whether the model is ready", {200: _answer("it is ready")})},
        "/invocations": {"post": _invocations()},
        "/execution-parameters": {
            "get": {
                "operationId": "execution_parameters",
                "summary": "Say how batch transform should send its records",
                "responses": {"200": _answer("the parameters", {JSON: PARAMETERS})},
            }
        },
    }
    if has_models:
        paths |= _models()
    if has_metrics:
        figures = {200: _answer("figures in Prometheus' text format", {"text/plain": {"type": "string"}})}
        paths["/metrics"] = {"get": _operation("metrics", "Give figures of the requests answered", figures)}
    return {"openapi": "3.1.0", "info": {"title": "Model", "version": "1"}, "paths": paths}


def _invocations() -> dict[str, Any]:
    answers = {CSV: {"type": "string"}, JSON: PREDICTIONS, JSON_LINES: {"type": "string"}}
    responses = {200: _answer("a prediction a row", answers)}
    responses |= {status: _answer(what, {JSON: REFUSAL}) for status, what in REFUSALS.items()}
    bodies = {CSV: _text(CSV), JSON: INSTANCES, JSON_LINES: _text(JSON_LINES)}
    operation = _operation("invocations", "Predict the rows of the body", responses)
    return operation | {"requestBody": {"required": True, "content": _content(bodies)}}


def _models() -> dict[str, Any]:
    """Describe a multi-model endpoint's routes."""
    one = {200: _answer("the model", {JSON: MODEL})}
    refused = {status: _answer(what, {JSON: REFUSAL}) for status, what in MODEL_REFUSALS.items()}
    page = {"name": "next_page_token", "in": "query", "schema": {"type": "string"}}
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    load = _operation("load_model", "Load a model from a folder", one | refused)
    load["requestBody"] = {"required": True, "content": _content({JSON: LOAD})}
    listed = {200: _answer("a page", {JSON: MODELS})} | _only(refused, 400)
    listing = _operation("list_models", "List the models", listed)
    unload = _operation("unload_model", "Unload a model", one | _only(refused, 404, 405))
    described = _operation("describe_model", "Describe a model", one | _only(refused, 404, 405))
    invoke = _invocations() | {"operationId": "invoke_model", "parameters": [name]}
    invoke["responses"] |= {"404": refused[404]}
    return {
        "/models": {"get": listing | {"parameters": [page]}, "post": load},
        "/models/{name}": {"parameters": [name], "get": described, "delete": unload},
        "/models/{name}/invoke": {"post": invoke},
    }


def _only(answers: dict[int, Any], *statuses: int) -> dict[int, Any]:
    return {status: answers[status] for status in statuses}


def _operation(name: str, summary: str, responses: dict[int, Any]) -> dict[str, Any]:
    """Describe an operation, which without a model is refused."""
    responses |= {503: _answer("there is no model yet, or none can be loaded", {JSON: REFUSAL})}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {str(status): answer for status, answer in responses.items()},
    }


def _answer(description: str, schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": description} | ({"content": _content(schemas)} if schemas else {})


def _content(schemas: dict[str, Any]) -> dict[str, Any]:
    return {media_type: {"schema": schema} for media_type, schema in schemas.items()}


def _text(media_type: str) -> dict[str, str]:
    return {"type": "string", "description": SHAPES[media_type]}
