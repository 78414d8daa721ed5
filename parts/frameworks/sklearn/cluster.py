"""Several hosts: scikit-learn cannot use them for one fit."""

REFUSAL = "scikit-learn fits a model in one process"
