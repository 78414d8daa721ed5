"""CHANGELOG.md keeps to Keep a Changelog, with versions that Copier can order."""

import re
import tomllib
from datetime import date

import pytest
from answers import ROOT
from packaging.version import InvalidVersion, Version

UNRELEASED = "Unreleased"
LINK = re.compile(r"\[(.+)\]: https://[^/\s]+/[^/\s]+/[^/\s]+/(\S+)")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
HEAD = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n"
RELEASE = "\n## [0.1.0] - 2026-11-30\n\n### Fixed\n\n- Another.\n"
LINKS = "\n[Unreleased]: https://example.com/org/name/compare/v0.1.0...HEAD\n[0.1.0]: https://example.com/org/name/releases/tag/v0.1.0\n"


def releases(changelog: str) -> list[Version]:
    """Give the versions of a changelog, the newest first.

    Raises:
        ValueError: it is not in the format; the message names the part.
    """
    head, *parts = re.split(r"^## ", changelog, flags=re.MULTILINE)
    if not head.startswith("# Changelog\n") or not parts or not parts[0].startswith(f"[{UNRELEASED}]\n"):
        raise ValueError(f"it begins with '# Changelog' and '## [{UNRELEASED}]'")
    versions = [version_of(part.splitlines()[0]) for part in parts[1:]]
    if versions != sorted(set(versions), reverse=True):
        raise ValueError("the newest version comes first, and each once")
    for part in parts:
        check_entries(part)
    _, mark, end = parts[-1].partition(f"\n[{UNRELEASED}]: ")
    links = [found.groups() if (found := LINK.fullmatch(line)) else line for line in (mark + end).strip().splitlines()]
    wanted = {UNRELEASED: f"compare/v{versions[0]}...HEAD" if versions else "commits/main"}
    wanted |= {str(version): f"releases/tag/v{version}" for version in versions}
    if links != list(wanted.items()):
        raise ValueError(f"after the last entry come links alone, {wanted}, not {links}")
    return versions


def version_of(heading: str) -> Version:
    """Read '[version] - date'."""
    found = re.fullmatch(r"\[(\S+)\] - (\d{4}-\d\d-\d\d)", heading)
    if not found:
        raise ValueError(f"a release is '## [version] - YYYY-MM-DD', not '{heading}'")
    date.fromisoformat(found[2])
    version = Version(found[1])
    if str(version) != found[1]:
        raise ValueError(f"{found[1]} is written {version}")
    return version


def check_entries(part: str) -> None:
    """Check that each kind of change comes once, in the order of Keep a Changelog, with something under it."""
    title, *sections = re.split(r"^### ", part, flags=re.MULTILINE)
    kinds = [section.splitlines()[0] for section in sections]
    if kinds != [kind for kind in KINDS if kind in kinds]:
        raise ValueError(f"the kinds of changes, in this order: {KINDS}, not {kinds}, in {title.splitlines()[0]}")
    if not all("\n- " in section for section in sections):
        raise ValueError(f"a kind of change without one, in {title.splitlines()[0]}")


def test_the_changelog_is_in_the_format_and_its_newest_version_is_the_projects():
    versions = releases((ROOT / "CHANGELOG.md").read_text("utf-8"))
    project = Version(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
    # before the first release, the project's version is one that comes before any
    assert project == versions[0] if versions else project.is_devrelease


def test_a_changelog_with_a_release_is_read():
    assert releases(HEAD + RELEASE + LINKS) == [Version("0.1.0")]


@pytest.mark.parametrize(
    "changelog",
    [
        HEAD.replace("[Unreleased]", "Unreleased") + RELEASE + LINKS,
        HEAD + RELEASE.replace("0.1.0", "next") + LINKS,
        HEAD + RELEASE.replace("0.1.0", "v0.1.0") + LINKS,
        HEAD + RELEASE.replace("0.1.0", "0.1.0-rc1") + LINKS.replace("0.1.0", "0.1.0-rc1"),
        HEAD + RELEASE.replace("2026-11-30", "30 November 2026") + LINKS,
        HEAD + RELEASE.replace("11-30", "11-31") + LINKS,
        HEAD + RELEASE + RELEASE.replace("0.1.0", "0.2.0") + LINKS,
        HEAD + RELEASE + RELEASE + LINKS,
        HEAD + RELEASE.replace("Fixed", "Repaired") + LINKS,
        HEAD + RELEASE.replace("- Another.\n", "") + LINKS,
        HEAD + RELEASE + LINKS.replace("v0.1.0...HEAD", "v0.1.0...v0.2.0"),
        HEAD + RELEASE + LINKS.replace("v0.1.0...HEAD", "v0.0.9...HEAD"),
        HEAD + RELEASE + LINKS + "- A stray entry.\n",
        HEAD + RELEASE,
        RELEASE + HEAD + LINKS,
    ],
)
def test_a_changelog_in_another_format_is_not(changelog):
    with pytest.raises((ValueError, InvalidVersion)):
        releases(changelog)
