"""What a reader must know to make the same model again."""

from typing import Any

from .evidence import Evidence

MADE_FROM = {
    "framework": "framework",
    "versions": "versions",
    "seed": "seed",
    "hyperparameters": "hyperparameters",
    "revision": "revision of the code",
    "data": "fingerprint of the data",
}


def rows(evidence: Evidence) -> list[list[str]]:
    """List names and values; what the model's description does not say is left out."""
    description = evidence.description
    facts = {"target": description.target, "task": description.task}
    for field, name in MADE_FROM.items():
        value = getattr(description, field, None)
        if value not in (None, "", {}):
            facts[name] = _words(value)
    facts["rows judged"] = f"{len(evidence.targets):,}"
    facts |= {f"{name.replace('_', ' ')} of training": f"{value:.6g}" for name, value in description.scores.items()}
    return [[name, value] for name, value in facts.items()]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {of}" for name, of in value.items())
    return str(value)
