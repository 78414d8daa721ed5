"""A report's figures, which every project computes without scikit-learn, are scikit-learn's."""

import shutil
from pathlib import Path

import pytest


@pytest.mark.xdist_group("sklearn")
def test_the_figures_of_a_report_are_those_of_scikit_learn(render, tmp_path):
    project = render()
    shutil.copy(Path(__file__).parent / "beside_sklearn.py", tmp_path / "test_beside_sklearn.py")
    done = project.run("scripts/test/local.sh", str(tmp_path), "-q")
    assert "6 passed" in done.stdout
