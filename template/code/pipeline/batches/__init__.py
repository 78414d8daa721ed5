"""The steps from raw data to a served model, a command each: `python -m batches.training --config configs/dev.yml`."""

from pathlib import Path

DEPLOYMENT, CLEANUP = "deployment", "cleanup"
ORDER = ("collection", "preprocess", "training", "tuning", "evaluation", "inference", DEPLOYMENT, CLEANUP)
APART = ("tuning", DEPLOYMENT, CLEANUP)  # run where asked for by name: they cost more, or delete
NAMES = tuple(name for name in ORDER if (Path(__file__).parent / name).is_dir())
BY_DEFAULT = tuple(name for name in NAMES if name not in APART)
