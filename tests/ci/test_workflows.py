"""What GitHub and GitLab are told to run: valid, safe by the judgement of others, and nothing that is not there."""

import itertools
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from answers import ROOT, Project, offered

pytestmark = pytest.mark.xdist_group("ci")  # so that one worker renders the projects

TOOLS = Path(sys.executable).parent
TOKEN = {"id-token": "write"}
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\n")
OWN = re.compile(r"uses: \$/(\S+)\n")


def run(tool: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([TOOLS / tool, *map(str, arguments)], cwd=cwd, capture_output=True, text=True)


def check(tool: str, *arguments: object, cwd: Path | None = None) -> None:
    done = run(tool, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr


def github_files(project: Project) -> dict[str, str]:
    return {name: text for name, text in project.files.items() if name.startswith(".github/")}


def workflows(project: Project) -> dict[str, dict]:
    """Map each workflow's file name to what is in it; YAML reads the key `on` as true."""
    return {
        Path(name).name: yaml.safe_load(text) for name, text in github_files(project).items() if "/workflows/" in name
    }


def action(project: Project) -> dict:
    return yaml.safe_load(project.files[".github/actions/images/action.yml"])


def jobs(project: Project) -> dict[str, dict]:
    return {
        f"{file}: {name}": job
        for file, workflow in workflows(project).items()
        for name, job in workflow["jobs"].items()
    }


def gitlab(project: Project) -> dict:
    return yaml.safe_load(project.files[".gitlab-ci.yml"])


def gitlab_jobs(project: Project) -> dict[str, dict]:
    settings = {"stages", "workflow", "default", "variables"}
    return {name: job for name, job in gitlab(project).items() if name not in settings and not name.startswith(".")}


def flat(lines: list | str) -> Iterator[str]:
    """Give the commands of a script, in which an anchor may stand for several."""
    for line in [lines] if isinstance(lines, str) else lines:
        if isinstance(line, str):
            yield line
        else:
            yield from flat(line)


def commands(project: Project) -> dict[str, str]:
    """Map where a script stands to the script."""
    if project.answers["ci"] == "github":
        steps = [(where, step) for where, job in jobs(project).items() for step in job.get("steps", ())]
        steps += [("action.yml", step) for step in action(project)["runs"]["steps"]]
        return {f"{where}, {step['name']}": step["run"] for where, step in steps if "run" in step}
    parts = {
        f"{name}, {part}": "\n".join(flat(job[part]))
        for name, job in gitlab(project).items()
        if isinstance(job, dict)
        for part in ("before_script", "script")
        if part in job
    }
    assert len(parts) >= len(gitlab_jobs(project)) - 3  # three have that of .deploy
    return parts


# What others judge


def test_workflows_are_valid(all_with_ci):
    found = [path for project in all_with_ci for path in (project.folder / ".github").rglob("*.yml")]
    for kind in ("workflow", "action"):
        files = [path for path in found if f"{kind}s" in path.parts]
        assert len(files) >= len(all_with_ci) / 2
        check("check-jsonschema", "--builtin-schema", f"vendor.github-{kind}s", *files)


def test_the_pipeline_of_gitlab_is_valid(all_with_ci):
    files = [path for project in all_with_ci for path in project.folder.glob(".gitlab-ci.yml")]
    assert len(files) == len(all_with_ci) / 2
    check("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *files)


def test_zizmor_finds_nothing(all_with_ci):
    options = ("--offline", "--no-progress", "--pedantic", "--strict-collection", "--format=plain")
    check("zizmor", *options, *(project.folder for project in all_with_ci if project.answers["ci"] == "github"))


def test_the_hooks_of_git_are_valid(render):
    check("pre-commit", "validate-config", render().folder / ".pre-commit-config.yaml")


def test_shellcheck_finds_nothing_in_what_is_run(all_with_ci, tmp_path):
    scripts = {script: where for project in all_with_ci for where, script in commands(project).items()}
    assert len(scripts) > 15
    for number, (script, where) in enumerate(scripts.items()):
        (tmp_path / f"{number}.sh").write_text(f"# {where}\n{script}\n")
    check("shellcheck", "--shell=bash", *tmp_path.glob("*.sh"))


# What is run is there


def test_what_is_run_is_in_the_project(with_ci):
    text = "\n".join(commands(with_ci).values())
    text += "".join(text for name, text in with_ci.files.items() if name.startswith("scripts/ci/"))
    scripts = set(re.findall(r"\bscripts/[\w/.-]+\.sh\b", text))
    assert len(scripts) >= 10
    assert scripts - with_ci.files.keys() == set()
    assert [script for script in scripts if not os.access(with_ci.folder / script, os.X_OK)] == []
    targets = set(re.findall(r"^([a-z-]+):", with_ci.files["Makefile"], re.MULTILINE))
    called = set(re.findall(r"\bmake (?!update\b)([a-z-]+)", "\n".join(commands(with_ci).values())))
    assert called == {"lint", "test", "contract"}
    assert called <= targets


def test_a_change_is_linted_tested_built_judged_scanned_and_only_then_pushed(with_ci):
    wanted = ["make lint", "make test", "container/build.sh", "make contract", "scan.sh", "container/push.sh"]
    if with_ci.answers["ci"] == "github":
        assert jobs(with_ci)["delivery.yml: push"]["needs"] == "code"
        steps = jobs(with_ci)["code.yml: code"]["steps"]
        for step in jobs(with_ci)["delivery.yml: push"]["steps"]:
            steps += action(with_ci)["runs"]["steps"] if step.get("uses") == "$/.github/actions/images" else [step]
        text = "\n".join(step.get("run", "") for step in steps)
    else:
        stages = gitlab(with_ci)["stages"]
        assert stages.index("code") < stages.index("images")
        text = "\n".join(flat([gitlab(with_ci)["code"]["script"], gitlab(with_ci)["push"]["script"]]))
    places = [text.index(command) for command in wanted]
    assert places == sorted(places)


def test_each_environment_is_deployed_after_the_one_before(with_ci):
    configs = {Path(name).stem for name in with_ci.files if name.startswith("code/pipeline/configs/")} - {"base"}
    if with_ci.answers["ci"] == "github":
        delivery = workflows(with_ci)["delivery.yml"]["jobs"]
        deployed = {job["with"]["environment"]: job["needs"] for job in delivery.values() if "with" in job}
        assert jobs(with_ci)["deploy.yml: deploy"]["environment"] == "${{ inputs.environment }}"
        started_by_hand = workflows(with_ci)["deploy.yml"][True]["workflow_dispatch"]["inputs"]["environment"]
        assert set(started_by_hand["options"]) == configs
        assert delivery["stg"]["if"] == "vars.REVIEWERS == 'yes'"  # and prod, which needs it, is skipped with it
        assert "if" not in delivery["prod"]
    else:
        found = {name: job for name, job in gitlab_jobs(with_ci).items() if "environment" in job}
        assert all(name == job["environment"] == job["resource_group"] for name, job in found.items())
        deployed = {name: job["needs"][0] for name, job in found.items()}
        manual = {name for name, job in found.items() if [rule.get("when") for rule in job["rules"]] == ["manual"]}
        assert manual == {"stg", "prod"}
    assert deployed == {"dev": "push", "stg": "dev", "prod": "stg"}
    assert deployed.keys() == configs


def test_a_delivery_runs_batches_that_there_are(on_github):
    script = on_github.files["scripts/ci/deploy.sh"]
    batches = script.splitlines()[-1].split()
    assert {f"code/pipeline/batches/{batch}/__main__.py" for batch in batches} <= on_github.files.keys()
    assert ("training" in batches) == (on_github.answers["purpose"] != "serve")
    assert ("deployment" in batches) == (on_github.answers["purpose"] != "train")


# Nobody gets more than is needed


def test_what_others_wrote_is_pinned_by_commit(on_github):
    uses = [
        line.strip().removeprefix("- ") + "\n"
        for text in github_files(on_github).values()
        for line in text.splitlines()
        if "uses:" in line
    ]
    assert len(uses) > 10
    for line in uses:
        own = OWN.fullmatch(line)
        assert PINNED.fullmatch(line) or own, line
        if own:
            assert {own[1], f"{own[1]}/action.yml"} & on_github.files.keys()
    pins = dict(line.removeprefix("uses: ").split("@") for line in uses if not OWN.fullmatch(line))
    assert len(pins) == len({line for line in uses if not OWN.fullmatch(line)}), "an action is pinned in two versions"


def test_what_is_pinned_is_documented(render):
    documented = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    files = render(ci="github").files
    pins = set(re.findall(r"uses: ([\w-]+/[\w-]+)@[0-9a-f]{40} # (v[\d.]+)", "".join(files.values())))
    pins |= set(re.findall(r"(anchore/grype):(v[\d.]+)@sha256:[0-9a-f]{64}", files["scripts/scan.sh"]))
    assert len(pins) == 5
    assert [f"{name} {version}" for name, version in pins if f"{name} {version}" not in documented] == []


def test_every_job_has_its_own_permissions_and_no_more(on_github):
    assert all(workflow["permissions"] == {} for workflow in workflows(on_github).values())
    extends = on_github.answers["pattern"] == "extend_aws_image"
    allowed = {name: {"contents": "read"} for name in jobs(on_github)}
    for name in ("delivery.yml: push", "delivery.yml: dev", "delivery.yml: stg", "delivery.yml: prod"):
        allowed[name] |= TOKEN
    allowed["deploy.yml: deploy"] |= TOKEN
    allowed["images.yml: images"] |= TOKEN if extends else {}
    allowed["template-update.yml: propose"] = {"contents": "write", "pull-requests": "write"}
    assert {name: job["permissions"] for name, job in jobs(on_github).items()} == allowed


def test_only_jobs_that_ask_aws_have_a_token_on_gitlab(on_gitlab):
    extends = on_gitlab.answers["pattern"] == "extend_aws_image"
    hidden = {name: job for name, job in gitlab(on_gitlab).items() if name.startswith(".")}
    assert list(hidden[".aws"]["id_tokens"]) == ["AWS_ID_TOKEN"]
    assert hidden[".deploy"]["extends"] == ".aws"
    extending = {name for name, job in gitlab_jobs(on_gitlab).items() if "extends" in job}
    assert extending == {"push", "dev", "stg", "prod"} | ({"images"} if extends else set())


def test_no_key_is_stored(with_ci):
    named = re.compile(r"AWS_(SECRET_)?ACCESS_KEY|aws-(secret-)?access-key|AWS_SESSION_TOKEN")
    assert [name for name, text in with_ci.files.items() if "ci" in name and named.search(text)] == []
    secrets = set(re.findall(r"secrets\.(\w+)", "".join(github_files(with_ci).values())))
    assert secrets <= {"TEMPLATE_UPDATE_TOKEN"}


def test_no_expression_becomes_part_of_a_script(on_github):
    assert [where for where, script in commands(on_github).items() if "${{" in script] == []


def test_nothing_runs_on_what_a_stranger_can_start(on_github):
    events = {name: set(workflow[True]) for name, workflow in workflows(on_github).items()}
    assert events == {
        "code.yml": {"pull_request", "workflow_call"},
        "images.yml": {"pull_request", "push"},
        "delivery.yml": {"push"},
        "deploy.yml": {"workflow_call", "workflow_dispatch"},
        "template-update.yml": {"schedule", "workflow_dispatch"},
    }


def test_every_job_has_a_limit_of_time(on_github):
    assert [name for name, job in jobs(on_github).items() if "steps" in job and "timeout-minutes" not in job] == []


def test_every_job_has_a_limit_of_time_on_gitlab(on_gitlab):
    all_jobs = gitlab(on_gitlab)
    for name, job in gitlab_jobs(on_gitlab).items():
        assert "timeout" in job or "timeout" in all_jobs[job["extends"]], name


def test_a_deployment_is_never_broken_off(on_github, on_gitlab):
    assert jobs(on_github)["deploy.yml: deploy"]["concurrency"]["cancel-in-progress"] is False
    assert workflows(on_github)["delivery.yml"]["concurrency"]["cancel-in-progress"] is False
    assert gitlab(on_gitlab)[".deploy"]["interruptible"] is False
    assert gitlab(on_gitlab)["push"]["interruptible"] is False


# What the answers decide


def test_the_python_is_the_images(on_github, on_gitlab):
    for project in (on_github, on_gitlab):
        assert project.files["scripts/ci/python-version"] == project.answers["python_version"] + "\n"
    assert gitlab(on_gitlab)["default"]["image"] == f"python:{on_gitlab.answers['python_version']}-trixie"


@pytest.mark.parametrize("ci", offered()["ci"])
def test_a_project_holds_the_ci_that_was_asked_for(render, ci):
    files = render(ci=ci).files
    assert any(name.startswith(".github/") for name in files) == (ci == "github")
    assert (".gitlab-ci.yml" in files) == ("scripts/ci/start_engine.sh" in files) == (ci == "gitlab")
    assert any(name.startswith("scripts/ci/") for name in files) == ("CI/CD" in files["README.md"]) == (ci != "none")
    assert ".pre-commit-config.yaml" in files


def test_a_role_that_pulls_may_do_so_in_every_job_that_assumes_it(render):
    files = render(ci="github", pattern="extend_aws_image", framework="pytorch").files
    subjects = {"pull_request": ":pull_request`", "push": ":ref:refs/heads/main`"}  # of GitHub's token, by the event
    events = yaml.safe_load(files[".github/workflows/images.yml"])[True]
    trusted = re.search(r"^\| `PULL_ROLE` \| `repo:.+", files["scripts/ci/README.md"], re.MULTILINE)[0]
    assert [event for event in events if subjects[event] not in trusted] == []


def test_every_variable_that_ci_reads_is_described(render):
    for ci in ("github", "gitlab"):
        files = render(ci=ci, pattern="extend_aws_image", framework="pytorch").files
        read = set(
            re.findall(r"\b(?:vars|secrets)\.(\w+)", "".join(files[name] for name in files if ".github" in name))
        )
        if ci == "gitlab":
            own = set(re.findall(r"\$\{?([A-Z]+_(?:ROLE|TOKEN))\b", files[".gitlab-ci.yml"])) - {"AWS_ID_TOKEN"}
            read = own | {"ECR_REGISTRY", "TEMPLATE_UPDATE_TOKEN"}
        assert len(read) > 3
        assert [name for name in read if f"`{name}`" not in files["scripts/ci/README.md"]] == []


def test_the_tools_are_pinned():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["dev"]
    wanted = ("check-jsonschema==", "pre-commit==", "zizmor==")
    assert [tool for tool in wanted if not any(map(str.startswith, tools, itertools.repeat(tool)))] == []
