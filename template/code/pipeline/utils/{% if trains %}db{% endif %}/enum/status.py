"""How far an observation is."""

from enum import StrEnum


class Status(StrEnum):
    """How far an observation is: only one with a label that somebody stands for is trained on."""

    NEW = "new"
    LABELLED = "labelled"
    REJECTED = "rejected"
