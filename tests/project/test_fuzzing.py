"""What nobody sends by hand: requests made from the served OpenAPI document, and bodies of any bytes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from projects import free_port

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
]
FACES = {"fastapi": {}, "flask": {"purpose": "serve", "web_framework": "flask", "language": "ja"}}
FEATURES = 30  # of the sample data
TYPES = ["text/csv", "application/json", "application/jsonlines", "application/x-npy", "text/csv; charset=utf-7", ""]
NUMBERS = st.one_of(st.floats(), st.integers(), st.none(), st.text(max_size=5), st.lists(st.floats(), max_size=2))
ROWS = st.lists(st.lists(NUMBERS, min_size=FEATURES - 1, max_size=FEATURES + 1), max_size=3)


def as_json(rows):
    return json.dumps({"instances": rows}).encode()


def as_lines(rows):
    return "\n".join(json.dumps(row) for row in rows).encode()


BODIES = st.one_of(st.binary(max_size=2000), ROWS.map(as_json), ROWS.map(as_lines))


@pytest.fixture(scope="module", params=[pytest.param(face, marks=pytest.mark.xdist_group(face)) for face in FACES])
def address(request, render):
    """The address of a project that serves."""
    project = render(**FACES[request.param])
    port = str(free_port())
    if FACES[request.param].get("purpose") != "serve":
        project.run("scripts/local_run/train.sh")
    with project.serving(SAGEMAKER_BIND_TO_PORT=port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def many_models(render):
    """The address of a server of many models, which counts for Prometheus too."""
    project = render(**FACES["flask"])
    port = str(free_port())
    with project.serving(SAGEMAKER_BIND_TO_PORT=port, SAGEMAKER_MULTI_MODEL="true", SAGEMAKER_METRICS="true"):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.xdist_group("flask")
def test_requests_about_models(many_models, tmp_path):
    document = httpx.get(f"{many_models}/openapi.json").json()
    routes = {"/models", "/models/{name}", "/models/{name}/invoke", "/metrics"}
    assert routes <= document["paths"].keys()
    run_schemathesis(document, many_models, tmp_path, examples=50)


@pytest.mark.parametrize("examples", [200, pytest.param(10_000, marks=pytest.mark.full)])
def test_requests_by_the_openapi_document(address, tmp_path, examples):
    document = httpx.get(f"{address}/openapi.json").json()
    bodies = document["paths"]["/invocations"]["post"]["requestBody"]["content"]
    # The document knows no model; rows of this one's width get as far as its predictions.
    bodies["application/json"]["schema"]["properties"]["instances"]["items"] |= {
        "minItems": FEATURES,
        "maxItems": FEATURES,
    }
    run_schemathesis(document, address, tmp_path, examples)


def run_schemathesis(document, address, folder, examples):
    """Send what the document allows and what it does not; every answer must be one that it has."""
    (folder / "openapi.json").write_text(json.dumps(document))
    options = ["--url", address, "--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", "1"]
    limits = ["--request-timeout", "60", "--suppress-health-check", "all", "--generation-database", "none"]
    command = [Path(sys.executable).with_name("st"), "run", folder / "openapi.json", "--no-color", *options, *limits]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    made = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert int(made[1]) == int(made[2]) >= examples
    assert httpx.get(f"{address}/ping").status_code == 200


@pytest.mark.parametrize("examples", [200, pytest.param(10_000, marks=pytest.mark.full)])
def test_bodies_of_any_bytes(address, examples):
    with httpx.Client(base_url=address, timeout=60) as client:

        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(
            st.one_of(st.binary(max_size=2000), ROWS.map(as_json), ROWS.map(as_lines)), *[st.sampled_from(TYPES)] * 2
        )
        def send(body, content_type, accept):
            answer = client.post("/invocations", content=body, headers={"Content-Type": content_type, "Accept": accept})
            assert answer.status_code in (200, 400, 406, 415)
            if answer.status_code != 200:
                assert set(answer.json()) == {"error", "accepted"}

        send()
