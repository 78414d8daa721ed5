"""The scripts that CI runs, with stand-ins for what is not on this machine: Docker, GitHub and GitLab."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import copier
import pytest
from repository import commit_all, git

TOOLS = Path(sys.executable).parent
# Notes how it was called, a line each time, and ends with the code in STATUS.
RECORDER = '#!/usr/bin/env bash\necho "$(basename "$0") $*" >>"$CALLS"\nexit "${STATUS:-0}"\n'
# Also as `docker save` leaves it, an archive for its owner alone; what is run is the scanner.
DOCKER = (
    RECORDER.replace('exit "${STATUS:-0}"\n', "")
    + """case $1 in
save) (umask 077 && echo "image" >"$3") ;;
run) ls -l "${4%%:*}" >>"$CALLS" && exit "${STATUS:-0}" ;;
esac
"""
)
# What make update comes to, for the scripts around it: a file is changed, and maybe there is a conflict.
MAKE = '[ "$*" = update ] && echo "# changed" >>"${CHANGED:-.gitignore}" && exit "${STATUS:-0}"\nexit 9\n'
COPIER = "copier update --defaults --quiet\n"


class Living:
    """A project that scripts are run in, with programs of the test's own before all others on PATH."""

    def __init__(self, folder: Path, programs: Path, **stand_ins: str) -> None:
        self.folder = folder
        self.calls = programs / "calls"
        programs.mkdir()
        for name, text in stand_ins.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        paths = [str(programs), str(TOOLS), os.environ["PATH"]]
        self.environment = os.environ | {"PATH": os.pathsep.join(paths), "CALLS": str(self.calls)}

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment | environment, capture_output=True, text=True
        )

    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def make_living(render, tmp_path) -> Callable[..., Living]:
    """Give a function that renders a project of its own for a test, with stand-ins."""

    def make_living(answers: dict, **stand_ins: str) -> Living:
        folder = tmp_path / "churn-model"
        shutil.copytree(render(**answers).folder, folder)
        commit_all(folder)
        return Living(folder, tmp_path / "programs", **stand_ins)

    return make_living


# Each model in its turn


def test_a_command_is_run_for_each_model(make_living):
    project = make_living({"ci": "github"})
    shutil.copytree(project.folder / "code/container/churn_model", project.folder / "code/container/another_model")
    done = project.run("scripts/ci/each_model.sh", "bash", "-c", 'echo "$MODEL in $(basename "$PWD")"')
    assert done.stdout.split("\n") == ["another_model in churn-model", "churn_model in churn-model", ""]


def test_the_first_model_that_fails_ends_it(make_living):
    project = make_living({"ci": "github"})
    shutil.copytree(project.folder / "code/container/churn_model", project.folder / "code/container/another_model")
    done = project.run("scripts/ci/each_model.sh", "bash", "-c", "echo $MODEL; exit 7")
    assert (done.returncode, done.stdout) == (7, "another_model\n")


# Scans


def scanned(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("docker save", "docker run"))]


def test_images_are_scanned_from_an_archive(make_living):
    project = make_living({"ci": "gitlab"}, docker=DOCKER)
    done = project.run("scripts/scan.sh")
    assert done.returncode == 0, done.stderr
    tag = git(project.folder, "rev-parse", "HEAD")[:7]
    saves, runs = scanned(project.called())[::2], scanned(project.called())[1::2]
    assert [save.split()[-1] for save in saves] == [
        f"churn-model-churn_model-{end}:{tag}" for end in ("train", "serve")
    ]
    for run in runs:
        assert "anchore/grype:v0.119.0@sha256:" in run
        assert ":/scan:ro " in run
        assert "docker.sock" not in run
        assert run.endswith("--only-fixed --fail-on high")
    modes = [line.split()[0] for line in project.called() if line.endswith("image.tar") and line.startswith("-")]
    assert modes == ["-rw-r--r--"] * 2


def test_a_finding_fails_after_all_images_are_scanned(make_living):
    project = make_living({"ci": "gitlab"}, docker=DOCKER)
    (project.folder / ".grype.yaml").write_text("ignore: []\n")
    settings = {"STATUS": "2", "SCAN_FAILS_ON": "critical", "SCANNER": "mirror/grype"}
    assert project.run("scripts/scan.sh", "one:tag", "two:tag", **settings).returncode == 2
    runs = [line for line in scanned(project.called()) if line.startswith("docker run")]
    assert len(runs) == 2
    for image, run in zip(["one:tag", "two:tag"], runs, strict=True):
        ending = f"--name {image} --only-fixed --fail-on critical --config /scan/.grype.yaml"
        assert run.endswith(f"mirror/grype docker-archive:/scan/image.tar {ending}")


def test_an_unknown_severity_is_refused(make_living):
    project = make_living({"ci": "gitlab"}, docker=DOCKER)
    done = project.run("scripts/scan.sh", SCAN_FAILS_ON="severe")
    assert (done.returncode, project.called()) == (2, [])
    assert done.stderr == "SCAN_FAILS_ON is 'severe'; accepted: negligible, low, medium, high, critical\n"


# Deployments


@pytest.mark.parametrize(
    ("answers", "batches"),
    [
        ({}, "collection preprocess training evaluation inference deployment"),
        ({"purpose": "train"}, "collection preprocess training evaluation"),
        ({"purpose": "serve"}, "deployment"),
    ],
)
def test_a_deployment_is_the_pipeline_on_sagemaker(make_living, answers, batches):
    project = make_living({"ci": "github", **answers})
    pipeline = project.folder / "scripts/local_run/pipeline.sh"
    pipeline.write_text('#!/usr/bin/env bash\necho "$* $IMAGE_TAG"\n')
    done = project.run("scripts/ci/deploy.sh", "stg", ECR_REGISTRY="registry")
    tag = git(project.folder, "rev-parse", "HEAD")[:7]
    assert done.stdout == f"--backend sagemaker --config code/pipeline/configs/stg.yml {batches} {tag}\n"


def test_a_further_model_is_deployed_by_its_own_configuration(make_living, template):
    project = make_living({"ci": "github"})
    answers = {"scope": "model", "model_name": "second"}
    options = {"answers_file": ".copier-answers.second.yml", "defaults": True, "quiet": True}
    copier.run_copy(str(template), project.folder, data=answers, **options)
    pipeline = project.folder / "scripts/local_run/pipeline.sh"
    pipeline.write_text('#!/usr/bin/env bash\necho "$MODEL $*"\n')
    done = project.run("scripts/ci/each_model.sh", "scripts/ci/deploy.sh", "stg", ECR_REGISTRY="registry")
    first, second = (line.split()[:5] for line in done.stdout.splitlines())
    configs = "code/pipeline/configs"
    assert first == ["churn_model", "--backend", "sagemaker", "--config", f"{configs}/stg.yml"]
    assert second == ["second", "--backend", "sagemaker", "--config", f"{configs}/second/stg.yml"]


@pytest.mark.parametrize(
    ("environment", "registry", "reason"),
    [("test", "registry", "the environment is 'test'"), ("dev", "", "ECR_REGISTRY is not set")],
)
def test_a_deployment_that_cannot_be_is_refused(make_living, environment, registry, reason):
    project = make_living({"ci": "github"})
    done = project.run("scripts/ci/deploy.sh", environment, ECR_REGISTRY=registry)
    assert done.returncode == 2
    assert done.stderr.startswith(reason)
    assert "accepted:" in done.stderr


# GitLab's engine


def test_an_engine_that_answers_is_used(make_living):
    project = make_living({"ci": "gitlab"}, docker=RECORDER)
    assert project.run("scripts/ci/start_engine.sh").returncode == 0
    assert project.called() == ["docker info"]


# What is half merged


@pytest.mark.parametrize("marker", ["<<<<<<< before updating", ">>>>>>> after updating"])
@pytest.mark.parametrize("is_tracked", [True, False])
def test_a_conflict_is_refused(make_living, marker, is_tracked):
    project = make_living({})
    (project.folder / "notes.md").write_text(f"one\n{marker}\ntwo\n")
    if is_tracked:
        commit_all(project.folder)
    done = project.run("scripts/test/half_merged.sh")
    assert (done.returncode, done.stdout) == (1, f"notes.md:2:{marker}\n")


def test_a_rejected_change_is_refused(make_living):
    project = make_living({})
    (project.folder / "Makefile.rej").write_text("@@ -1 +1 @@\n")
    done = project.run("scripts/test/half_merged.sh")
    assert (done.returncode, done.stdout) == (1, "Makefile.rej\n")


def test_what_is_whole_passes(make_living):
    project = make_living({})
    (project.folder / "notes.md").write_text("Title\n=======\n\n<<<<<<<< eight\n")
    assert project.run("scripts/test/half_merged.sh").returncode == 0


def test_git_runs_the_hooks_before_a_commit(make_living, tmp_path):
    project = make_living({}, make=RECORDER)
    cache = {"PRE_COMMIT_HOME": str(tmp_path / "hooks")}
    (project.folder / "code/container/churn_model/model.py").open("a").write("# more\n")
    git(project.folder, "add", "--all")
    assert project.run("pre-commit", "run", **cache).returncode == 0
    assert project.called() == ["make lint"]
    assert project.run("pre-commit", "run", STATUS="1", **cache).returncode == 1
    (project.folder / "Makefile.rej").write_text("@@ -1 +1 @@\n")
    done = project.run("pre-commit", "run", **cache)
    assert done.returncode == 1
    assert "Makefile.rej" in done.stdout


# A new release of the template


@pytest.fixture(scope="session")
def releases(template_repository, tmp_path_factory) -> Path:
    """Make a template with a second release, in which a file differs."""
    folder = tmp_path_factory.mktemp("releases") / "sm-template"
    shutil.copytree(template_repository, folder)
    with (folder / "template" / ".gitignore").open("a") as file:
        file.write("# the second release says so\n")
    commit_all(folder, "v0.0.2")
    return folder


@pytest.fixture(scope="session")
def of_first_release(tmp_path_factory) -> Callable[[Path, str], Path]:
    """Give a function that makes a project of the first release, once a session."""

    @cache
    def of_first_release(template: Path, ci: str) -> Path:
        folder = tmp_path_factory.mktemp("living") / "churn-model"
        copier.run_copy(str(template), folder, data={"ci": ci}, vcs_ref="v0.0.1", defaults=True, quiet=True)
        commit_all(folder)
        git(folder, "branch", "--move", "main")
        return folder

    return of_first_release


@pytest.fixture
def pushed(of_first_release, tmp_path) -> Callable[..., Living]:
    """Give a function that makes a project of the first release, whose main branch is pushed."""

    def pushed(template: Path, ci: str, make: str = MAKE) -> Living:
        folder = shutil.copytree(of_first_release(template, ci), tmp_path / "churn-model")
        git(tmp_path, "init", "--quiet", "--bare", "origin.git")
        git(tmp_path / "origin.git", "config", "receive.advertisePushOptions", "true")
        git(folder, "remote", "add", "origin", str(tmp_path / "origin.git"))
        git(folder, "push", "--quiet", "origin", "main")
        own = folder / ".tools" / "copier"
        (own / "bin").mkdir(parents=True)
        (own / "bin" / "copier").symlink_to(TOOLS / "copier")
        (own / "installed").touch()
        return Living(folder, tmp_path / "programs", make="#!/usr/bin/env bash\n" + make, gh=RECORDER)

    return pushed


def branches(project: Living) -> list[str]:
    return git(project.folder.parent / "origin.git", "branch", "--format=%(refname:short)").split()


def test_a_release_gets_a_branch_of_its_own(releases, pushed):
    project = pushed(releases, "github", COPIER)
    done = project.run("scripts/ci/update_branch.sh")
    assert done.returncode == 0, done.stderr
    assert git(project.folder, "branch", "--show-current") == "template-update/0.0.2\n"
    assert git(project.folder, "status", "--porcelain") == ""
    assert set(git(project.folder, "diff", "--name-only", "HEAD~1").split()) == {".copier-answers.yml", ".gitignore"}
    message = git(project.folder, "log", "-1", "--format=%B")
    assert message.startswith("Update from the template, release 0.0.2\n\nmake update found no conflict")


def test_what_make_update_complains_of_is_proposed_all_the_same(releases, pushed):
    project = pushed(releases, "github")
    done = project.run("scripts/ci/update_branch.sh", STATUS="1")
    assert done.returncode == 0, done.stderr
    assert "ended with an error" in git(project.folder, "log", "-1", "--format=%b")


def test_a_release_is_proposed_once(releases, pushed):
    project = pushed(releases, "github")
    git(project.folder, "push", "--quiet", "origin", "main:template-update/0.0.2")
    git(project.folder, "fetch", "--quiet", "origin")
    done = project.run("scripts/ci/update_branch.sh")
    assert (done.returncode, done.stdout) == (0, "Release 0.0.2 has its branch already, template-update/0.0.2\n")
    assert git(project.folder, "branch", "--show-current") == "main\n"


def test_without_a_release_nothing_is_done(template_repository, pushed):
    project = pushed(template_repository, "github")
    done = project.run("scripts/ci/update_branch.sh")
    assert (done.returncode, done.stdout) == (0, "The project is up to date with its template\n")
    assert project.run("scripts/ci/open_request.sh", GITHUB_REF_NAME="main").returncode == 0
    assert (branches(project), project.called()) == (["main"], [])


def test_github_gets_the_branch_and_a_pull_request(releases, pushed):
    project = pushed(releases, "github")
    project.run("scripts/ci/update_branch.sh")
    done = project.run("scripts/ci/open_request.sh", GITHUB_REF_NAME="main")
    assert done.returncode == 0, done.stderr
    assert branches(project) == ["main", "template-update/0.0.2"]
    request = "gh pr create --base main --head template-update/0.0.2 --title Update from the template, release 0.0.2"
    assert project.called()[-1].startswith(request)


@pytest.mark.parametrize("own_token", ["true", "false"])
def test_changed_workflows_need_a_token_of_ones_own(releases, pushed, own_token):
    project = pushed(releases, "github")
    project.run("scripts/ci/update_branch.sh", CHANGED=".github/workflows/deploy.yml")
    done = project.run("scripts/ci/open_request.sh", GITHUB_REF_NAME="main", OWN_TOKEN=own_token)
    assert done.returncode == (0 if own_token == "true" else 1)
    assert ("template-update/0.0.2" in branches(project)) == (own_token == "true")
    assert ("TEMPLATE_UPDATE_TOKEN" in done.stderr) == (own_token == "false")


def test_gitlab_gets_the_branch_and_opens_a_merge_request(releases, pushed):
    project = pushed(releases, "gitlab")
    origin = project.folder.parent / "origin.git"
    options = origin / "hooks" / "pre-receive"
    options.parent.mkdir(exist_ok=True)
    options.write_text("#!/usr/bin/env bash\nenv | grep ^GIT_PUSH_OPTION_ | sort | sed 's/[^=]*=//' >options\n")
    options.chmod(0o755)
    project.run("scripts/ci/update_branch.sh")
    hooks = {"GIT_CONFIG_COUNT": "0"}  # those of this test are to run
    settings = {"CI_PROJECT_URL": str(origin.with_suffix("")), "CI_DEFAULT_BRANCH": "main", "CI_JOB_TOKEN": "secret"}
    done = project.run("scripts/ci/open_request.sh", **settings, **hooks)
    assert done.returncode == 0, done.stderr
    assert branches(project) == ["main", "template-update/0.0.2"]
    asked = set((origin / "options").read_text().splitlines())
    assert "merge_request.create" in asked
    assert "merge_request.target=main" in asked
    assert "merge_request.title=Update from the template, release 0.0.2" in asked
