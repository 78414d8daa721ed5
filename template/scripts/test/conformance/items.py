"""The items that are judged: each is a function that says what it saw, or raises that it failed or does not apply."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .bench import Bench

Part = Literal["image", "training", "serving", "processing"]


class Failed(Exception):
    """The image does not do what the item demands; the message is what was seen."""


class NotApplicable(Exception):
    """The contract does not bind this image by this item; the message is the reason."""


@dataclass(frozen=True)
class Item:
    """An item of the contract.

    Attributes:
        number: its number in the contract.
        demand: what it demands.
        done: what is done to see it.
        part: what kind of image it binds; "image" binds every image.
        judge: gives what was seen.
    """

    number: int
    demand: str
    done: str
    part: Part
    judge: Callable[["Bench"], str]


ITEMS: dict[int, Item] = {}


def item(number: int, done: str, part: Part) -> Callable:
    """Register a function as the judge of an item; its docstring is what the item demands."""

    def register(judge: Callable[["Bench"], str]) -> Callable:
        ITEMS[number] = Item(number, judge.__doc__, done, part, judge)
        return judge

    return register


def demand(holds: object, seen: str) -> None:
    """Fail an item where something does not hold."""
    if not holds:
        raise Failed(seen)


def parse_numbers(text: str) -> list[int]:
    """Read item numbers such as `1-13,39`.

    Raises:
        ValueError: the text is no such list, or names an item that is not judged.
    """
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    if not numbers or numbers - ITEMS.keys():
        raise ValueError
    return sorted(numbers)


def as_ranges(numbers: list[int]) -> str:
    """Write sorted numbers shortly: `1-3, 7`."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    return ", ".join(f"{one[0]}-{one[-1]}" if len(one) > 1 else str(one[0]) for one in ranges)
