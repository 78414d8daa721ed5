"""The handlers of a model that writes text: its answer is given piece by piece, while it is being written."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import numpy as np
import torch
import transformers
from sagemaker_contract.serving import handlers
from sagemaker_contract.serving.errors import RequestError
from transformers import AutoModelForCausalLM, AutoTokenizer, StoppingCriteria, TextIteratorStreamer

MOST_TOKENS = 200  # of an answer
PATIENCE = 60  # seconds for a token


class Writer(NamedTuple):
    """A network that continues texts, and its tokenizer."""

    network: transformers.PreTrainedModel
    tokenizer: transformers.PreTrainedTokenizerBase


class Abandoned(StoppingCriteria):
    """Ends an answer that nobody reads any more."""

    def __init__(self) -> None:
        self.event = Event()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        """Tell of each text whether it is to end."""
        return torch.full((len(input_ids),), self.event.is_set(), device=input_ids.device)


def model_fn(model_dir: str | Path) -> Writer:
    """Load the model from its folder alone; weights that are pickled are refused."""
    network = AutoModelForCausalLM.from_pretrained(model_dir, local_files_only=True, use_safetensors=True)
    return Writer(network.eval(), AutoTokenizer.from_pretrained(model_dir, local_files_only=True))


def input_fn(body: bytes, content_type: str) -> str:
    """Read the text to continue.

    Raises:
        RequestError: 400, the body holds no text, or several.
    """
    rows: np.ndarray = handlers.input_fn(body, content_type)
    if rows.size != 1:
        raise RequestError(400, f"the body holds {rows.size} texts", "one text, which the answer continues")
    return rows.item()


class Answer:
    """The pieces of an answer; no iterator, or the server would hand `output_fn` one piece at a time."""

    def __init__(self, text: str, writer: Writer) -> None:
        self._made_of = text, writer

    def __iter__(self) -> Iterator[str]:
        return _pieces(*self._made_of)


def predict_fn(text: str, writer: Writer) -> Answer:
    """Give the answer, which is written as it is read."""
    return Answer(text, writer)


def output_fn(pieces: Iterable[str], accept: str) -> Iterator[bytes] | bytes:
    """Write each piece as a JSON string a line; for other types the whole answer at once."""
    if accept == "application/jsonlines":
        return _lines(pieces)
    return handlers.output_fn(["".join(pieces)], accept)


def _lines(pieces: Iterable[str]) -> Iterator[bytes]:
    with closing(iter(pieces)) as written:
        for piece in written:
            yield f"{json.dumps(piece, ensure_ascii=False)}\n".encode()


def _pieces(text: str, writer: Writer) -> Iterator[str]:
    """Give the pieces of the answer as they come.

    Raises:
        Exception: whatever made the network stop.
    """
    inputs = writer.tokenizer(text, return_tensors="pt", truncation=True).to(writer.network.device)
    streamer = TextIteratorStreamer(writer.tokenizer, skip_prompt=True, timeout=PATIENCE, skip_special_tokens=True)
    abandoned, failures = Abandoned(), []

    def write() -> None:
        try:
            how = {"max_new_tokens": MOST_TOKENS, "do_sample": False, "stopping_criteria": [abandoned]}
            writer.network.generate(**inputs, streamer=streamer, **how)
        except Exception as error:
            failures.append(error)
            streamer.end()  # or the reader would wait for a token that never comes

    thread = Thread(target=write, daemon=True)
    thread.start()
    try:
        yield from filter(None, streamer)
    finally:
        abandoned.event.set()
        thread.join()
    if failures:
        raise failures[0]
