"""Objects of S3 in a folder: what is stored is found again, and half of nothing."""

import shutil

import pytest

from sagemaker_jobs.emulated.store import FolderStore
from utils.config_reader import ConfigError


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "s3")


def test_what_was_stored_is_given_back(store, tmp_path):
    store.write("s3://fruits/a/b.csv", b"1,2")
    store.download("s3://fruits/a/b.csv", tmp_path / "new" / "b.csv")
    assert store.read("s3://fruits/a/b.csv") == (tmp_path / "new" / "b.csv").read_bytes() == b"1,2"
    assert store.where("s3://fruits/a/b.csv") == str(tmp_path / "s3" / "fruits" / "a" / "b.csv")


def test_a_folder_comes_and_goes_as_a_whole_but_for_links(store, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a").write_text("a")
    (tmp_path / "in" / "b").write_text("b")
    (tmp_path / "in" / "link").symlink_to("b")
    store.upload(tmp_path / "in", "s3://fruits/c")
    store.upload(tmp_path / "in" / "b", "s3://fruits/c2")
    assert store.list("s3://fruits/c/") == ["s3://fruits/c/b", "s3://fruits/c/deep/a"]
    store.download("s3://fruits/c/", tmp_path / "out")
    assert (tmp_path / "out" / "deep" / "a").read_text() == "a" and (tmp_path / "out" / "b").read_text() == "b"


def test_folders_are_named_without_what_is_in_them(store):
    for name in ("runs/b/steps/1", "runs/a/steps/1", "runs/file", "other/c/1"):
        store.write(f"s3://fruits/{name}", b"")
    assert store.folders("s3://fruits/runs") == store.folders("s3://fruits/runs/") == ["a", "b"]
    assert store.folders("s3://fruits/nothing") == store.folders("s3://vegetables/runs") == []


def test_objects_are_listed_by_the_beginning_of_their_uris(store):
    for name in ("train/1", "train2", "other", "train/0"):
        store.write(f"s3://fruits/{name}", b"")
    assert store.list("s3://fruits/train") == ["s3://fruits/train/0", "s3://fruits/train/1", "s3://fruits/train2"]
    assert store.list("s3://fruits/nothing/") == store.list("s3://vegetables/") == []


@pytest.mark.parametrize("uri", ["s3://fruits/a", "s3://fruits/", "s3://nothing/a"])
def test_an_object_that_is_not_there_is_a_file_not_found(store, tmp_path, uri):
    store.write("s3://fruits/a/b", b"")
    with pytest.raises(FileNotFoundError):
        store.read(uri)
    with pytest.raises(FileNotFoundError):
        store.download(f"{uri}x", tmp_path / "x")


@pytest.mark.parametrize("uri", ["s3://fruits/../../etc", "s3://../a", "s3://fruits//etc/hosts", "fruits/a", "s3://"])
def test_no_uri_leads_out_of_the_folder(store, uri):
    with pytest.raises(ConfigError, match="accepted: s3://BUCKET/KEY"):
        store.write(uri, b"")


def test_a_write_that_fails_leaves_the_old_object_and_nothing_else(store, tmp_path, monkeypatch):
    store.write("s3://fruits/a", b"old")

    def copy_half(path, file):
        file.write_bytes(b"ne")
        raise OSError("no space left")

    monkeypatch.setattr(shutil, "copyfile", copy_half)
    (tmp_path / "new").write_bytes(b"new")
    with pytest.raises(OSError, match="no space left"):
        store.upload(tmp_path / "new", "s3://fruits/a")
    assert store.read("s3://fruits/a") == b"old"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["new", "a"]
