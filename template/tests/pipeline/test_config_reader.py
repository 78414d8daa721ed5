"""The configuration: what base.yml and an environment's file come to, and a clear line for each fault in them."""

from pathlib import Path

import pytest

from utils import config_reader
from utils.config_reader import CONFIGS, ConfigError, folder_of_environments, read

BASE = """
project: shop
model: fruits
region: us-east-1
bucket: shop-bucket
prefix: shop
role: arn:aws:iam::111122223333:role/sagemaker
images: {train: shop-train, serve: shop-serve}
ceiling: {instance_types: [ml.m5.*]}
source: {kind: files, path: data}
training:
  instance_count: 1
  hyperparameters: {rounds: 10, rate: 0.1, fast: true, target: ripeness}
"""


@pytest.fixture
def read_it(tmp_path):
    """Read an environment's file, and base.yml below it."""

    def read_it(text="", base=BASE, **changes):
        (tmp_path / "base.yml").write_text(base, encoding="utf-8")
        (tmp_path / "dev.yml").write_text(text, encoding="utf-8")
        return read(tmp_path / "dev.yml", {key.replace("__", "."): value for key, value in changes.items()})

    return read_it


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yml")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_environment_of_the_project_can_be_read(path):
    config = read(path)
    assert config.environment == path.stem
    assert not (config.training.spot and config.training.max_wait_seconds < config.training.max_runtime_seconds)


def test_a_model_may_have_environments_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(config_reader, "CONFIGS", tmp_path)
    (tmp_path / "fruits").mkdir()
    (tmp_path / "base.yml").write_text(BASE)
    monkeypatch.setenv("MODEL", "fruits")
    assert folder_of_environments() == tmp_path
    (tmp_path / "fruits" / "base.yml").write_text(BASE)
    assert folder_of_environments() == tmp_path / "fruits"
    monkeypatch.delenv("MODEL")
    assert folder_of_environments() == tmp_path


def test_the_environment_comes_before_the_base_and_the_command_line_before_both(read_it):
    config = read_it(
        "training: {instance_count: 2, spot: true}", training__instance_count="3", training__hyperparameters__rate="1"
    )
    assert (config.training.instance_count, config.training.spot) == (3, True)
    assert config.training.hyperparameters == {"rounds": 10, "rate": 1, "fast": True, "target": "ripeness"}
    assert config.environment == "dev"


def test_another_kind_of_source_has_none_of_the_other_keys(read_it):
    config = read_it("source: {kind: s3, uri: s3://theirs/data}")
    assert config.source.model_dump() == {"kind": "s3", "uri": "s3://theirs/data"}
    assert read_it("source: {path: other}").source.path == "other"


def test_another_kind_of_endpoint_keeps_the_other_keys(read_it):
    config = read_it("deployment: {kind: serverless}", base=BASE + "deployment: {kind: real-time, bake_seconds: 7}\n")
    assert (config.deployment.kind, config.deployment.bake_seconds) == ("serverless", 7)


@pytest.mark.parametrize(
    "source",
    [
        "{kind: database, url: postgresql://reader@host/name, password: secret:db#password}",
        "{kind: athena, query: SELECT 1, database: shop, results: s3://bucket/results}",
        "{kind: redshift, query: SELECT 1, database: shop, cluster: main, user: reader}",
        "{kind: redshift, query: SELECT 1, database: shop, workgroup: main}",
    ],
)
def test_every_kind_of_source(read_it, source):
    assert read_it(f"source: {source}").source.kind in source


def test_a_reference_stays_one(read_it):
    assert read_it("source: {kind: database, url: mysql://u@h/n, password: ssm:/db}").source.password == "ssm:/db"


def test_environment_variables_are_put_in(read_it, monkeypatch):
    monkeypatch.setenv("OWNER", "anna")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("UNSET", raising=False)
    text = "owner: ${OWNER}-${UNSET:-x}${UNSET:-}\nprefix: ${EMPTY:-shop}/a\ntraining: {instance_count: '${UNSET:-4}'}"
    config = read_it(text)
    assert (config.owner, config.prefix, config.training.instance_count) == ("anna-x", "shop/a", 4)


def test_a_text_may_name_the_value_of_another_key(read_it):
    text = "bucket: ${prefix}-${environment}\nprefix: ${project}\nsource: {path: '${model}/${bucket}'}"
    config = read_it(text, model="pears")
    assert (config.bucket, config.prefix, config.source.path) == ("shop-dev", "shop", "pears/shop-dev")


def test_values_of_the_command_line_are_json_or_else_texts(read_it):
    config = read_it(training__spot="true", ceiling__instance_types='["ml.c5.*"]', owner="anna b", network="null")
    assert (config.training.spot, config.ceiling.instance_types, config.owner) == (True, ["ml.c5.*"], "anna b")
    assert config.network is None


def test_an_empty_file_leaves_the_base(read_it):
    assert read_it("").bucket == read_it("# nothing yet\n").bucket == "shop-bucket"


def test_a_file_without_a_base_stands_for_itself(tmp_path):
    (tmp_path / "prod.yml").write_text(BASE)
    assert read(tmp_path / "prod.yml").environment == "prod"


FAULTS = {
    "a: [": r"dev\.yml, line 1: .*; accepted: YAML",
    "a: b: c": r"dev\.yml, line 1: mapping values are not allowed here; accepted: YAML",
    "a: \x01": r"dev\.yml: .*; accepted: YAML",
    "- a": r"dev\.yml: it holds no keys; accepted: YAML with a key a line",
    "[]": r"dev\.yml: it holds no keys",
    "hello": r"dev\.yml: it holds no keys",
    "buckets: x": r"dev\.yml: buckets is unknown; accepted: artefact, bucket, ceiling, ",
    "kind: x": r"dev\.yml: kind is unknown; accepted: artefact, bucket, ",
    "training: {kind: x}": r"dev\.yml: training\.kind is unknown; accepted: checkpoints, ",
    "training: {instance_cuont: 2}": r"dev\.yml: training\.instance_cuont is unknown; .* instance_count, ",
    "network: {subnet: [a]}": r"dev\.yml: network\.subnets is missing",
    "network: {subnets: [a], security_groups: [b], vpc: c}": r"vpc is unknown; accepted: security_groups, subnets$",
    "training: {instance_count: 0}": r"training\.instance_count is 0; accepted: greater than or equal to 1",
    "training: {instance_count: many}": r"training\.instance_count is 'many'; accepted: a valid integer",
    "training:": r"dev\.yml: training is None; accepted: keys below it: checkpoints, .*instance_type",
    "tags: x": r"dev\.yml: tags is 'x'; accepted: keys below it$",
    "tags: {cost: 12}": r"dev\.yml: tags\.cost is 12; accepted: a valid string",
    "training: {hyperparameters: {depth: [1, 2]}}": (
        r"training\.hyperparameters\.depth is \[1, 2\]; accepted: a valid string or a valid integer or "
    ),
    "training: {instance_type: m5.large}": r"instance_type is 'm5\.large'; accepted: a text such as ml\.m5\.large",
    "role: admin": r"role is 'admin'; accepted: a text such as arn:aws:iam::111122223333:role/sagemaker",
    "bucket: My_Bucket": r"bucket is 'My_Bucket'; accepted: a text such as my-bucket",
    "deployment: {kind: realtime}": r"deployment\.kind is 'realtime'; accepted: 'real-time', 'serverless', ",
    "tuning: {ranges: {depth: {lest: 1}}}": r"ranges\.depth\.lest is unknown; accepted: least, most, scale, ",
    "artefact: s3://theirs/model.zip": r"artefact is 's3://.*; accepted: a text such as s3://my-bucket/model\.tar",
    "artefact: https://theirs/model.tar.gz": r"artefact is 'https://.*; accepted: .* of a model\.tar\.gz or a folder$",
    "inference: {rows: http://theirs/rows}": r"inference\.rows is 'http://.*; accepted: a text such as s3://my-bucket/",
    "source: {kind: ftp}": r"source\.kind is 'ftp'; accepted: files, s3, database, athena, redshift",
    "source: {kind: null}": r"source\.kind is None; accepted: files, s3, ",
    "source: data": r"dev\.yml: source is 'data'; accepted: keys below it",
    "source: {kind: s3}": r"dev\.yml: source\.uri is missing; accepted: a text such as s3://my-bucket/data",
    "source: {kind: s3, uri: bucket/data}": r"source\.uri is 'bucket/data'; accepted: a text such as s3://",
    "source: {kind: s3, uri: s3://b, path: x}": r"source\.path is unknown; accepted: kind, uri$",
    "source: {kind: redshift, query: q, database: d}": r"dev\.yml: source: accepted: either cluster, or workgroup",
    "source: {kind: redshift, query: q, database: d, cluster: c, workgroup: w}": r"source: accepted: either cluster",
    "owner: ${NOT_SET}": r"dev\.yml: owner: the environment variable NOT_SET is not set; accepted: any value in it",
    "tags: {a: '${modle}'}": r"dev\.yml: tags\.a: 'modle' is no key; accepted: bucket, .*model, ",
    "tags: {a: ['${NOT_SET}']}": r"dev\.yml: tags\.a\.0: the environment variable NOT_SET is not set",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_names_file_key_and_what_is_accepted(read_it, text):
    with pytest.raises(ConfigError, match=FAULTS[text]) as raised:
        read_it(text)
    assert "accepted: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_file_named_is_the_one_that_has_the_value(read_it):
    with pytest.raises(ConfigError, match=r"base\.yml: project is \[\]; "):
        read_it("owner: anna", base=BASE.replace("project: shop", "project: []"))
    with pytest.raises(ConfigError, match=r"^--set: training\.instance_count is 'x'; "):
        read_it("training: {instance_count: 2}", training__instance_count="x")
    with pytest.raises(ConfigError, match=r"dev\.yml: bucket is missing; accepted: a text such as my-bucket"):
        read_it("owner: anna", base=BASE.replace("bucket: shop-bucket", ""))


@pytest.mark.parametrize("key", ["", "training.", ".x"])
def test_an_empty_key_of_the_command_line_is_refused(read_it, tmp_path, key):
    read_it()
    with pytest.raises(ConfigError, match="a key is empty; accepted: KEY=VALUE"):
        read(tmp_path / "dev.yml", {key: "1"})


@pytest.mark.parametrize(
    "source",
    [
        "{kind: database, url: postgresql://u@h/n, password: hunter2}",
        "{kind: database, url: 'postgresql://u:hunter2@h/n'}",
        "{kind: database, url: ['postgresql://u:hunter2@h/n']}",
        "{kind: database, url: 'postgresql://u:hunter2/a@h/n'}",
        "{kind: database, url: 'mysql://u@there:hunter2@h/n'}",
        "{kind: database, url: 'postgresql://u@h/n?password=hunter2'}",
        "{kind: database, url: 'postgresql://u@h/n?sslmode=require&SSLPassword=hunter2'}",
        "{kind: database, url: 'mysql://u@h/n?passwd=hunter2'}",
    ],
)
def test_a_password_in_a_file_is_refused_and_not_shown(read_it, source):
    with pytest.raises(ConfigError, match=r"dev\.yml: source\.(password|url)\b.*; accepted: ") as raised:
        read_it(f"source: {source}")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@[::1]:5432/n?sslmode=require&passfile=/a",
        "mysql://u@h:3306/n?unix_socket=/a:b",
        "sqlite:///:memory:",
    ],
)
def test_a_url_without_a_password_is_taken(read_it, url):
    assert read_it(f"source:\n  kind: database\n  url: '{url}'").source.url == url


def test_a_file_in_no_folder_of_environments_is_told_those_of_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".copier-answers.yml").write_text("")
    (tmp_path / "compose.yml").write_text("")
    with pytest.raises(ConfigError, match=r"^nowhere\.yml: No such file or directory; accepted: ") as raised:
        read(Path("nowhere.yml"))
    accepted = str(raised.value).partition("accepted: ")[2].split(", ")
    assert accepted == [str(folder_of_environments() / f"{name}.yml") for name in ("dev", "prod", "stg")]
    for one in accepted:
        assert read(Path(one)).environment == Path(one).stem


def test_a_file_that_cannot_be_read_is_named_with_those_that_can(tmp_path):
    (tmp_path / "base.yml").write_text(BASE)
    with pytest.raises(ConfigError, match=r"prod\.yml: No such file or directory; accepted: an environment, as YAML$"):
        read(tmp_path / "prod.yml")
    (tmp_path / "dev.yml").write_text("")
    with pytest.raises(ConfigError, match=rf"prod\.yml: No such file or directory; accepted: {tmp_path}/dev\.yml$"):
        read(tmp_path / "prod.yml")
    (tmp_path / "dev.yml").write_bytes(b"owner: \xff")
    with pytest.raises(ConfigError, match=r"dev\.yml: byte 7 is no UTF-8"):
        read(tmp_path / "dev.yml")
