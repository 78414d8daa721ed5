"""Random lives of projects: any release, any answers, any edits, and an update with answers that change too.

No edit is lost: each is in the project afterwards, or in a conflict. A history is made of its number alone, which is in
the name of its test.
"""

import random
import shutil
from pathlib import Path

import pytest
from answers import is_refused
from living import CURRENT, RELEASES, asked, rows_of, settle, state, update, users_files
from repository import commit_all

HISTORIES = 200
CHANGES = [
    {"pattern": "from_scratch"},
    {"pattern": "toolkit_on_own_image"},
    {"pattern": "extend_aws_image"},
    {"web_framework": "flask"},
    {"web_framework": "fastapi"},
    {"package_manager": "poetry"},
    {"package_manager": "pip"},
    {"language": "ja"},
    {"ci": "github", "infrastructure": "cloudformation"},
    {"purpose": "both"},
    {"model_format": "onnx"},
]
BINARY = bytes(range(256))


class History:
    """A project that is edited at random."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.random = random.Random(number)
        self.marks: dict[str, list[bytes]] = {}  # the lines that edits have written, by file
        self.count = 0
        self.touched: set[str] = set()

    def edit(self) -> None:
        """Edit some files, each in one way."""
        files = sorted(name for name in state(self.folder) if not name.startswith(".copier-answers"))
        users = {path.relative_to(self.folder).as_posix() for path in users_files(self.folder)}
        chosen = self.random.sample(sorted(set(files) - users), 9) + self.random.sample(sorted(users), 3)
        ways = [self.insert, self.insert, self.change, self.delete_lines, self.to_crlf, self.drop, self.rename]
        ways += [self.to_binary, self.to_other_mode, self.to_other_encoding]
        for name in chosen:
            self.random.choice(ways)(name)
        self.add("notes/nötes.md", b"mine\r\nnotes\n")
        self.add("picture.png", BINARY)
        if self.random.random() < 0.3:  # the user was first
            self.add(
                self.random.choice(["scripts/update.sh", ".pre-commit-config.yaml", "code/pipeline/tables.py"]), b""
            )

    def line(self, name: str, end: bytes = b"\n") -> bytes:
        """Give a line that is nowhere else, and note it."""
        self.count += 1
        line = f"edit {self.count} of this history".encode()
        self.marks.setdefault(name, []).append(line)
        return line + end

    def write(self, name: str, lines: list[bytes]) -> None:
        (self.folder / name).write_bytes(b"".join(lines))

    def lines(self, name: str) -> list[bytes]:
        return (self.folder / name).read_bytes().splitlines(keepends=True)

    def insert(self, name: str) -> None:
        lines = self.lines(name)
        for _ in range(self.random.randint(1, 3)):
            lines.insert(self.random.randint(0, len(lines)), self.line(name))
        self.write(name, lines)

    def change(self, name: str) -> None:
        lines = self.lines(name) or [b""]
        lines[self.random.randrange(len(lines))] = self.line(name)
        self.write(name, lines)

    def delete_lines(self, name: str) -> None:
        lines = self.lines(name)
        start = self.random.randint(0, len(lines))
        del lines[start : start + self.random.randint(1, 5)]
        self.write(name, lines)

    def to_crlf(self, name: str) -> None:
        lines = self.lines(name)
        lines.insert(self.random.randint(0, len(lines)), self.line(name))
        self.write(name, [line.rstrip(b"\r\n") + b"\r\n" for line in lines])

    def to_binary(self, name: str) -> None:
        self.write(name, [*self.lines(name), BINARY, self.line(name)])

    def to_other_encoding(self, name: str) -> None:
        self.write(name, [*self.lines(name), "# 日本語\n".encode("shift-jis"), self.line(name)])

    def to_other_mode(self, name: str) -> None:
        path = self.folder / name
        path.chmod(path.stat().st_mode ^ 0o111)

    def drop(self, name: str) -> None:
        (self.folder / name).unlink()

    def rename(self, name: str) -> None:
        if self.random.random() < 0.5:
            self.insert(name)
        target = f"{name}.renamed"
        (self.folder / name).rename(self.folder / target)
        self.marks[target] = self.marks.pop(name, [])

    def add(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(content + self.line(name))


def lives(number: int) -> tuple[str, dict, dict]:
    """Give a release, answers, and what changes in them; few of each, so that most are rendered already."""
    version = list(RELEASES)[number % len(RELEASES)]
    row = number // len(RELEASES) % 2
    answers = rows_of(version)[row]
    changes = [change for change in CHANGES if not is_refused(answers | change)]
    index = list(RELEASES).index(version) * 2 + row
    return version, answers, [{}, changes[index % len(changes)]][number // len(RELEASES) // 2 % 2]


def group(number: int) -> pytest.MarkDecorator:
    """Keep what is rendered alike in one worker."""
    return pytest.mark.xdist_group(f"histories {number % len(RELEASES) % 2}")


@pytest.mark.parametrize("number", [pytest.param(number, marks=group(number)) for number in range(HISTORIES)])
def test_no_edit_is_lost(rendered, tmp_path, number):
    folder = tmp_path / "churn-model"
    history = History(folder, number)
    version, answers, change = lives(number)
    old = rendered(f"v{version}", **answers)
    shutil.copytree(old, folder)
    commit_all(folder)
    history.edit()
    commit_all(folder)
    before = state(folder)
    users = {path.relative_to(folder).as_posix() for path in users_files(folder)}
    shutil.copytree(folder, tmp_path / "before")

    update(folder, **change)
    new = rendered(CURRENT, **asked(folder))
    settle(tmp_path / "before", old, new, folder)
    judge(history, before, users, state(old), state(new), state(folder))
    shutil.rmtree(tmp_path)


def judge(history: History, before: dict, users: set[str], old: dict, new: dict, after: dict) -> None:
    """Judge each file by what was done to it; the states are before the update, as rendered, and after."""
    __tracebackhide__ = True
    for name in before.keys() | after.keys() - {".copier-answers.yml"}:
        if name.startswith(".copier-answers"):
            continue
        is_edited = before.get(name) != old.get(name)
        if name.endswith(".rej"):
            assert before[name[:-4]] == after[name[:-4]], f"{name} lies beside a file that is not as it was"
        elif name not in before:  # came by the update
            assert name not in old, f"{name} was deleted, and came back"
            assert after[name] == new[name], f"{name} is not as rendered"
        elif name in users or (name not in old and name not in new):
            assert after.get(name) == before[name], f"{name} is the user's"
        elif not is_edited:
            assert after.get(name) == new.get(name), f"{name} is not as rendered"
        elif name not in new or old.get(name) == new[name]:
            assert after.get(name) == before[name], f"{name} lost edits, and the release does not change it"
        else:
            for mark in history.marks.get(name, []):
                assert mark in after[name][1], f"{name} lost {mark}"
            if name in old and before[name][0] != old[name][0]:
                assert after[name][0] == before[name][0], f"{name} lost its mode"
            earlier = old.get(name, (0, b""))[1] + after[name][1]
            missing = set(new[name][1].splitlines()) - set(earlier.splitlines())
            assert not missing or f"{name}.rej" in after or is_shown(after[name][1]), f"{name} lacks what is new"


def is_shown(content: bytes) -> bool:
    return b"<<<<<<< before updating" in content and b">>>>>>> after updating" in content
