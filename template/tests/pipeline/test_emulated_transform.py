"""Transform jobs on this machine: what the server is sent, and what becomes of its answers."""

import csv
import io
import socket
import tarfile
import tempfile
import time

import pytest
from emulated_project import DATA, make_project, model, open_backend, packed, until_ended

from sagemaker_jobs.emulated import filters, servers

CSV, LINES = "text/csv", "application/jsonlines"
ARTEFACT = "s3://fruit-bucket/model.tar.gz"


def test_a_joined_record_may_hold_a_long_text():
    csv.field_size_limit(2**17)  # Python's own
    joined = filters.Filters({"JoinSource": "Input", "OutputFilter": "$[-2,-1]"}, CSV, CSV)
    record = f"1,{'x' * 2**18}".encode()
    assert joined.after([record], b"apple") == record[2:] + b",apple"


@pytest.fixture
def backend(tmp_path):
    backend = open_backend(make_project(tmp_path))
    backend.stored.write(ARTEFACT, packed(model="pear"))
    backend.sagemaker.create_model(**model("pears", ARTEFACT))
    yield backend
    backend.close()


@pytest.fixture
def transformed(backend):
    """Make a function that runs a job on rows; gives its description and its output."""

    def transformed(rows, kind=CSV, accept=None, split="Line", processing=None, **changes):
        backend.stored.write(f"{DATA}/deep/rows", rows)
        request = {
            "TransformJobName": "job",
            "ModelName": "pears",
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": DATA}},
                "ContentType": kind,
                "SplitType": split,
            },
            "TransformOutput": {
                "S3OutputPath": "s3://fruit-bucket/out",
                "Accept": accept or kind,
                "AssembleWith": "Line",
            },
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            "BatchStrategy": "MultiRecord",
            "DataProcessing": processing or {},
        }
        backend.sagemaker.create_transform_job(**{key: value for key, value in (request | changes).items() if value})
        described = until_ended(backend, "TransformJob", "job")
        [output] = backend.stored.list("s3://fruit-bucket/out/") or [None]
        assert output in (None, "s3://fruit-bucket/out/deep/rows.out")
        return described, backend.stored.read(output) if output else None

    return transformed


def requests(backend):
    return [line for line in backend.log_lines("TransformJob", "job") if line.startswith("request of")]


def test_many_records_go_at_once_and_a_prediction_comes_for_each(backend, transformed):
    described, output = transformed(b"1,2\r\n3,4,5\n\n6")
    assert described["TransformJobStatus"] == "Completed"
    assert output == b"pear,2\npear,3\npear,1\n"
    assert requests(backend) == ["request of 3 true"]


def test_records_go_one_by_one_and_several_at_a_time_in_their_order(backend, transformed):
    rows = b"".join(b"1,2\n" if number % 3 else b"1\n" for number in range(20))
    _, output = transformed(rows, BatchStrategy="SingleRecord", MaxConcurrentTransforms=4)
    assert output.splitlines() == [b"pear,2" if number % 3 else b"pear,1" for number in range(20)]
    assert requests(backend) == ["request of 1 true"] * 20


def test_what_the_request_leaves_open_the_server_says(backend, transformed):
    transformed(b"1\n2\n", BatchStrategy=None)
    assert requests(backend) == ["request of 1 true"] * 2


def test_no_request_is_larger_than_allowed(backend, transformed):
    rows = [b"1," + b"2" * 300_000] * 5
    _, output = transformed(b"\n".join(rows), MaxPayloadInMB=1)
    assert output == b"pear,2\n" * 5
    assert requests(backend) == ["request of 3 true", "request of 2 true"]


def test_a_record_larger_than_allowed_fails_the_job(transformed):
    described, output = transformed(b"1" * (2**20 + 1), MaxPayloadInMB=1)
    assert "has a record of 1048577 bytes; accepted: at most MaxPayloadInMB" in described["FailureReason"]
    assert output is None


@pytest.mark.parametrize(
    ("processing", "expected"),
    [
        ({"InputFilter": "$[1:]"}, b"pear,2\npear,1\n"),
        ({"JoinSource": "Input"}, b'"a,b",2,x,pear,3\nc,y,pear,2\n'),
        ({"InputFilter": "$[:-1]", "JoinSource": "Input", "OutputFilter": "$[-3,-2]"}, b"x,pear\ny,pear\n"),
        ({"OutputFilter": "$[0]"}, b"pear\npear\n"),
    ],
)
def test_rows_of_csv_are_filtered_and_joined(transformed, processing, expected):
    if "JoinSource" in processing and "InputFilter" not in processing:
        expected = expected.replace(b"pear,3", b"pear,4")  # the server does not know of quotes
    described, output = transformed(b'"a,b",2,x\nc,y\n', processing=processing)
    assert output == expected, described


@pytest.mark.parametrize(
    ("rows", "processing", "expected"),
    [
        (b"[1, 2, 3]\n[4, 5, 6]", {"InputFilter": "$[1:]"}, b"2\n2\n"),
        (b"[1, 2]", {"JoinSource": "Input"}, b'{"SageMakerInput": [1, 2], "SageMakerOutput": 2}\n'),
        (
            b'{"id": 7, "row": [1, 2]}',
            {"InputFilter": "$.row", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
            b"[7, 2]\n",
        ),
        (b'{"id": 7, "a": [1]}', {"JoinSource": "Input"}, b'{"id": 7, "a": [1], "SageMakerOutput": 2}\n'),
    ],
)
def test_json_lines_are_filtered_and_joined(transformed, rows, processing, expected):
    described, output = transformed(rows, kind=LINES, processing=processing)
    assert output == expected, described


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rows": b"1\nbad\n"}, f"{DATA}/deep/rows: the server answered 400: a bad row"),
        ({"rows": b"1\nmute", "processing": {"JoinSource": "Input"}}, "2 records were answered with 0 lines; accepted"),
        ({"processing": {"InputFilter": "$$["}}, "$$[ is no JSONPath"),
        ({"processing": {"InputFilter": "$.id"}, "kind": LINES, "rows": b'{"x": 1}'}, "a record has no $.id; accepted"),
        ({"processing": {"InputFilter": "$.id"}, "kind": LINES, "rows": b"no JSON"}, f"{DATA}/deep/rows: Expecting"),
        (
            {"processing": {"JoinSource": "Input"}, "accept": LINES},
            "JoinSource joins text/csv and application/jsonlines",
        ),
        ({"processing": {"JoinSource": "Input"}, "split": "None"}, "accepted with it on this machine: SplitType Line"),
    ],
)
def test_what_cannot_be_transformed_fails_the_job_and_leaves_no_output(transformed, changes, said):
    described, output = transformed(changes.pop("rows", b"1\n"), **changes)
    assert described["TransformJobStatus"] == "Failed"
    assert said in described["FailureReason"]
    assert output is None


def test_a_server_that_does_not_start_fails_the_job(backend, transformed):
    backend.stored.write(ARTEFACT, packed(model="dies"))
    described, _ = transformed(b"1\n")
    assert "the server did not answer /ping with 200 (exit code 1)" in described["FailureReason"]
    assert "no model" in list(backend.log_lines("TransformJob", "job"))


def test_a_server_that_ended_is_not_ready_though_another_answers_for_it(backend, transformed, monkeypatch):
    def is_ready(port):
        end = time.monotonic() + 60
        while "no model" not in backend.log_lines("TransformJob", "job") and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(1)  # it says so right before its end
        return True

    monkeypatch.setattr(servers, "is_ready", is_ready)
    backend.stored.write(ARTEFACT, packed(model="dies"))
    described, _ = transformed(b"1\n")
    assert "the server did not answer /ping with 200 (exit code 1)" in described["FailureReason"]


def test_a_port_that_another_has_taken_fails_the_job(transformed, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as another:
        monkeypatch.setattr(servers, "free_port", lambda: another.getsockname()[1])
        described, output = transformed(b"1\n")
    assert "was taken meanwhile" in described["FailureReason"]
    assert output is None


@pytest.mark.parametrize("split", ["RecordIO", "TFRecord"])
def test_records_that_are_no_lines_fail_the_job(transformed, split):
    described, _ = transformed(b"1\n", split=split)
    expected = f"ClientError: SplitType is {split}; accepted on this machine: None or Line"
    assert described["FailureReason"] == expected


def archive(mode, **fields):
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode=mode) as opened:
        member = tarfile.TarInfo("model.txt")
        for name, value in fields.items():
            setattr(member, name, value)
        opened.addfile(member)
    return written.getvalue()


@pytest.mark.parametrize("damaged", [packed(model="pear")[:-20], archive("w:"), archive("w:bz2"), archive("w:xz")])
def test_a_damaged_model_fails_the_job(backend, transformed, damaged):
    backend.stored.write(ARTEFACT, damaged)
    described, _ = transformed(b"1\n")
    assert f"{ARTEFACT} cannot be unpacked" in described["FailureReason"]


@pytest.mark.parametrize("has_filter", [True, False])
@pytest.mark.parametrize(
    "fields", [{"name": "../../out"}, {"type": tarfile.SYMTYPE, "linkname": "/etc"}, {"type": tarfile.FIFOTYPE}]
)
def test_a_model_that_reaches_outside_fails_the_job(backend, transformed, monkeypatch, fields, has_filter):
    if not has_filter:  # as Python 3.11.3 and older
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    backend.stored.write(ARTEFACT, archive("w:gz", **fields))
    described, _ = transformed(b"1\n")
    assert f"{ARTEFACT} cannot be unpacked" in described["FailureReason"]


def test_no_data_lies_in_tmp_or_stays_where_the_job_was(transformed, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    described, _ = transformed(b"1\n")
    assert described["TransformJobStatus"] == "Completed"
    left = [path.name for path in (tmp_path / "opt_ml" / "transform-jobs" / "job").iterdir()]
    assert sorted(left) == ["algo-1.lock", "algo-1.log", "lock"]
