"""Endpoints on this machine: they outlive the command that makes them, and are updated without a break."""

import io
import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from emulated_project import make_project, model, open_backend, packed, until_ended

from sagemaker_jobs.emulated import data, endpoints, hosting, locks, servers
from sagemaker_jobs.emulated.records import Records
from utils.aws.errors import AwsError

NAME = "fruit"


@pytest.fixture
def project(tmp_path):
    project = make_project(tmp_path)
    yield project
    sagemaker = open_backend(project).sagemaker
    for endpoint in sagemaker.list_endpoints()["Endpoints"]:
        sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])


@pytest.fixture
def backend(project):
    return open_backend(project)


def configured(backend, word, **further):
    """Make a model of this word and an endpoint configuration for it, both of this name."""
    uri = f"s3://fruit-bucket/{word}.tar.gz"
    backend.stored.write(uri, packed(model=word))
    backend.sagemaker.create_model(**model(word, uri))
    variant = {"VariantName": "all", "ModelName": word, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    backend.sagemaker.create_endpoint_config(EndpointConfigName=word, ProductionVariants=[variant], **further)


def created(backend, word="pear", **further):
    configured(backend, word, **further)
    tags = [{"Key": "owner", "Value": "me"}]
    backend.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=word, Tags=tags)
    return until_ended(backend, "Endpoint", NAME)


def asked(backend, body=b"1,2", **arguments):
    answer = backend.runtime.invoke_endpoint(EndpointName=NAME, Body=body, ContentType="text/csv", **arguments)
    return answer["Body"].read()


def pid(project):
    return json.loads((project / "opt_ml" / "endpoints" / f"{NAME}.json").read_text())["Server"]["Pid"]


def has_ended(process):
    """Tell whether a server that this process started has ended, by now or very soon."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if os.waitpid(process, os.WNOHANG)[0]:
            return True
        time.sleep(0.02)
    return False


def test_a_later_command_finds_asks_and_deletes_it(backend, project):
    described = created(backend)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "pear")
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    backend.close()
    later = open_backend(project)
    assert [one["EndpointStatus"] for one in later.sagemaker.list_endpoints()["Endpoints"]] == ["InService"]
    assert asked(later) == b"pear,2\n"
    server = pid(project)
    later.sagemaker.delete_endpoint(EndpointName=NAME)
    with pytest.raises(AwsError, match="Could not find endpoint"):
        later.sagemaker.describe_endpoint(EndpointName=NAME)
    assert has_ended(server)
    assert not list((project / "opt_ml" / "endpoints").rglob("model.txt"))


def test_answers_and_errors_are_as_boto3_gives_them(backend):
    created(backend)
    attributes = {"CustomAttributes": "trace=1"}
    answer = backend.runtime.invoke_endpoint(EndpointName=NAME, Body="1,2\n3", ContentType="text/csv", **attributes)
    assert (answer["ContentType"], answer["CustomAttributes"]) == ("text/csv", "trace=1")
    assert list(answer["Body"].iter_lines()) == [b"pear,2", b"pear,1"]
    with pytest.raises(AwsError, match=r'Received client error \(400\) from primary with message "a bad row"') as error:
        asked(backend, b"bad")
    response = error.value.__cause__.response
    assert (response["Error"]["Code"], response["OriginalStatusCode"]) == ("ModelError", 400)
    with pytest.raises(AwsError, match="Could not find endpoint"):
        backend.runtime.invoke_endpoint(EndpointName="nowhere", Body=b"")


def test_an_update_answers_all_the_while_and_then_by_the_new_model(backend, project):
    created(backend)
    before = pid(project)
    assert asked(backend, b"1") == b"pear,1\n"
    configured(backend, "apple")
    assert list(backend.log_lines("Endpoint", NAME)) == ["request of 1 None"]
    backend.sagemaker.update_endpoint(EndpointName=NAME, EndpointConfigName="apple")
    answers, end = [], time.monotonic() + 60
    while not answers or answers[-1] != b"apple,2\n":
        answers.append(asked(backend))
        assert time.monotonic() < end
    assert set(answers) <= {b"pear,2\n", b"apple,2\n"}
    described = backend.sagemaker.describe_endpoint(EndpointName=NAME)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "apple")
    assert has_ended(before)


@pytest.mark.parametrize(("word", "said"), [("dies", "the server has ended"), ("never", "/ping with 200 in time")])
def test_an_update_that_does_not_come_up_is_rolled_back(backend, monkeypatch, word, said):
    created(backend)
    configured(backend, word)
    monkeypatch.setattr(servers, "READY_SECONDS", 1 if word == "never" else 60)
    backend.sagemaker.update_endpoint(EndpointName=NAME, EndpointConfigName=word)
    if word == "never":
        with pytest.raises(AwsError, match="in status Updating"):
            backend.sagemaker.update_endpoint(EndpointName=NAME, EndpointConfigName=word)
    described = until_ended(backend, "Endpoint", NAME)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "pear")
    assert said in described["FailureReason"]
    assert asked(backend) == b"pear,2\n"


def test_a_server_that_died_has_failed(backend, project):
    created(backend)
    os.kill(pid(project), signal.SIGKILL)
    described = until_failed(backend)
    assert "the server has ended; its log is" in described["FailureReason"]
    assert Path(described["FailureReason"].rpartition(" ")[2]).is_file()
    with pytest.raises(AwsError, match="in status Failed"):
        asked(backend)


def until_failed(backend):
    end = time.monotonic() + 60
    while (described := backend.sagemaker.describe_endpoint(EndpointName=NAME))["EndpointStatus"] != "Failed":
        assert time.monotonic() < end
        time.sleep(0.02)
    return described


@pytest.mark.parametrize("word", ["dies", "damaged"])
def test_a_server_that_does_not_start_has_failed_and_its_log_says_why(backend, word):
    configured(backend, word)
    if word == "damaged":
        backend.stored.write("s3://fruit-bucket/damaged.tar.gz", b"no archive")
    backend.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=word)
    reason = until_failed(backend)["FailureReason"]
    if word == "dies":
        assert list(backend.log_lines("Endpoint", NAME)) == ["no model"]
    else:
        assert "s3://fruit-bucket/damaged.tar.gz cannot be unpacked" in reason


def test_an_endpoint_whose_command_died_before_its_server_started_can_be_deleted(backend, project, monkeypatch):
    configured(backend, "pear")

    def die(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(hosting, "Running", die)
    with pytest.raises(KeyboardInterrupt):
        backend.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName="pear")
    [folder] = (project / "opt_ml" / "endpoints" / NAME).iterdir()
    lock = locks.hold(folder / "lock")  # as if it had started all the same, and nothing were known of it
    assert backend.sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "Creating"
    os.close(lock)
    assert until_failed(backend)["FailureReason"].startswith("the server has ended")
    backend.sagemaker.delete_endpoint(EndpointName=NAME)
    assert backend.sagemaker.list_endpoints()["Endpoints"] == []


def test_a_server_that_cannot_be_recorded_is_ended(backend, monkeypatch):
    configured(backend, "pear")
    started = []

    def die(records, kind, name, Server):
        started.append(Server["Pid"])
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(Records, "update", die)
        backend.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName="pear")
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)
    [endpoint] = backend.sagemaker.list_endpoints()["Endpoints"]
    assert endpoint["EndpointStatus"] == "Failed"


def test_another_command_waits_while_an_endpoint_is_made(backend, project, monkeypatch):
    configured(backend, "pear")
    request = {"EndpointName": NAME, "EndpointConfigName": "pear"}
    unpack, has_begun, may_end = data.unpack, Event(), Event()

    def unpack_slowly(*arguments):
        has_begun.set()
        assert may_end.wait(60)
        unpack(*arguments)

    monkeypatch.setattr(data, "unpack", unpack_slowly)
    with ThreadPoolExecutor() as pool:
        made = pool.submit(backend.sagemaker.create_endpoint, **request)
        assert has_begun.wait(60)
        again = pool.submit(open_backend(project).sagemaker.create_endpoint, **request)
        seen = pool.submit(open_backend(project).sagemaker.describe_endpoint, EndpointName=NAME)
        time.sleep(0.3)
        waited = not again.done() and not seen.done()
        may_end.set()
        assert waited and made.result()
        assert seen.result()["EndpointStatus"] in ("Creating", "InService")
        with pytest.raises(AwsError, match="Cannot create already existing endpoint"):
            again.result()


def test_a_port_is_kept_for_a_server_that_does_not_listen_yet(backend, project):
    configured(backend, "slow")
    backend.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName="slow")
    port = json.loads((project / "opt_ml" / "endpoints" / f"{NAME}.json").read_text())["Server"]["Port"]
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    assert backend.sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "Creating"


def test_a_body_may_be_a_file_and_large(backend):
    created(backend)
    assert asked(backend, io.BytesIO(b"1," + b"2" * 7_000_000)) == b"pear,2\n"


def test_an_asynchronous_endpoint_puts_answers_and_failures_where_they_are_looked_for(backend):
    output = {"S3OutputPath": "s3://fruit-bucket/answers", "S3FailurePath": "s3://fruit-bucket/failures"}
    created(backend, AsyncInferenceConfig={"OutputConfig": output})
    for name, body in (("good", b"1,2,3"), ("ill", b"bad")):
        backend.stored.write(f"s3://fruit-bucket/{name}.csv", body)
    ask = backend.runtime.invoke_endpoint_async
    good = ask(EndpointName=NAME, InputLocation="s3://fruit-bucket/good.csv", ContentType="text/csv")
    assert backend.stored.read(good["OutputLocation"]) == b"pear,3\n"
    ill = ask(EndpointName=NAME, InputLocation="s3://fruit-bucket/ill.csv", ContentType="text/csv")
    assert b"a bad row" in backend.stored.read(ill["FailureLocation"])
    with pytest.raises(FileNotFoundError):
        backend.stored.read(ill["OutputLocation"])


def test_an_asynchronous_answer_may_take_longer_than_another_and_as_long_as_its_request_says(backend, monkeypatch):
    monkeypatch.setattr(servers, "INVOCATION_SECONDS", 0.5)
    created(backend, AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://fruit-bucket/answers"}})
    backend.stored.write("s3://fruit-bucket/rows.csv", b"later,2")
    request = {"EndpointName": NAME, "InputLocation": "s3://fruit-bucket/rows.csv", "ContentType": "text/csv"}
    answer = backend.runtime.invoke_endpoint_async(**request)
    assert backend.stored.read(answer["OutputLocation"]) == b"pear,2\n"
    monkeypatch.setattr(endpoints, "LATER_SECONDS", 0.5)
    answer = backend.runtime.invoke_endpoint_async(**request)
    assert b"gave no answer (timed out)" in backend.stored.read(answer["FailureLocation"])
    answer = backend.runtime.invoke_endpoint_async(**request, InvocationTimeoutSeconds=60)
    assert backend.stored.read(answer["OutputLocation"]) == b"pear,2\n"


def test_an_asynchronous_request_to_an_endpoint_that_does_not_serve_is_refused(backend):
    configured(backend, "dies", AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://fruit-bucket/answers"}})
    backend.stored.write("s3://fruit-bucket/rows.csv", b"1,2")
    backend.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName="dies")
    until_failed(backend)
    with pytest.raises(AwsError, match="in status Failed"):
        backend.runtime.invoke_endpoint_async(EndpointName=NAME, InputLocation="s3://fruit-bucket/rows.csv")
    assert backend.stored.list("s3://fruit-bucket/answers/") == []


def test_a_multi_model_endpoint_loads_the_model_that_a_request_names(backend):
    backend.sagemaker.create_model(**model("many", "s3://fruit-bucket/many/", Mode="MultiModel"))
    variant = {"VariantName": "all", "ModelName": "many", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    backend.sagemaker.create_endpoint_config(EndpointConfigName="many", ProductionVariants=[variant])
    backend.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName="many")
    until_ended(backend, "Endpoint", NAME)
    for word in ("apple", "pear"):
        backend.stored.write(f"s3://fruit-bucket/many/{word}.tar.gz", packed(model=word))
        assert asked(backend, TargetModel=f"{word}.tar.gz") == f"{word},2\n".encode()
    assert asked(backend, TargetModel="apple.tar.gz") == b"apple,2\n"
    with pytest.raises(AwsError, match=r"many/plum\.tar\.gz cannot be unpacked"):
        asked(backend, TargetModel="plum.tar.gz")
    with pytest.raises(AwsError, match="the endpoint has many models; accepted: TargetModel"):
        asked(backend)


def test_tags_are_kept_and_changed(backend):
    arn = created(backend)["EndpointArn"]
    backend.sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": "owner", "Value": "you"}, {"Key": "expires", "Value": "today"}]
    )
    tags = {tag["Key"]: tag["Value"] for tag in backend.sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert tags == {"owner": "you", "expires": "today"}


def test_requests_are_refused_as_sagemaker_does(backend):
    created(backend)
    assert backend.sagemaker.list_endpoints(NameContains="other")["Endpoints"] == []
    with pytest.raises(AwsError, match="Cannot create already existing endpoint"):
        backend.sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName="pear")
    with pytest.raises(AwsError, match="Could not find model data at s3://fruit-bucket/none"):
        backend.sagemaker.create_model(**model("none", "s3://fruit-bucket/none"))
    variant = {"VariantName": "all", "ModelName": "nowhere"}
    with pytest.raises(AwsError, match="Could not find model "):
        backend.sagemaker.create_endpoint_config(EndpointConfigName="x", ProductionVariants=[variant])
    backend.sagemaker.delete_endpoint_config(EndpointConfigName="pear")
    backend.sagemaker.delete_model(ModelName="pear")
    with pytest.raises(AwsError, match="Could not find endpoint config"):
        backend.sagemaker.describe_endpoint_config(EndpointConfigName="pear")
    assert backend.sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "InService"
