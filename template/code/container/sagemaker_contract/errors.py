"""The one error for what a user gave us and we cannot use."""


class InputError(Exception):
    """Data, hyperparameters or a request that cannot be used.

    Attributes:
        wrong: what was wrong, naming the field, file or row.
        accepted: what would be accepted instead.
    """

    def __init__(self, wrong: str, accepted: str) -> None:
        super().__init__(f"{wrong}; accepted: {accepted}")
        self.wrong = wrong
        self.accepted = accepted
