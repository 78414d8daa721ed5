"""Figures in the log, in the form that the regexes of metrics.json match: `name=value`."""


def report(**figures: float) -> None:
    """Print a line of figures, such as `round=3 train_loss=0.25 validation_loss=0.31`."""
    print(" ".join(f"{name}={_short(value)}" for name, value in figures.items()), flush=True)


def _short(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"
