"""Images that are broken on purpose, in one line each: contract.sh catches each by its item, and by no other."""

import subprocess

import pytest
from test_contract import NO_WEBSOCKET, OF_SERVING, OF_TRAINING, judged

pytestmark = pytest.mark.docker

# A shell that hands signals and exit codes on, so that it is wrong by nothing but being process 1.
SHELL = r"""\"${@:-train}\" & p=$!; trap \"kill -TERM $p\" TERM; while kill -0 $p 2>&-; do wait $p; c=$?; done; exit $c"""
# A parent that hands SIGTERM on, and ends with 1 whatever became of its child.
PARENT = (
    r"import os, signal; child = os.fork() or sys.exit(main()); "
    r"signal.signal(15, lambda *_: os.kill(child, 15)); sys.exit(os.waitpid(child, 0)[1] != 0)"
)
RUN_JOB = r'models.code("jobs.training").run(job)'
CONTRACT = "/opt/program/sagemaker_contract"
TRAIN, SERVE = "/opt/environment/bin/train", "/opt/environment/bin/serve"
LABEL = "LABEL com.amazonaws.sagemaker.capabilities"


def config(name, *keys):
    """Code that needs keys of one of the job's files."""
    wanted = "".join(f'["{key}"]' for key in keys)
    return f'__import__("json").loads((job.folders.config / "{name}").read_bytes()){wanted}; '


# The item that catches it, what is wrong, and the line that makes it so.
BROKEN_TRAINING = [
    (1, "a shell as process 1", f'ENTRYPOINT ["sh", "-c", "{SHELL}", "sh"]'),
    (4, "a default that does nothing", 'CMD ["python3"]'),
    (7, "a user who is not root", "USER nobody"),
    (8, "the code under /opt/ml", "RUN mkdir -p /opt/ml && mv /opt/program /opt/ml/code && ln -s /opt/ml/code /opt/program"),
    (11, "a driver", "RUN touch /usr/lib/libcuda.so.1"),
    (12, "buffered logs", "ENV PYTHONUNBUFFERED="),
    (13, "credentials", "ENV AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI"),
    (14, "a hyperparameter without a default", "RUN sed -i 's/target: str | None = Field(None, /target: str = Field(/' /opt/program/tumour/model.py"),
    (15, "quotes kept in a value", f"RUN sed -i 's/return value if isinstance(decoded, .*/return value/' {CONTRACT}/training/hyperparameters.py"),
    (17, "a failure that names nothing", f"RUN sed -i 's/f\"hyperparameter {{name}} is {{value}}\", accepted/\"wrong\", \"right\"/' {CONTRACT}/training/hyperparameters.py"),
    (18, "resourceConfig.json alone is read", f"RUN sed -i 's|{RUN_JOB}|{config('resourceConfig.json')}&|' {CONTRACT}/training/__main__.py"),
    (19, "instance groups needed", f"RUN sed -i 's|{RUN_JOB}|{config('resourceconfig.json', 'instance_groups')}&|' {CONTRACT}/training/__main__.py"),
    (20, "a content type needed", f"RUN sed -i 's|{RUN_JOB}|{config('inputdataconfig.json', 'training', 'ContentType')}&|' {CONTRACT}/training/__main__.py"),
    (22, "nested folders not read", f"RUN sed -i 's/folder.rglob/folder.glob/' {CONTRACT}/tabular.py"),
    (23, "the input written to", f"RUN sed -i 's|{RUN_JOB}|(job.folders.data / \"seen\").touch(); &|' {CONTRACT}/training/__main__.py"),
    (24, "the model written elsewhere", f"RUN sed -i 's|self.base / \"model\"|Path(\"/opt/model\")|' {CONTRACT}/paths.py"),
    (25, "figures beside output/data", f"RUN sed -i 's|self.folders.output / \"data\"|self.folders.output|' {CONTRACT}/training/job.py"),
    (26, "a failure file after a success", f"RUN sed -i 's/failure.clear(folders)/failure.write(folders, \"started\")/' {CONTRACT}/training/__main__.py"),
    (27, "a cause that comes too late", f"RUN sed -i 's/text = cause if .*/text = \".\" * 2000 + cause/' {CONTRACT}/training/failure.py"),
    (28, "a lost exit code", f"RUN sed -i 's/^sys.exit(main())/{PARENT}/' {TRAIN}"),
    (29, "SIGTERM swallowed", f"RUN sed -i 's/signal.SIGTERM, _stop/signal.SIGTERM, signal.SIG_IGN/' {CONTRACT}/training/__main__.py"),
    (38, "figures in another form", f"RUN sed -i 's/{{name}}=/{{name}}: /' {CONTRACT}/progress.py"),
]  # fmt: skip
BROKEN_SERVING = [
    (40, "no label for the port", f"{LABEL}.accept-bind-to-port=false"),
    (41, "a port out of range", f"RUN sed -i '$i import socket; port = socket.create_server((\"\", 5000))' {SERVE}"),
    (42, "/ping before load", f"RUN sed -i 's/if self.model is None:/if not self.model and \"being\" not in self.problem:/' {CONTRACT}/serving/engine.py"),
    (43, "a body in /ping", f"RUN sed -i 's/return Reply(200)/return Reply(200, b\"ok\")/' {CONTRACT}/serving/engine.py"),
    (46, "a corrupt model called healthy", f"RUN sed -i 's|self.problem = f\"no model.*|self.model = (self.folder / \"model.json\").exists() or None|; s|logger.error(self.problem)|pass|' {CONTRACT}/serving/engine.py"),
    (47, "the model folder written to", f"RUN sed -i 's|folder = Path(model_dir)|&; (folder / \"loaded\").touch()|' {CONTRACT}/serving/handlers.py"),
    (48, "files written outside /tmp", f"RUN sed -i '$i open(\"/var/started\", \"w\")' {SERVE}"),
    (52, "charset=utf-8 refused", f"RUN sed -i 's/^CHARSETS = .*/CHARSETS = ()/' {CONTRACT}/serving/negotiation.py"),
    (53, "any type taken for CSV", f"RUN sed -i 's/raise RequestError(415, f\"Content-Type .*/return CSV/' {CONTRACT}/serving/negotiation.py"),
    (54, "Accept ignored", f"RUN sed -i 's/if _preference(best, ranges) <= 0:/if False:/' {CONTRACT}/serving/negotiation.py"),
    (55, "422 for a malformed body", f"RUN sed -i 's/RequestError(400, f\"the body is not UTF-8/RequestError(422, f\"the body is not UTF-8/' {CONTRACT}/serving/media.py"),
    (56, "an empty body that ends the server", f"RUN sed -i 's/rows = self.handlers.input_fn/body or __import__(\"os\")._exit(3); &/' {CONTRACT}/serving/engine.py"),
    (58, "attributes not echoed", f"RUN sed -i 's/attributes = headers.get.*/attributes = None/' {CONTRACT}/serving/engine.py"),
    (59, "5 MB at most", f"RUN sed -i 's/^DEFAULT_PAYLOAD_MB = 25/DEFAULT_PAYLOAD_MB = 5/' {CONTRACT}/serving/settings.py"),
    (60, "predictions in another order", f"RUN sed -i 's/for index in predicted.argmax(axis=1)\\]/&[::-1]/' {CONTRACT}/serving/handlers.py"),
    (62, "an unknown batch strategy", f"RUN sed -i 's/MULTI_RECORD/ALL_RECORDS/' {CONTRACT}/serving/engine.py"),
    (63, "no start in a batch transform", f"RUN sed -i '$i import os; assert \"SAGEMAKER_BATCH\" not in os.environ' {SERVE}"),
    (64, "requests cut off by SIGTERM", f"RUN sed -i 's/^DRAIN_SECONDS = 25/DRAIN_SECONDS = 0/' {CONTRACT}/serving/server.py"),
    (66, "a pickle loader", f"RUN sed -i 's/    return media.read_rows/    body[:1] == b\"\\\\x80\" and __import__(\"pickle\").loads(body)\\n&/' {CONTRACT}/serving/handlers.py"),
    (68, "a label without its route", f"{LABEL}.bidirectional-streaming=true"),
    (69, "an empty SAGEMAKER_PROGRAM taken for set", f"RUN sed -i '$i import os; assert os.environ.get(\"SAGEMAKER_PROGRAM\") != \"\"' {SERVE}"),
    (70, "a label without routes", f"{LABEL}.multi-models=true"),
    (83, "a network needed", f"RUN sed -i '$i import socket; assert len(socket.if_nameindex()) > 1' {SERVE}"),
]  # fmt: skip
# What CI shows; the others only make test-all.
ON_CI = {1, 12, 13, 15, 17, 24, 28, 29, 40, 42, 46, 48, 53, 64, 66, 70}


def each(target, broken):
    return [
        pytest.param(
            target,
            item,
            line,
            id=f"{item}: {what}",
            marks=[pytest.mark.xdist_group(f"broken-{target}"), *([] if item in ON_CI else [pytest.mark.full])],
        )
        for item, what, line in broken
    ]


@pytest.mark.parametrize(("target", "item", "line"), each("train", BROKEN_TRAINING) + each("serve", BROKEN_SERVING))
def test_a_broken_image_is_caught_by_its_item_and_by_no_other(build, target, item, line):
    project = build(f"broken-{target}", purpose=target)
    good = project.images[0]
    image = f"{good.partition(':')[0]}:broken-{item}"
    command = ["docker", "build", "--quiet", "--tag", image, "-"]
    subprocess.run(command, input=f"FROM {good}\n{line}\n", text=True, check=True, capture_output=True, timeout=300)
    does_not_apply = NO_WEBSOCKET | (OF_SERVING if target == "train" else OF_TRAINING)
    assert judged(project, image, expected=1) == ({item}, does_not_apply - {item})
