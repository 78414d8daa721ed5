"""The tables of what runs came to show every word as it is, and how to go on."""

from rich.console import Console

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
    results.compare(shown, steps, {RUNS[0]: {"prompt[/INST]": "[/INST]"}})
    text = shown.export_text()
    assert "prompt[/INST]" in text and " [/INST]" in text and "[/score]" in text


def test_a_comparison_says_how_to_go_on_with_the_best():
    shown = console()
    steps = {run: [Step("training", metrics={"score": score})] for run, score in zip(RUNS, (0.5, 0.75), strict=True)}
    results.compare(shown, steps, {run: {"seed": run} for run in RUNS})
    assert f"\nTo go on with one of them: --run {RUNS[1]}\n" in shown.export_text()


def test_runs_that_nothing_came_of_are_not_gone_on_with():
    shown = console()
    results.compare(shown, {}, {})
    assert "--run" not in shown.export_text()
