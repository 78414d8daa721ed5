"""What a client did wrong, as the status and the JSON body that it gets."""


class RequestError(Exception):
    """A request that cannot be served.

    Attributes:
        status: the HTTP status, 4xx.
        wrong: what was wrong.
        accepted: what would be accepted.
    """

    def __init__(self, status: int, wrong: str, accepted: str) -> None:
        super().__init__(f"{wrong}; accepted: {accepted}")
        self.status = status
        self.wrong = wrong
        self.accepted = accepted
