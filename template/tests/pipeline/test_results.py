"""The tables of what runs came to show every word as it is, and how to go on."""

import pytest
from rich.console import Console
from settings import config

from sagemaker_jobs import results
from sagemaker_jobs.runs import Step

CAUSE = "the prompt ends in [/INST], not in [bold]"
RUNS = ["20260102-030405-aaaa", "20260102-030405-bbbb"]


def console():
    return Console(record=True, width=200, quiet=False)


def test_brackets_of_a_cause_and_of_a_path_are_shown():
    shown = console()
    steps = [Step("training", status="Failed", cause=CAUSE), Step("evaluation", outputs={"report": "/a/[/b]/report"})]
    results.show(shown, RUNS[0], steps, lambda uri: uri)
    text = shown.export_text()
    assert CAUSE in text
    assert "evaluation report: /a/[/b]/report\n" in text


def test_brackets_of_a_condition_and_of_a_figure_are_shown():
    shown = console()
    steps = {RUNS[0]: [Step("training", metrics={"[/score]": 0.5})]}
    results.compare(shown, steps, {RUNS[0]: {"prompt[/INST]": "[/INST]"}}, config())
    text = shown.export_text()
    assert "prompt[/INST]" in text and " [/INST]" in text and "[/score]" in text


def figures(**of):
    """Give the steps of a run by the figures of its batches."""
    return [Step(batch, metrics=metrics) for batch, metrics in of.items()]


def scores(loss, score):
    return {"train:loss": loss, "validation:score": score}


@pytest.mark.parametrize(
    ("worse", "better", "criterion"),
    [
        ({"training": scores(0.9, 0.5)}, {"training": scores(0.1, 0.97)}, "validation:score"),
        ({"tuning": {"validation:score": 0.5}}, {"tuning": {"validation:score": 0.97}}, "validation:score"),
        (
            {"training": scores(0.1, 0.97), "evaluation": {"log_loss": 0.9, "accuracy": 0.5}},
            {"training": scores(0.9, 0.5), "evaluation": {"log_loss": 0.1, "accuracy": 0.9}},
            "accuracy",
        ),
        ({"evaluation": {"rmse": 9, "r2": 0.5}}, {"evaluation": {"rmse": 1, "r2": 0.9}}, "r2"),
        ({"training": scores(0.1, 0.97)}, {"evaluation": {"accuracy": 0.5}}, "accuracy"),  # one was not evaluated
    ],
)
def test_a_comparison_says_how_to_go_on_with_the_best(worse, better, criterion):
    shown = console()
    results.compare(shown, {RUNS[0]: figures(**worse), RUNS[1]: figures(**better)}, {run: {} for run in RUNS}, config())
    text = shown.export_text()
    assert f"\nTo go on with the best by {criterion}: --run {RUNS[1]}\n" in text
    assert text.index(RUNS[1]) < text.index(RUNS[0])
    assert ("train:loss" in text) == ("evaluation" not in better and "tuning" not in better)


def test_the_goal_says_which_figure_is_the_best():
    shown, least = console(), config(tuning={"objective": "train:loss", "goal": "Minimize"})
    steps = {run: figures(training=scores(loss, loss)) for run, loss in zip(RUNS, (0.9, 0.1), strict=True)}
    results.compare(shown, steps, {run: {} for run in RUNS}, least)
    assert f"the best by train:loss: --run {RUNS[1]}\n" in shown.export_text()


def test_no_best_is_named_where_no_figure_tells_it():
    shown = console()
    steps = {run: figures(training={"train:loss": loss}) for run, loss in zip(RUNS, (0.1, 0.9), strict=True)}
    results.compare(shown, steps, {run: {} for run in RUNS}, config())
    assert shown.export_text().endswith("\nTo go on with one of them: --run RUN\n")


def test_runs_that_nothing_came_of_are_not_gone_on_with():
    shown = console()
    results.compare(shown, {}, {}, config())
    assert "--run" not in shown.export_text()
