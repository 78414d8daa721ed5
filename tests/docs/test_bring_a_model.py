"""The page on a model of one's own, done in a project: its code in place of the sample's, then its commands."""

import ast

import pytest
from projects import Project
from test_pages import LANGUAGES, blocks, commands, text_of

PAGE = "howto/bring-a-model.md"


def put_in(code: str, source: str) -> str:
    """Put the definitions of some code in the place of those of the same names, and its imports before them."""
    lines = source.splitlines()
    of_source = {name_of(node): node for node in ast.parse(source).body}
    added = []
    for node in ast.parse(code).body:
        text = ast.get_source_segment(code, node)
        if isinstance(node, ast.ImportFrom):
            added.append(text)
        else:
            replaced = of_source[name_of(node)]
            lines[replaced.lineno - 1 : replaced.end_lineno] = [text, *[""] * (replaced.end_lineno - replaced.lineno)]
    return "\n".join([lines[0], *added, *lines[1:]]) + "\n"


def name_of(node: ast.stmt) -> str:
    return getattr(node, "name", None) or (node.targets[0].id if isinstance(node, ast.Assign) else "")


@pytest.mark.slow
def test_the_page_can_be_followed(tmp_path):
    text = text_of(LANGUAGES[0], PAGE)
    forest, _, handlers = (body for kind, body in blocks(text) if kind == "python")
    project = Project(tmp_path / "tumour-model", {})
    model = project.folder / "code" / "container" / "tumour" / "model.py"
    model.write_text(put_in(forest, model.read_text("utf-8")), "utf-8")
    for command in commands(text)[:2]:
        project.run("bash", "-c", command)
    project.run("scripts/test/local.sh", "tests/test_model.py")
    assert "trees" in (project.folder / "opt_ml" / "tumour" / "model" / "model.json").read_text("utf-8")
    (model.parent / "inference.py").write_text(handlers, "utf-8")
    [data] = (project.folder / "sample_data" / "tumour" / "input" / "data" / "training").glob("*.csv")
    rows = [line.rpartition(",")[0] for line in data.read_text("utf-8").splitlines()[1:]]
    with project.serving() as post:
        status, answer = post("\n".join(rows).encode())
    assert status == 200
    assert set(answer.split()) == {"benign", "malignant", "unsure"}
