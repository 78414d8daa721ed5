"""The handlers of docs/text_generation write text piece by piece in a project of Transformers."""

import shutil
from pathlib import Path

import pytest
from answers import ROOT
from test_projects import PROJECTS


@pytest.mark.xdist_group("huggingface")
def test_text_is_given_while_it_is_written(render, tmp_path):
    project = render(**PROJECTS["huggingface"])
    shutil.copy(Path(__file__).parent / "writing.py", tmp_path / "test_writing.py")
    example = ROOT / "docs" / "text_generation" / "inference.py"
    done = project.run("scripts/test/local.sh", str(tmp_path), "-q", EXAMPLE=str(example))
    assert "13 passed" in done.stdout
