"""local_mode.sh as an ordinary user runs it: images train through the SageMaker Python SDK, and root leaves nothing."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlparse

import pytest
from images import ALL_IMAGES
from projects import executable

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("lm")]

NOBODY = 4242  # a user of no name, where the tests are root's
TWO_HOSTS = ["c-lightgbm", "c-pytorch", "c-tensorflow", "f-toolkit-xgboost", "f-toolkit-pytorch", "c-extended-pytorch"]
SCRIPT = "scripts/local_run/local_mode.sh"
# A training program that asks which host it is; the SDK has it started by the image's own CMD.
PROGRAM = """
import json, signal, sys, time
def stop(*_):
    print("told to stop", flush=True)
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
host = json.load(open("/opt/ml/input/config/resourceconfig.json"))["current_host"]
"""
WAITS = PROGRAM + "print('waiting', flush=True); time.sleep(600)"
SECOND_FAILS = PROGRAM + "time.sleep(3); sys.exit(7) if host == 'algo-2' else time.sleep(600)"


class User:
    """An ordinary user with a copy of a project, a home and a folder for temporary files, who may use the engine."""

    def __init__(self, project, folder: Path) -> None:
        self.base, self.folder, self.temporary = folder, folder / project.folder.name, folder / "tmp"
        used = shutil.ignore_patterns("opt_ml")  # what other tests of the same project have run
        shutil.copytree(project.folder, self.folder, symlinks=True, ignore=used)
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        self.uid = os.geteuid() or NOBODY
        self.own(folder)
        self.environment = project.environment | {
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temporary),
            "AWS_PROFILE": "a profile that nobody has",
        }

    def own(self, folder: Path) -> None:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, self.uid, -1, follow_symlinks=False)

    def command(self, *arguments: str, offline: bool = True) -> list[str]:
        """Give the command line that runs local_mode.sh as this user, without a network where the tests may do that."""
        if os.geteuid():
            return [SCRIPT, *arguments]
        socket = urlparse(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")).path
        drop = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", f"--groups={os.stat(socket).st_gid}"]
        return [*(["unshare", "--net"] if offline else []), *drop, SCRIPT, *arguments]

    def start(self, *arguments: str, offline: bool = True, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(*arguments, offline=offline),
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, offline: bool = True, **environment: str) -> tuple[int, str]:
        """Run local_mode.sh; give its exit code and all that it printed."""
        process = self.start(*arguments, offline=offline, **environment)
        printed, _ = process.communicate(timeout=600)
        return process.returncode, printed

    @property
    def opt_ml(self) -> Path:
        return self.folder / "opt_ml" / "tumour"

    def assert_nothing_is_left(self) -> None:
        """See that no file belongs to somebody else, and that temporary files, containers and networks are gone."""
        assert [path for path in self.base.rglob("*") if path.lstat().st_uid != self.uid] == []
        assert [path for path in self.temporary.iterdir() if not path.name.startswith("uv-")] == []
        assert docker("ps", "--all", "--quiet", "--filter", "name=local-mode-") == ""
        assert docker("network", "ls", "--quiet", "--filter", "name=sagemaker-local") == ""


def docker(*command: str, **options) -> str:
    return subprocess.run(["docker", *command], check=True, capture_output=True, text=True, **options).stdout.strip()


@pytest.fixture(scope="module")
def user_of():
    """Give a function that makes a user of a project; the first installs the SDK, and the others have it from there."""
    made = []

    def user_of(project) -> User:
        folder = Path(tempfile.mkdtemp(prefix="lm-"))  # not pytest's folder, which is root's alone
        made.append(folder)
        user = User(project, folder)
        if made[1:]:
            [sdk] = made[0].glob("*/.tools/sagemaker")
            (user.folder / ".tools").mkdir(exist_ok=True)
            (user.folder / ".tools" / "sagemaker").symlink_to(sdk)
            user.own(user.folder / ".tools")
        return user

    yield user_of
    for folder in made:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def user(build, user_of) -> User:
    return user_of(build("c-sklearn"))


@pytest.fixture(scope="module")
def installed(user) -> User:
    """A user who has trained once, which installs the SDK."""
    status, printed = user.run(offline=False)
    assert status == 0, printed
    user.printed = printed
    return user


@pytest.fixture
def image_of(build):
    """Give a function that puts another program into the place of an image's training."""
    made = []

    def image_of(program: str) -> str:
        [train, *_] = build("c-sklearn").images
        made.append(f"lm-program-{len(made)}")
        recipe = f"FROM {train}\nCMD {json.dumps(['python', '-c', program])}\n"
        docker("build", "--tag", made[-1], "-", input=recipe)
        return made[-1]

    yield image_of
    for image in made:
        docker("rmi", image)


def test_help_needs_no_sdk(user):
    status, printed = user.run("--help")
    assert (status, printed.splitlines()[1]) == (0, "  local_mode.sh [--hosts NUMBER] [IMAGE]")
    assert "Installing" not in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--hosts"], "--hosts is ''; accepted: a number from 1 to 9"),
        (["--hosts", "0"], "--hosts is '0'; accepted: a number from 1 to 9"),
        (["--host", "2"], "'2' was not understood; accepted: local_mode.sh [--hosts NUMBER] [IMAGE]"),
        (["--host=2"], "'--host=2' was not understood; accepted: local_mode.sh [--hosts NUMBER] [IMAGE]"),
        (["lm-nowhere"], "there is no image lm-nowhere on this machine; scripts/docker/container/build.sh makes"),
    ],
)
def test_bad_arguments_are_named_and_nothing_is_written(user, arguments, said):
    status, printed = user.run(*arguments)
    assert status == 2
    assert printed.startswith(said) and printed.count("\n") == 1
    assert not user.opt_ml.exists()


def test_without_docker_compose_a_line_says_so(user):
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder)
        tools.chmod(0o755)
        for name in ("bash", "dirname", "env", "git", "grep", "python3", "sed", "setpriv", "unshare"):
            (tools / name).symlink_to(executable(name))
        (tools / "docker").write_text('#!/bin/sh\n[ "$1" != compose ]\n')
        (tools / "docker").chmod(0o755)
        status, printed = user.run(PATH=folder)
    assert (status, printed) == (2, "neither 'docker compose' nor docker-compose is there; install Docker Compose\n")


def test_one_host_trains(installed):
    assert "takes some 800 MB" in installed.printed
    assert "validation_score=" in installed.printed  # the container's own output
    assert json.loads((installed.opt_ml / "model" / "model.json").read_bytes())["target"] == "diagnosis"
    assert (installed.opt_ml / "output" / "data" / "metrics.json").exists()
    installed.assert_nothing_is_left()


@pytest.mark.parametrize("name", ["c-xgboost", *(pytest.param(name, marks=pytest.mark.full) for name in TWO_HOSTS)])
def test_two_hosts_share_a_fit_and_the_first_alone_writes(build, installed, user_of, name):
    python, answers = ALL_IMAGES[name]
    user = user_of(build(name, python, **answers))
    status, printed = user.run("--hosts", "2")
    assert status == 0, printed
    fitted = [int(rows) for rows in re.findall(r"(\d+) rows to fit", printed)]
    assert len(fitted) == 2 and sum(fitted) == 456
    assert {line[:6] for line in printed.splitlines() if "validation_score=" in line} == {"algo-1"}
    assert (user.opt_ml / "model" / "model.json").exists()
    user.assert_nothing_is_left()


def test_on_two_hosts_scikit_learn_refuses_with_the_reason(installed):
    status, printed = installed.run("--hosts", "2")
    assert status in (1, 2), printed  # of the host that ends first: by itself, or because the other has failed
    assert "the job has 2 hosts: scikit-learn fits a model in one process; accepted: one instance" in printed
    installed.assert_nothing_is_left()


def test_a_failed_job_gives_its_cause_in_a_line(installed):
    tree = installed.folder / "opt_ml" / "wrong"
    shutil.copytree(installed.folder / "sample_data" / "tumour" / "input", tree / "input")
    (tree / "input" / "config" / "hyperparameters.json").write_text('{"target": "nowhere"}')
    installed.own(tree)
    status, printed = installed.run(SAGEMAKER_BASE_DIR=str(tree))
    assert status == 2, printed
    last = printed.splitlines()[-1]
    assert last.startswith(
        "Training failed: algo-1 ended with 2: /opt/ml/input/data/training/breast_cancer.csv: no column"
    )
    assert "'nowhere'" in last
    assert "Traceback" not in printed
    assert not (tree / "model").exists()
    installed.assert_nothing_is_left()


def test_a_host_that_fails_ends_the_job(installed, image_of):
    status, printed = installed.run("--hosts", "2", image_of(SECOND_FAILS))
    assert status == 7, printed
    assert [line for line in printed.splitlines() if line.startswith("algo-1") and "told to stop" in line]
    assert printed.splitlines()[-1] == "Training failed: algo-2 ended with 7: no failure file was written"
    assert "Traceback" not in printed and "No such file" not in printed
    installed.assert_nothing_is_left()


def test_sigterm_stops_the_hosts(installed, image_of):
    process = installed.start("--hosts", "2", image_of(WAITS))
    waiting = 0
    while waiting < 2:
        line = process.stdout.readline()
        assert line, "the job ended"
        waiting += "| waiting" in line
    process.terminate()
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Stopping the job" in printed
    installed.assert_nothing_is_left()


@pytest.mark.slow
def test_what_was_trained_can_be_served(installed, build):
    project = build("c-sklearn")
    request = (project.folder / "sample_data" / "tumour" / "request.csv").read_bytes()
    with project.serving(SAGEMAKER_BASE_DIR=str(installed.opt_ml)) as post:
        status, answer = post(request)
    assert (status, len(answer.splitlines())) == (200, len(request.splitlines()))
