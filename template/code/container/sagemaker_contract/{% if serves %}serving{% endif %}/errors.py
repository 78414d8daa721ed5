"""What a client did wrong, as the status and the JSON body that it gets."""


class RequestError(Exception):
    """A request that cannot be served.

    Attributes:
        status: the HTTP status, 4xx or 5xx.
        wrong: what was wrong, naming the row where there is one.
        accepted: what would be accepted.
    """

    def __init__(self, status: int, wrong: str, accepted: str, row: int | None = None) -> None:
        self.status = status
        self.wrong = wrong if row is None else f"row {row}{wrong}"
        self.accepted = accepted
        self._row = row
        self._of_row = wrong
        super().__init__(f"{self.wrong}; accepted: {accepted}")

    def after(self, rows: int) -> "RequestError":
        """Give the error as the whole body has it, where it was met in a part of the body that follows these rows."""
        if self._row is not None:
            return RequestError(self.status, self._of_row, self.accepted, self._row + rows)
        wrong = f"from row {rows + 1} on: {self.wrong}" if rows else self.wrong
        return RequestError(self.status, wrong, self.accepted)


class RowError(ValueError):
    """A row, counted from 1, that cannot be read; `wrong` goes on where `row 1` ends."""

    def __init__(self, row: int, wrong: str) -> None:
        super().__init__(f"row {row}{wrong}")
        self.row = row
        self.wrong = wrong


def not_ready(problem: str) -> RequestError:
    """Say why there is no model to predict with."""
    return RequestError(503, problem, "another request once /ping answers 200")
