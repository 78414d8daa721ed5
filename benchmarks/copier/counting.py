"""What a copy consists of: answers, and files by what the project is for."""

from pathlib import Path

import yaml
from measuring import run
from templates import ROOT, Template, files_of

KINDS = {"its tests": "tests/", "the pipeline": "code/pipeline/", "`contract.sh`": "scripts/test/conformance/"}


def counts(template: Template, folder: Path, files: dict[str, bytes]) -> str:
    """Say how many answers the template has, and how many files a project has, by default and with other purposes."""
    questions: dict[str, dict] = {}
    for path in (ROOT / "questions").glob("*.yml"):
        questions |= yaml.safe_load(path.read_text("utf-8"))
    computed = sum(question.get("when") is False for question in questions.values())
    lines = ["| of the template | number |", "|---|---|", f"| answers | {len(questions)} |"]
    lines += [f"| of them computed | {computed} |", f"| files by default | {len(files)} |"]
    lines += [f"| of them {kind} | {sum(name.startswith(start) for name in files)} |" for kind, start in KINDS.items()]
    for purpose in ("train", "serve"):
        run([*template.copy(folder / purpose), f"--data=purpose={purpose}"])
        lines.append(f"| files of a project that is to {purpose} alone | {len(files_of(folder / purpose))} |")
    return "\n".join(["", *lines])
