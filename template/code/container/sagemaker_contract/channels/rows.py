"""What the files of a channel give, collected row by row."""

from operator import itemgetter

from ..cells import quoted, quoted_list
from ..errors import InputError

ONE_TABLE = "UTF-8 files that share one set of unique column names, such as CSV with a header row"
MOST_SHARED = 1000  # different labels; beyond them they are values, not classes


class LabelledRows:
    """What rows of every format share. Labels that come again are one object: a class costs 8 bytes a row.

    Attributes:
        channel: name of the channel.
        target: name of the label column; None until the first file tells.
        columns: names of the feature columns; empty until the first file tells.
        labels: a word a row.
    """

    def __init__(self, channel: str, target: str | None, columns: list[str] | None) -> None:
        self.channel = channel
        self.target = target
        self.columns = columns or []
        self.labels: list[str] = []
        self._shared: dict[str, str] = {}

    def label(self, word: str, where: str) -> None:
        """Add the label of a row.

        Raises:
            InputError: it is empty.
        """
        if not word:
            raise InputError(f"{where}: no value in column {quoted(self.target)}", "a label in every row")
        if len(self._shared) < MOST_SHARED:
            self._shared.setdefault(word, word)
        self.labels.append(self._shared.get(word, word))


class NamedRows(LabelledRows):
    """Rows whose columns have names, which all files share; what the cells are, a subclass says."""

    def agree(self, where: str, names: list[str]) -> itemgetter:
        """Compare a file's columns with those of the files before it.

        Returns:
            What picks out of a row the features, in the order of `columns`, and behind them the label.

        Raises:
            InputError: a column is missing, stands twice, or is new.
        """
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{where}: column {quoted(twice)} stands twice", ONE_TABLE)
        if self.target is None and names:
            self.target = names[-1]
        if self.target not in names:
            raise InputError(f"{where}: no column is called {quoted(self.target)}, the target", quoted_list(names))
        self.columns = self.columns or [name for name in names if name != self.target]
        if not self.columns:
            raise InputError(
                f"{where}: {quoted(self.target)} is the only column", "the target and at least one feature"
            )
        known = [*self.columns, self.target]
        if missing := set(known).difference(names):
            raise InputError(f"{where}: column {quoted(min(missing))} is missing", quoted_list(known))
        if new := set(names).difference(known):
            raise InputError(f"{where}: column {quoted(min(new))} is new", f"the columns before: {quoted_list(known)}")
        return itemgetter(*map(names.index, known))
