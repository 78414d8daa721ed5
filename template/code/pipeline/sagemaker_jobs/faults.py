"""Errors that keep from one thing, and not from the next."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from utils.aws.errors import NotSignedIn, NotThere
from utils.config_reader import ConfigError


class Faults:
    """Tells each error as it comes, so that what comes after is done all the same.

    Args:
        tell: shows a line.

    Attributes:
        number: how many there were.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.number = 0
        self._tell = tell

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Go on after an error; that something is gone meanwhile is none.

        Args:
            what: is looked at or done; the line begins with it.

        Raises:
            NotSignedIn: there are no credentials, of which one line is enough.
        """
        try:
            yield
        except NotThere:
            return
        except NotSignedIn:
            raise
        except ConfigError as error:
            self.number += 1
            self._tell(f"{what}: {error}")
