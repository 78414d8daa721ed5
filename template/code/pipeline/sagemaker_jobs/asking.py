"""Ask the user, where there is one."""

import sys

import questionary
from rich.console import Console


def is_possible(console: Console) -> bool:
    """Tell whether somebody sees a question, and can answer it."""
    return console.is_terminal and sys.stdin is not None and sys.stdin.isatty()


def agreed(question: str, default: bool) -> bool:
    """Ask for yes or no; Ctrl-C, or an input that ends, is the default."""
    try:
        answer = questionary.confirm(question, default=default).ask()
    except EOFError:
        answer = None
    return default if answer is None else answer
