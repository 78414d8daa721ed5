"""Every earlier release: a project of it comes to what is being worked on, and no path of it is forgotten."""

import csv
import re
import shutil
from pathlib import Path

import pytest
from answers import ROOT
from living import CURRENT, RELEASES, asked, has_conflict, names, rows_of, settle, state, update, users_files
from packaging.version import Version
from repository import commit_all, git

RENAMES = ROOT / "template/scripts/updating/renames.tsv"
UPDATES = [(version, number) for version in RELEASES for number in range(len(rows_of(version)))]


# Names that are computed, as a project has them that lists nothing and whose model is its first.
COMPUTED = {"configs": "configs", "storage": "storage", "checkpoints": "checkpoints"}


def shipped(files: str) -> set[str]:
    """Give what paths in template/ can become, whatever the answers; a * stands for what is named by an answer."""
    paths = (re.sub(r"{%.*?%}", "", line).removesuffix(".jinja") for line in files.splitlines())
    named = (re.sub(r"{{ *(\S+) *}}", lambda found: COMPUTED.get(found[1], "*"), path) for path in paths)
    return {re.sub(r"{{.*?}}", "*", path).removeprefix("template/") for path in named}


def renames(text: str) -> list[list[str]]:
    return [row for row in csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE) if row[0][0] != "#"]


def forgotten(earlier: set[str], now: set[str], rows: list[list[str]]) -> set[str]:
    """Give the paths that no row leads from to one that is shipped, or to none."""
    targets = {old: new for _, old, new, _ in rows}
    lost = set()
    for path in earlier:
        end, steps = path, 0
        while end not in now and end in targets and steps <= len(targets):
            end, steps = targets[end], steps + 1
        lost |= {path} - ({path} if end in now | {"-"} else set())
    return lost


@pytest.mark.xdist_group("update")
@pytest.mark.parametrize(("version", "row"), UPDATES)
def test_an_unedited_project_comes_to_what_is_rendered_now(rendered, tmp_path, version, row):
    old = rendered(f"v{version}", **rows_of(version)[row])
    before, folder = tmp_path / "before", tmp_path / "churn-model"
    shutil.copytree(old, before)
    shutil.copytree(old, folder)
    commit_all(folder)
    update(folder)
    new = rendered(CURRENT, **asked(folder))
    assert state(folder, users_files(folder)) == state(new, users_files(new))
    assert settle(before, old, new, folder) == []
    assert state(folder, users_files(folder)) == state(new, users_files(new))
    assert names(users_files(folder), folder) == names(users_files(new), new)
    assert not has_conflict(folder)
    shutil.rmtree(tmp_path)


def test_no_shipped_path_is_forgotten(template):
    now = shipped("\n".join(path.relative_to(template).as_posix() for path in template.glob("template/**/*")))
    rows = renames(RENAMES.read_text("utf-8"))
    for version, commit in RELEASES.items():
        earlier = shipped(git(ROOT, "ls-tree", "-r", "--name-only", commit, "template/"))
        lost = forgotten(earlier, now, rows)
        assert not lost, f"{version} shipped {sorted(lost)}; add a row for each to {RENAMES.name}: the new path, or -"


@pytest.mark.parametrize(
    ("rows", "lost"),
    [
        ([], {"a"}),
        ([["1", "a", "b", "why"]], set()),
        ([["1", "a", "-", "why"]], set()),
        ([["1", "a", "c", "why"], ["2", "c", "b", "why"]], set()),
        ([["1", "a", "c", "why"], ["2", "c", "a", "why"]], {"a"}),
    ],
)
def test_a_path_that_is_gone_needs_a_row(rows, lost):
    assert forgotten({"a", "b"}, {"b"}, rows) == lost


def test_rows_are_whole_and_in_order(template):
    rows = renames(RENAMES.read_text("utf-8"))
    assert all(len(row) == 4 and all(row) for row in rows)
    versions = [Version(row[0]) for row in rows]
    assert versions == sorted(versions)


def test_releases_are_commits_of_this_repository_in_order():
    versions = [Version(version) for version in RELEASES]
    assert versions == sorted(versions)
    for earlier, later in zip(RELEASES.values(), [*list(RELEASES.values())[1:], "HEAD"], strict=True):
        git(ROOT, "merge-base", "--is-ancestor", earlier, later)


def test_each_release_but_the_newest_is_listed():
    tags = {tag.removeprefix("v") for tag in git(ROOT, "tag", "--merged", "HEAD", "v*").split()}
    at_head = {tag.removeprefix("v") for tag in git(ROOT, "tag", "--points-at", "HEAD", "v*").split()}
    assert tags - at_head <= set(RELEASES)


def test_a_path_is_read_as_it_is_rendered():
    assert shipped("template/{% if serves %}a{% endif %}/{{ model_name }}/b.py.jinja") == {"a/*/b.py"}
    assert Path(RENAMES).is_file()
