"""The client of Amazon S3: whole objects or none, nothing deleted unasked, and a clear line for what goes wrong."""

import botocore.endpoint
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSResponse
from cloud import REGION, cloud
from moto.s3.models import s3_backends
from settings import KEY

from utils.aws import transfers
from utils.aws.errors import AwsError
from utils.aws.s3_client import S3Client

PART = 5 * 2**20  # the least that S3 takes


@pytest.fixture(scope="module")
def session():
    with cloud() as session:
        yield session


@pytest.fixture
def bucket(session, request):
    name = f"b-{abs(hash(request.node.name))}"
    session.client("s3").create_bucket(Bucket=name)
    return f"s3://{name}"


@pytest.fixture
def s3(session):
    return S3Client(session, REGION)


@pytest.fixture
def folder(tmp_path):
    for name, text in {"a.csv": "a", "sub/b.csv": "bb", "sub/果物.csv": "りんご", "empty.csv": ""}.items():
        path = tmp_path / "here" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "here"


@pytest.fixture
def in_parts(monkeypatch):
    monkeypatch.setattr(transfers, "PARTS", TransferConfig(multipart_threshold=PART, multipart_chunksize=PART))


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def damage(uri, content):
    """Change an object's bytes where it is kept, but not its checksum."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    s3_backends["123456789012"]["aws"].get_object(bucket, key).value = content


def answers(s3, *codes):
    """Let S3 answer with errors, one after the other, before it is asked."""
    left = list(codes)

    def answer(request, **_):
        if not left:
            return None
        code, status = left.pop(0)
        body = f"<Error><Code>{code}</Code><Message>Because.</Message></Error>".encode()
        response = AWSResponse(request.url, status, {}, None)
        response._content = body
        return response

    s3._client.meta.events.register("before-send.s3", answer)


def test_a_folder_goes_up_and_comes_down(s3, bucket, folder, tmp_path):
    s3.upload(folder, f"{bucket}/data")
    names = sorted(contents(folder), key=str.encode)
    assert s3.list(f"{bucket}/data/") == [f"{bucket}/data/{name}" for name in names]
    s3.download(f"{bucket}/data/", tmp_path / "there")
    assert contents(tmp_path / "there") == contents(folder)


def test_a_file_goes_up_and_comes_down(s3, bucket, folder, tmp_path):
    s3.upload(folder / "a.csv", f"{bucket}/x/other.csv")
    s3.download(f"{bucket}/x/other.csv", tmp_path / "new" / "mine.csv")
    assert (tmp_path / "new" / "mine.csv").read_text() == "a"
    assert s3.read(f"{bucket}/x/other.csv") == b"a"
    assert s3.where(f"{bucket}/x/other.csv") == f"{bucket}/x/other.csv"


def test_links_are_left_out(s3, bucket, folder):
    (folder / "link.csv").symlink_to(folder / "a.csv")
    s3.upload(folder, f"{bucket}/data")
    assert f"{bucket}/data/link.csv" not in s3.list(f"{bucket}/data/")
    assert "link.csv" not in s3.sync(folder, f"{bucket}/other").copied


def test_bytes_are_stored_with_sha256(s3, bucket, session):
    s3.write(f"{bucket}/step.json", b"{}")
    head = session.client("s3").head_object(Bucket=bucket[5:], Key="step.json", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="
    assert s3.read(f"{bucket}/step.json") == b"{}"


def test_what_is_not_there_is_not_found(s3, bucket, tmp_path):
    for ask in (s3.read, s3.sizes, lambda uri: s3.download(uri, tmp_path / "x"), lambda uri: s3.copy(uri, uri)):
        with pytest.raises(FileNotFoundError):
            ask(f"{bucket}/nothing")
    assert s3.list(f"{bucket}/nothing") == []


def test_folders_are_listed_alone_and_of_all_pages(s3, bucket, monkeypatch):
    for number in range(7):
        s3.write(f"{bucket}/runs/{number}/steps/a.json", b"")
        s3.write(f"{bucket}/runs/{number}/steps/b.json", b"")
    s3.write(f"{bucket}/runs/file", b"")
    listed = []
    ask = s3._client.list_objects_v2

    def paginate(self, **asked):
        token = {}
        while True:
            page = ask(MaxKeys=3, **asked, **token)
            listed.extend(page.get("Contents", []))
            yield page
            if not page["IsTruncated"]:
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    monkeypatch.setattr("botocore.paginate.Paginator.paginate", paginate)
    assert s3.folders(f"{bucket}/runs") == [str(number) for number in range(7)]
    assert [one["Key"] for one in listed] == ["runs/file"]
    assert s3.folders(f"{bucket}/nothing/") == []


def test_a_name_is_listed_by_its_beginning_but_is_no_folder(s3, bucket, tmp_path):
    s3.write(f"{bucket}/data/a", b"1")
    s3.write(f"{bucket}/database/b", b"2")
    assert s3.list(f"{bucket}/data") == [f"{bucket}/data/a", f"{bucket}/database/b"]
    s3.download(f"{bucket}/data", tmp_path)
    assert contents(tmp_path) == {"a": b"1"}


def test_a_large_file_goes_in_parts(s3, bucket, session, tmp_path, in_parts):
    content = b"0123456789" * (PART // 4)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "large").write_bytes(content)
    s3.upload(tmp_path / "here", bucket)
    head = session.client("s3").head_object(Bucket=bucket[5:], Key="large", ChecksumMode="ENABLED")
    assert head["ETag"].endswith('-3"')
    s3.download(f"{bucket}/large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    assert s3.sync(tmp_path / "here", bucket).copied == []
    (tmp_path / "here" / "large").write_bytes(content[:-1] + b"x")
    assert s3.sync(tmp_path / "here", bucket).copied == ["large"]


def test_an_object_in_parts_of_different_sizes_comes_unchecked(s3, bucket, session, tmp_path, in_parts):
    client, where = session.client("s3"), {"Bucket": bucket[5:], "Key": "uneven"}
    made = where | {"UploadId": client.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]}
    parts, content = [], [b"1" * PART, b"2" * PART * 3, b"3"]
    for number, body in enumerate(content, start=1):
        part = client.upload_part(**made, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]})
    client.complete_multipart_upload(**made, MultipartUpload={"Parts": parts})
    s3.download(f"{bucket}/uneven", tmp_path / "uneven")
    assert (tmp_path / "uneven").read_bytes() == b"".join(content)
    assert s3.sync(tmp_path, bucket).copied == ["uneven"]


@pytest.mark.parametrize("size", [9, PART * 2 + 9])
def test_a_damaged_object_leaves_the_old_file(s3, bucket, tmp_path, in_parts, size):
    (tmp_path / "x").write_bytes(b"1" * size)
    s3.upload(tmp_path / "x", f"{bucket}/x")
    damage(f"{bucket}/x", b"2" * size)
    (tmp_path / "x").write_text("old")
    with pytest.raises(AwsError, match=f"{bucket}/x: .*(checksum|SHA-256)"):
        s3.download(f"{bucket}/x", tmp_path / "x")
    assert contents(tmp_path) == {"x": b"old"}


def test_where_one_of_many_fails_no_part_of_a_file_stays(s3, bucket, folder, tmp_path):
    s3.upload(folder, f"{bucket}/data")
    damage(f"{bucket}/data/sub/b.csv", b"xx")
    with pytest.raises(AwsError, match=r"sub/b\.csv"):
        s3.download(f"{bucket}/data", tmp_path / "there")
    came = contents(tmp_path / "there")
    assert "sub/b.csv" not in came
    assert came.items() <= contents(folder).items()


@pytest.mark.parametrize("name", ["../out", "sub/../../out", "/etc/out"])
def test_a_name_that_leads_out_is_refused(s3, bucket, tmp_path, session, name):
    session.client("s3").put_object(Bucket=bucket[5:], Key=f"data/{name}", Body=b"x")
    for bring in (s3.download, s3.sync):
        with pytest.raises(AwsError, match="would be written outside"):
            bring(f"{bucket}/data", tmp_path / "here")
    assert contents(tmp_path) == {}


def test_what_this_machine_refuses_is_one_clear_line(s3, bucket, tmp_path):
    s3.write(f"{bucket}/data/a", b"1")
    s3.write(f"{bucket}/data/a/b", b"2")  # S3 has names of this kind, a folder cannot
    with pytest.raises(AwsError, match=r"download of .*/here/.*a.*: .*; accepted: files and folders in order"):
        s3.download(f"{bucket}/data", tmp_path / "here")


def test_sync_up_copies_what_differs(s3, bucket, folder):
    assert s3.sync(folder, f"{bucket}/data").copied == sorted(contents(folder))
    assert s3.sync(folder, f"{bucket}/data").copied == []
    (folder / "a.csv").write_text("A")  # as long as before
    (folder / "sub/b.csv").write_text("bbb")
    assert s3.sync(folder, f"{bucket}/data").copied == ["a.csv", "sub/b.csv"]
    assert s3.read(f"{bucket}/data/a.csv") == b"A"


def test_sync_down_copies_what_differs(s3, bucket, folder, tmp_path):
    s3.upload(folder, f"{bucket}/data")
    assert s3.sync(f"{bucket}/data", tmp_path / "there").copied == sorted(contents(folder))
    (tmp_path / "there/a.csv").write_text("A")
    assert s3.sync(f"{bucket}/data", tmp_path / "there").copied == ["a.csv"]
    assert contents(tmp_path / "there") == contents(folder)


def test_sync_deletes_when_asked_only(s3, bucket, folder, tmp_path):
    for uri in ("data/besides", "data2/neighbour"):
        s3.write(f"{bucket}/{uri}", b"x")
    assert s3.sync(folder, f"{bucket}/data").besides == ["besides"]
    assert s3.read(f"{bucket}/data/besides") == b"x"
    s3.sync(folder, f"{bucket}/data", delete=True)
    assert [uri for uri in s3.list(bucket + "/") if uri.endswith("besides")] == []
    assert s3.read(f"{bucket}/data2/neighbour") == b"x"

    (folder / "besides").write_text("x")
    assert s3.sync(f"{bucket}/data", folder).besides == ["besides"]
    assert (folder / "besides").exists()
    s3.sync(f"{bucket}/data", folder, delete=True)
    assert not (folder / "besides").exists()


def test_sync_from_nothing_deletes_nothing(s3, bucket, folder, tmp_path):
    s3.upload(folder, f"{bucket}/data")
    with pytest.raises(FileNotFoundError):
        s3.sync(tmp_path / "typo", f"{bucket}/data", delete=True)
    with pytest.raises(FileNotFoundError):
        s3.sync(f"{bucket}/typo", folder, delete=True)
    assert len(s3.list(f"{bucket}/data/")) == len(contents(folder)) == 4


def test_objects_are_copied_inside_s3(s3, bucket, folder):
    s3.upload(folder, f"{bucket}/data")
    s3.copy(f"{bucket}/data", f"{bucket}/copy")
    s3.copy(f"{bucket}/data/a.csv", f"{bucket}/one.csv")
    assert s3.sizes(f"{bucket}/copy") == s3.sizes(f"{bucket}/data") == {n: len(c) for n, c in contents(folder).items()}
    assert s3.read(f"{bucket}/one.csv") == b"a"
    assert s3.sync(folder, f"{bucket}/copy").copied == []


@pytest.mark.parametrize("size", [9, PART * 2 + 9])
def test_what_is_stored_is_encrypted_by_the_key(session, bucket, tmp_path, in_parts, size):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "x").write_bytes(b"1" * size)
    s3 = S3Client(session, REGION, KEY)
    s3.write(f"{bucket}/written", b"1")
    s3.upload(tmp_path / "there" / "x", f"{bucket}/uploaded")
    s3.sync(tmp_path / "there", f"{bucket}/synced")
    s3.copy(f"{bucket}/uploaded", f"{bucket}/copied")
    for key in ("written", "uploaded", "synced/x", "copied"):
        head = session.client("s3").head_object(Bucket=bucket[5:], Key=key)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY), key
    s3.download(f"{bucket}/copied", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"1" * size
    assert s3.sync(tmp_path / "there", f"{bucket}/synced").copied == []


def test_a_throttled_request_is_tried_again(s3, bucket, monkeypatch):
    pauses = []
    monkeypatch.setattr(botocore.endpoint.time, "sleep", pauses.append)
    answers(s3, *[("SlowDown", 503)] * 4)
    s3.write(f"{bucket}/x", b"1")
    assert s3.read(f"{bucket}/x") == b"1"
    assert len(pauses) == 4


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("AccessDenied", 403, r"access denied \(Because.\); accepted: a role or user whose policy allows it"),
        ("ExpiredToken", 400, "the credentials have expired; accepted: a new sign-in"),
        ("InvalidAccessKeyId", 403, "AWS does not know the credentials"),
        ("Unheard", 400, r"Because. \(Unheard\)"),
    ],
)
def test_what_s3_refuses_is_one_clear_line(s3, bucket, folder, code, status, words):
    answers(s3, *[(code, status)] * 20)
    for ask in (s3.read, s3.list, lambda uri: s3.upload(folder, uri), lambda uri: s3.write(uri, b"")):
        with pytest.raises(AwsError, match=f"^{bucket}/data(/.*)?: {words}") as raised:
            ask(f"{bucket}/data")
        assert "\n" not in str(raised.value)


def test_a_bucket_that_is_not_there_is_named(s3, folder, tmp_path):
    asks = [s3.read, s3.list, lambda uri: s3.write(uri, b""), lambda uri: s3.upload(folder, uri)]
    asks += [lambda uri: s3.download(uri, tmp_path / "x"), lambda uri: s3.sync(folder, uri)]
    for ask in asks:
        with pytest.raises(AwsError, match="there is no bucket no-such-bucket"):
            ask("s3://no-such-bucket/data")


def test_without_credentials_the_line_says_what_is_accepted(session, monkeypatch):
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AwsError, match="accepted: AWS_PROFILE or AWS_ACCESS_KEY_ID"):
        S3Client(boto3.Session(), REGION).list("s3://x/y")


def test_a_bar_is_shown_on_a_terminal_only(s3, bucket, folder, capsys, monkeypatch):
    s3.upload(folder, f"{bucket}/data")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")  # by which rich takes it for a terminal
    s3.upload(folder, f"{bucket}/data")
    assert "upload" in capsys.readouterr().err
