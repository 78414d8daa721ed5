"""Items 1 to 13: the image itself."""

import re
from contextlib import suppress
from pathlib import PurePosixPath

from .bench import PATIENCE, Bench
from .containers import Container, docker
from .items import Failed, NotApplicable, demand, item

SHELLS = {"sh", "bash", "dash", "ash", "zsh"}
INITS = {"tini", "tini-static", "dumb-init", "docker-init", "catatonit", "s6-svscan"}
DRIVERS = re.compile(r"/(libcuda\.so[.\d]*|libnvidia-ml\.so[.\d]*|nvidia-smi|nvidia-modprobe)$")
SECRET_FILES = re.compile(r"/(\.aws/credentials|\.netrc|\.pypirc|\.env|\.docker/config\.json|id_(rsa|ed25519|ecdsa))$")
SECRET_TEXT = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|AWS_(SECRET_ACCESS_KEY|SESSION_TOKEN|ACCESS_KEY_ID)=\S+")


@item(1, "the entrypoint in the image's settings, and process 1 while it runs", "image")
def exec_form(bench: Bench) -> str:
    """The entrypoint has the exec form, and no shell is process 1."""
    words = (bench.settings["Entrypoint"] or []) + (bench.settings["Cmd"] or [])
    demand(words[:2] not in (["/bin/sh", "-c"], ["/bin/bash", "-c"]), f"a shell form: {words}")
    command = _process_1(bench)
    name = _program(command)
    demand(name not in SHELLS, f"process 1 is a shell: {command[:100]}")
    return f"process 1 is {name}"


@item(2, "`train` on the data", "training")
def trains(bench: Bench) -> str:
    """`train` trains."""
    demand(bench.training.exit_code == 0, bench.training.seen)
    return f"{bench.training.seen} after {bench.training.seconds:.1f} s"


@item(3, "`serve`, then the request", "serving")
def serves(bench: Bench) -> str:
    """`serve` serves."""
    with bench.server() as (_, client):
        answer = bench.ask(client)
    demand(answer.status == 200, f"/invocations answers {answer.status} {answer.text[:150]}")
    return f"/ping answers 200, /invocations {answer.text[:40]!r}"


@item(4, "no word at all", "image")
def default(bench: Bench) -> str:
    """No word does the documented default: it trains, or else serves."""
    if not bench.trains:
        with bench.serving(command=()) as (container, client):
            bench.wait_until_served(container, client)
            return "it serves"
    with bench.training_job(command=()) as (container, _):
        code = container.wait(PATIENCE)
        demand(code == 0, f"exit code {code}: {container.last_line()}")
        demand(container.logs().strip(), "it ends at once, with 0 and an empty log")
        return "it trains, exit code 0"


@item(5, "the word `no-such-word`", "image")
def unknown_word(bench: Bench) -> str:
    """An unknown word ends with another exit code than 0."""
    container = Container(bench.image, ["no-such-word"], [])
    try:
        code = container.wait(60)
    finally:
        container.remove()
    demand(code, "exit code 0")
    return f"exit code {code}"


@item(6, "the entrypoint and process 1", "image")
def no_tini(bench: Bench) -> str:
    """No init process such as tini stands before the program."""
    words = (bench.settings["Entrypoint"] or []) + (bench.settings["Cmd"] or [])
    names = {_program(word) for word in [*words[:1], _process_1(bench)]}
    demand(not names & INITS, f"an init process: {', '.join(names & INITS)}")
    return "no init process"


@item(7, "the image's user", "image")
def root(bench: Bench) -> str:
    """The user is root; a serving image may have another one by choice."""
    user = bench.settings["User"] or "root"
    if user.partition(":")[0] in ("root", "0"):
        return user
    if not bench.trains:
        return f"{user}: a serving image that is not root, by choice"
    raise Failed(f"user {user}, who cannot write what SageMaker mounts")


@item(8, "/opt/ml mounted as a whole", "image")
def nothing_under_opt_ml(bench: Bench) -> str:
    """Nothing that the image needs lies under /opt/ml."""
    if bench.has_toolkit:
        raise NotApplicable("/opt/ml/code is the toolkit's place")
    seen = []
    if bench.trains:
        run = bench.train(whole_tree=True)
        demand(run.exit_code == 0, f"train: {run.seen}")
        seen.append("it trains")
    if bench.serves:
        with bench.serving(whole_tree=True) as server:
            bench.wait_until_served(*server)
        seen.append("it serves")
    return ", ".join(seen)


@item(9, "the image's platform", "image")
def platform(bench: Bench) -> str:
    """The platform is linux/amd64."""
    name = f"{bench.config['Os']}/{bench.config['Architecture']}"
    demand(name == "linux/amd64", name)
    return name


@item(10, "the type of the image's manifest, where the engine keeps one", "image")
def no_index(bench: Bench) -> str:
    """The manifest is Docker's, and no OCI index."""
    media_type = bench.config.get("Descriptor", {}).get("mediaType")
    if media_type is None:
        return "the engine keeps single images and pushes Docker's manifest"
    demand("oci" not in media_type and "list" not in media_type, media_type)
    return media_type


@item(11, "the files in the image", "image")
def no_drivers(bench: Bench) -> str:
    """There are no NVIDIA drivers, which the host brings."""
    drivers = sorted(name for name in bench.files if DRIVERS.search(name) and "/stubs/" not in name)
    demand(not drivers, ", ".join(drivers[:3]))
    return f"no driver among {len(bench.files)} files"


@item(12, "the environment, or else when lines reach the log", "image")
def unbuffered(bench: Bench) -> str:
    """Logs are not buffered."""
    variables = dict(variable.partition("=")[::2] for variable in bench.settings["Env"] or [])
    if variables.get("PYTHONUNBUFFERED"):
        return f"PYTHONUNBUFFERED={variables['PYTHONUNBUFFERED']}"
    is_python = any(re.search(r"/bin/python3?$", name) for name in bench.files)
    demand(not is_python, "a Python image without PYTHONUNBUFFERED")
    return "no Python in the image"


@item(13, "environment, layers and files", "image")
def no_credentials(bench: Bench) -> str:
    """There are no credentials."""
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", bench.image).stdout.decode(errors="replace")
    found = [match[0] for match in SECRET_TEXT.finditer("\n".join(bench.settings["Env"] or []) + "\n" + history)]
    found += [name for name in bench.files if SECRET_FILES.search(name)]
    demand(not found, ", ".join(text.partition("=")[0] for text in found[:3]))
    return "none"


def _process_1(bench: Bench) -> str:
    """Give the command of process 1, looked at again and again until it ends or does its work."""
    if not bench.trains:
        with bench.server() as (container, _):
            return container.processes()[0].command
    command = ""
    with bench.training_job() as (container, _):
        for _ in range(20):
            with suppress(IndexError):
                command = container.processes()[0].command
    demand(command, "the container ended before process 1 could be looked at")
    return command


def _program(command: str) -> str:
    """Give the name of the program that a command runs."""
    return PurePosixPath(command.split()[0] if command.split() else "").name
