"""The template with all its releases, and a Copier that does each thing once."""

import copy
import shutil
from pathlib import Path

import copier._main
import copier._template
import pytest
from answers import ROOT
from living import CURRENT, RELEASES, Renders
from repository import commit_all, git


@pytest.fixture(scope="session", autouse=True)
def done_once(tmp_path_factory: pytest.TempPathFactory):
    """Clone each release once a session, read its questions once, and make once what an update compares."""
    clones: dict[tuple, str] = {}
    configs: dict[Path, dict] = {}
    renders: dict[str, Path] = {}
    worker = copier._main.Worker
    clone, load, render = copier._template.clone, copier._template.load_template_config, worker._render_template

    def clone_once(url, ref="HEAD", location=None):
        if (url, ref) not in clones:
            clones[url, ref] = clone(url, ref, str(tmp_path_factory.mktemp("clone")))
        return clones[url, ref]

    def load_once(path, *arguments, **settings):
        if path not in configs:
            configs[path] = load(path, *arguments, **settings)
        return copy.deepcopy(configs[path])

    def render_once(self):
        if "copier._main." not in str(self.dst_path):
            return render(self)
        answers = {name: value for name, value in self.answers.combined.items() if not name.startswith("_")}
        key = repr((self.template.commit_hash, self.all_exclusions, self.answers_relpath, sorted(answers.items())))
        if key not in renders:
            render(self)
            renders[key] = tmp_path_factory.mktemp("render")
            shutil.copytree(self.dst_path, renders[key], dirs_exist_ok=True)
        shutil.copytree(renders[key], self.dst_path, dirs_exist_ok=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copier._template, "clone", clone_once)
        patch.setattr(copier._template, "load_template_config", load_once)
        patch.setattr(worker, "_render_template", render_once)
        # Asks git about each file, and does nothing where core.fileMode is true
        patch.setattr(worker, "_sync_git_index_executable_bit", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def released(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a clone of this repository with a tag for each release; the newest is the tree as it is."""
    if git(ROOT, "rev-parse", "--is-shallow-repository").strip() == "true":
        pytest.fail("this clone is shallow; accepted: one with all commits, by git fetch --unshallow", pytrace=False)
    folder = tmp_path_factory.mktemp("released") / "sm-template"
    git(ROOT, "clone", "--quiet", "--shared", "--no-checkout", "--no-tags", str(ROOT), str(folder))
    for version, commit in RELEASES.items():
        git(folder, "tag", f"v{version}", commit)
    shutil.copytree(template, folder, dirs_exist_ok=True)
    commit_all(folder, CURRENT)
    return folder


@pytest.fixture(scope="session")
def rendered(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Renders:
    """Give a function that renders a release with answers."""
    return Renders(released, lambda: tmp_path_factory.mktemp("rendered"))
