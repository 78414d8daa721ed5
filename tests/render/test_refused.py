"""Combinations that cannot exist are refused with the reason, before anything is written."""

import copier
import pytest
from answers import REFUSED, is_refused
from repository import commit_all, git


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("answers", "reason"), REFUSED)
def test_a_copy_is_refused(template, tmp_path, answers, reason, language):
    with pytest.raises(ValueError, match=reason):
        copier.run_copy(
            str(template), tmp_path / "new", data=answers | {"language": language}, defaults=True, quiet=True
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("answers", "reason"), REFUSED)
def test_a_copy_is_refused_by_what_is_answered_not_typed(template, tmp_path, answers, reason):
    # answers in a settings file, or pytest-copie's, come in as the user's own defaults
    with pytest.raises(ValueError, match=reason):
        copier.run_copy(str(template), tmp_path / "new", user_defaults=answers, defaults=True, quiet=True)


@pytest.mark.parametrize(
    ("living", "change", "reason"),
    [
        ({"framework": "mxnet"}, {"pattern": "extend_aws_image"}, "Accepted for mxnet: from_scratch"),
        ({"framework": "mxnet"}, {"python_version": "3.12"}, "only: 3.11"),
        ({"framework": "mxnet"}, {"model_format": "onnx"}, "with mxnet: native"),
        ({"framework": "huggingface"}, {"model_format": "onnx"}, "with huggingface: native"),
        (
            {"pattern": "toolkit_on_own_image", "web_framework": "toolkit"},
            {"pattern": "from_scratch"},
            "Accepted with web_framework toolkit: toolkit_on_own_image",
        ),
        ({}, {"web_framework": "toolkit"}, "AWS"),
        ({"model_name": "tumour"}, {"model_name": "other"}, "'model_name': [^\n]*Accepted: tumour;[^\n]*scope=model$"),
        ({"framework": "xgboost"}, {"framework": "sklearn"}, "'framework': [^\n]*Accepted: xgboost;[^\n]*scope=model$"),
        ({"language": "ja"}, {"framework": "xgboost"}, "選べる値: sklearn。"),
    ],
)
def test_an_update_is_refused_and_changes_nothing(template_repository, tmp_path, living, change, reason):
    copier.run_copy(str(template_repository), tmp_path, data=living, defaults=True, quiet=True)
    commit_all(tmp_path)
    with pytest.raises(ValueError, match=reason):
        copier.run_update(tmp_path, data=change, defaults=True, overwrite=True, quiet=True)
    assert git(tmp_path, "status", "--porcelain", "--ignored") == ""


def test_the_table_of_refused_answers_is_what_the_matrix_leaves_out():
    assert all(is_refused({"pattern": "from_scratch"} | answers) for answers, _ in REFUSED)
