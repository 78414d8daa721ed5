"""The pipeline of rendered projects, on this machine without Docker and AWS, and what it would ask of SageMaker."""

import json
import re
import shutil
import socket

import pytest
from answers import ROOT

PROJECTS = {
    "sklearn": {},
    "xgboost": {"framework": "xgboost", "pattern": "toolkit_on_own_image", "web_framework": "flask"},
    "huggingface": {"framework": "huggingface", "pattern": "toolkit_on_own_image"},
    "train-only": {"purpose": "train", "framework": "xgboost"},
    "serve-only": {"purpose": "serve"},
}
THAT_TRAIN = [name for name in PROJECTS if name != "serve-only"]
SCRIPT = "scripts/local_run/pipeline.sh"


def each(*names):
    return pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in names])


def steps(project):
    """Give the steps of the newest run, by batch."""
    newest = max((project.folder / "opt_ml" / "s3").glob("*/*/*/runs/*"), key=lambda folder: folder.name)
    return {path.stem: json.loads(path.read_bytes()) for path in (newest / "steps").glob("*.json")}


def requests(text):
    """Read the JSON documents that stand one after the other."""
    decoder, found, text = json.JSONDecoder(), [], text.strip()
    while text:
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:].strip()
    return found


@each(*THAT_TRAIN)
def test_from_collection_to_predictions(render, name):
    project = render(**PROJECTS[name])
    done = project.run(SCRIPT)
    taken = steps(project)
    assert taken.keys() == {"collection", "preprocess", "training", "evaluation", "inference"}
    assert {step["status"] for step in taken.values()} == {"Completed"}
    assert taken["evaluation"]["metrics"]["accuracy"] >= (0.75 if name == "huggingface" else 0.85)
    assert taken["evaluation"]["metrics"]["auc"] >= 0.85
    score = taken["inference"]["metrics"]["score" if name == "train-only" else "served_score"]
    assert score == pytest.approx(taken["evaluation"]["metrics"]["accuracy"])
    assert "report.html" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@each(*PROJECTS)
def test_a_dry_run_prints_a_request_for_every_batch(render, name):
    registry = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    done = render(**PROJECTS[name]).run(SCRIPT, "--backend", "sagemaker", "--dry-run", ECR_REGISTRY=registry)
    assert f'"{registry}/' in done.stdout
    operations = [operation for request in requests(done.stdout) for operation in request]
    trained = ["CreateProcessingJob", "CreateTrainingJob", "CreateProcessingJob"] if name != "serve-only" else []
    by_server = ["CreateModel", "CreateTransformJob", "DeleteModel"]
    assert operations == [*trained, *(by_server if name != "train-only" else ["CreateProcessingJob"])]


@pytest.mark.xdist_group("sklearn")
def test_each_batch_by_name_has_its_requests(render):
    names = ["tuning", "evaluation", "deployment", "cleanup"]
    done = render().run(SCRIPT, *names, "--backend", "sagemaker", "--dry-run", REGISTRY="registry.example/")
    assert '"TrainingImage": "registry.example/' in done.stdout
    operations = [operation for request in requests(done.stdout) for operation in request]
    assert [operation for operation in operations if not operation.startswith("List")] == [
        "CreateHyperParameterTuningJob",
        "CreateProcessingJob",
        *("CreateModel", "CreateEndpointConfig", "CreateEndpoint", "InvokeEndpoint"),
    ]
    assert "ListEndpoints" in operations
    assert "what runs is not asked here" in done.stderr


@pytest.mark.xdist_group("sklearn")
def test_the_hyperparameters_of_the_configuration_are_tuned(render):
    project = render()
    project.run(SCRIPT, "collection", "preprocess", "tuning", "--set", "tuning.max_jobs=2")
    assert steps(project)["tuning"]["metrics"]["validation:score"] > 0.9


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("sklearn", marks=pytest.mark.xdist_group("sklearn")),
        pytest.param("serve-only", marks=pytest.mark.xdist_group("serve-only")),
        pytest.param("train-only", marks=pytest.mark.full),  # what it holds, the first holds too
    ],
)
def test_the_pipelines_own_tests_pass(render, name):
    done = render(**PROJECTS[name]).run("scripts/test/pipeline.sh", "-m", "not postgresql and not mysql")
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.databases
@pytest.mark.xdist_group("sklearn")
def test_the_pipelines_own_tests_pass_on_real_databases(render):
    done = render().run("scripts/test/pipeline.sh", "-m", "postgresql or mysql", "--verbose")
    for database in ("postgresql", "mysql"):
        assert re.search(rf"::test_what_was_loaded_comes_back\[{database}\] PASSED", done.stdout)
    assert "skipped" not in done.stdout


@pytest.mark.xdist_group("serve-only")
def test_a_project_that_only_serves_predicts_and_deploys_its_sample_model(render):
    project = render(**PROJECTS["serve-only"])
    done = project.run(SCRIPT)
    assert "Traceback" not in done.stdout + done.stderr
    [inference] = steps(project).values()
    assert (inference["batch"], inference["status"], inference["metrics"]) == ("inference", "Completed", {})
    store = project.folder / "opt_ml" / "s3"
    [predictions] = (store / inference["outputs"]["predictions"].removeprefix("s3://")).iterdir()
    project.run(SCRIPT, "deployment", "cleanup", "--yes", "--all")
    assert steps(project)["deployment"]["status"] == steps(project)["cleanup"]["status"] == "Completed"
    [answer] = store.glob("*/*/*/runs/*/deployment/answer.csv")
    assert answer.read_text() == predictions.read_text() and len(answer.read_text().splitlines()) == 3


@pytest.mark.xdist_group("sklearn")
def test_a_model_predicts_without_a_server(render):
    project = render()
    project.run(SCRIPT, "--set", "inference.job=processing")
    taken = steps(project)
    assert taken["inference"]["metrics"]["score"] == pytest.approx(taken["evaluation"]["metrics"]["accuracy"])


@pytest.mark.xdist_group("serve-only")
def test_the_sample_model_is_there_for_sagemaker_too_but_a_dry_run_makes_none(render):
    project = render(**PROJECTS["serve-only"])
    shutil.rmtree(project.folder / "opt_ml", ignore_errors=True)
    project.run(SCRIPT, "--backend", "sagemaker", "--dry-run")
    assert project.run(SCRIPT, "inferrence", check=False).returncode == 2
    assert not (project.folder / "opt_ml").exists()
    project.run(SCRIPT, "--backend", "sagemaker", "--run", "latest", check=False)  # refused before AWS is asked
    [model] = (project.folder / "opt_ml").glob("*/model")
    assert [*model.iterdir()]


@pytest.mark.xdist_group("sklearn")
def test_an_old_model_predicts_new_rows(render):
    project = render()
    project.run(SCRIPT, "collection", "preprocess", "training")
    old = steps(project)["training"]["outputs"]["model"]
    rows = next((project.folder / "sample_data").glob("*/request.csv")).relative_to(project.folder)
    project.run(SCRIPT, "inference", "--set", f"artefact={old}", "--set", f"inference.rows={rows}")
    inference = steps(project)["inference"]
    assert inference["metrics"] == {}
    folder = project.folder / "opt_ml" / "s3" / inference["outputs"]["predictions"].removeprefix("s3://")
    assert [len(file.read_text().splitlines()) for file in folder.iterdir()] == [3]
    wrong = project.run(SCRIPT, "inference", "--set", "artefact=nowhere/model", check=False)
    assert wrong.returncode == 2
    assert "nowhere/model: No such file or directory; accepted: a model.tar.gz" in wrong.stderr.splitlines()[-1]


@pytest.mark.xdist_group("sklearn")
def test_an_endpoint_is_made_asked_and_deleted(render):
    project = render()
    project.run(SCRIPT, "collection", "preprocess", "training", "deployment")
    answer = next((project.folder / "opt_ml" / "s3").glob("*/*/*/runs/*/deployment/answer.csv"))
    assert len(answer.read_text().splitlines()) == 3
    listed = project.run(SCRIPT, "cleanup", "--yes").stdout
    assert "InService" in listed
    [endpoint] = (project.folder / "opt_ml" / "endpoints").glob("*.json")
    with pytest.raises(ConnectionRefusedError):  # from another address than the machine's own
        socket.create_connection(("127.0.0.2", json.loads(endpoint.read_bytes())["Server"]["Port"]), timeout=5)
    project.run(SCRIPT, "deployment")
    deleted = project.run(SCRIPT, "cleanup", "--yes", "--all").stdout
    assert "deleted: endpoint" in deleted
    assert "no endpoint of" in project.run(SCRIPT, "cleanup").stdout


@pytest.mark.slow
@pytest.mark.xdist_group("sklearn")
@pytest.mark.parametrize("page", ["batch", "deploy"])
def test_what_a_page_runs_on_this_machine_runs_in_a_new_project(render, page):
    project = render()
    shutil.rmtree(project.folder / "opt_ml", ignore_errors=True)
    text = (ROOT / "docs/site/en/howto" / f"{page}.md").read_text("utf-8")
    commands = re.findall(r"^\$ (scripts/local_run/.*)", text, re.MULTILINE)
    here = [command for command in commands if "--backend sagemaker" not in command]
    assert len(here) >= 3
    for command in here:
        project.run(*command.replace("MODEL", "tumour").split())


@pytest.mark.xdist_group("sklearn")
def test_trainings_under_different_conditions_are_compared(render):
    project = render()
    project.run(SCRIPT, "collection", "preprocess")
    done = project.run(SCRIPT, "training", "evaluation", "--vary", "training.hyperparameters.penalty=1,1000000")
    assert "Trainings compared" in done.stdout
    rows = [line for line in done.stdout.splitlines() if "Completed" in line]
    assert len(rows) == 2
    assert "1000000" in rows[1]  # the worse


@pytest.mark.xdist_group("sklearn")
def test_a_failed_job_is_told_and_a_resumed_run_goes_on(render):
    project = render()
    failed = project.run(SCRIPT, "--set", "training.hyperparameters.penalty=none", check=False)
    assert failed.returncode == 1
    assert "penalty" in failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr
    assert steps(project)["training"]["status"] == "Failed"
    resumed = project.run(SCRIPT, "--resume")
    assert "preprocess: done before" in resumed.stdout
    assert {step["status"] for step in steps(project).values()} == {"Completed"}


@pytest.mark.xdist_group("sklearn")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["brewing"], "batch 'brewing' is unknown; accepted: collection"),
        (["--config", "nowhere.yml"], "nowhere.yml"),
        (["--set", "training.instance_count=two"], "training.instance_count is 'two'; accepted:"),
        (
            ["--set", "training.instance_count=99"],
            "training.instance_count is 99, above the ceiling; accepted: at most",
        ),
        (["--set", "nonsense"], "there is no '='"),
        (["--run", "20200101-000000-0000", "evaluation"], "this run holds nothing; accepted: one that has begun"),
        (["--run", "latest", "evaluation"], "no run has such a name; accepted: one such as 20"),
        (["--back", "sagemaker"], "unrecognized arguments: --back"),
        (["--vary", "training.spot"], "accepted: KEY=A,B"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(render, arguments, named):
    done = render().run(SCRIPT, *arguments, check=False)
    assert done.returncode == 2
    assert named in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
