"""The audit and the bill of materials of a project's libraries, against a stand-in for OSV's database."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from projects import free_port

pytestmark = pytest.mark.xdist_group("sklearn")
NOWHERE = {
    "PIP_NO_INDEX": "1",
    "UV_OFFLINE": "1",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
}


@contextmanager
def osv(vulnerable):
    """Serve a database that knows a vulnerability of this library alone; give its address, and what it was asked."""
    asked = []

    class Database(BaseHTTPRequestHandler):
        def do_POST(self):
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(query["package"]["name"])
            found = {"vulns": [vulnerability(query)]} if asked[-1] == vulnerable else {}
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Database) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
        server.shutdown()


def vulnerability(query):
    day = "2026-01-01T00:00:00Z"
    affected = {"package": query["package"], "versions": [query["version"]], "ranges": []}
    return {"id": "PYSEC-2026-1", "summary": "a flaw", "published": day, "modified": day, "affected": [affected]}


def test_a_known_vulnerability_is_named(render):
    project = render()
    with osv("pydantic") as (address, asked):
        done = project.run("scripts/audit.sh", check=False, OSV_URL=address)
    assert done.returncode == 1, done.stderr
    assert "pydantic" in done.stdout
    assert "PYSEC-2026-1" in done.stdout
    assert "pytest" not in asked
    with osv("nothing") as (address, asked):
        assert project.run("scripts/audit.sh", OSV_URL=address).returncode == 0
    assert {"pydantic", "numpy", "scikit-learn", "gunicorn"} <= set(asked)


def test_a_database_out_of_reach_is_said_in_a_line(render):
    project = render()
    with osv("nothing") as (address, _):
        project.run("scripts/audit.sh", OSV_URL=address)  # installs what it needs
    done = project.run("scripts/audit.sh", check=False, OSV_URL=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("nothing was audited: ")


def test_the_bill_of_materials_is_made_without_network_and_alike(render):
    project = render()
    name = project.run("make", "sbom").stdout.strip()
    first = (project.folder / name).read_bytes()
    bill = json.loads(first)
    assert bill["bomFormat"] == "CycloneDX"
    held = {component["name"] for component in bill["components"]}
    assert {"pydantic", "numpy", "scikit-learn", "gunicorn"} <= held
    assert "pytest" not in held
    project.run("make", "sbom", **NOWHERE)
    assert (project.folder / name).read_bytes() == first
