"""A tiny network that writes text, behind the handlers of docs/text_generation; run in a project's environment."""

import importlib.util
import json
import os
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from sagemaker_contract.serving.errors import RequestError
from sagemaker_contract.serving.served_model import ServedModel
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast

PROMPT = "a small fruit of"
BODY = json.dumps(PROMPT).encode()
LINES = "application/jsonlines"


@pytest.fixture(scope="module")
def handlers():
    """The module of the handlers, from where the example lies."""
    specification = importlib.util.spec_from_file_location("inference", os.environ["EXAMPLE"])
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def writer(handlers, tmp_path_factory):
    """A network that has learnt one sentence, which it says over and over; saved and loaded."""
    folder = tmp_path_factory.mktemp("model")
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer, learned.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    text = "a small fruit of a large tree in the garden of a house by the sea, " * 8
    learned.train_from_iterator([text], trainers.BpeTrainer(special_tokens=["<end>"], initial_alphabet=alphabet))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=learned, eos_token="<end>")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = LlamaConfig(vocab_size=learned.get_vocab_size(), max_position_embeddings=512, eos_token_id=None, **sizes)
    network = AutoModelForCausalLM.from_config(config)
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    tokens = tokenizer(text, return_tensors="pt")["input_ids"]
    for _ in range(60):
        optimiser.zero_grad()
        network(input_ids=tokens, labels=tokens).loss.backward()
        optimiser.step()
    network.save_pretrained(folder)
    return handlers.model_fn(folder)


def threads():
    return {thread.name for thread in threading.enumerate() if "(write)" in thread.name}


def test_the_pieces_together_are_the_answer(handlers, writer):
    pieces = list(handlers.predict_fn(handlers.input_fn(BODY, LINES), writer))
    inputs = writer.tokenizer(PROMPT, return_tensors="pt")
    written = writer.network.generate(**inputs, max_new_tokens=handlers.MOST_TOKENS, do_sample=False)[0]
    assert "".join(pieces) == writer.tokenizer.decode(written[inputs["input_ids"].shape[1] :])
    assert len(pieces) > 10


def test_a_piece_comes_before_the_answer_is_whole(handlers, writer, monkeypatch):
    """The network may not go on before the first piece is read."""
    read = threading.Event()
    forward, calls = writer.network.forward, []

    def waiting(*values, **named):
        calls.append(None)
        assert len(calls) < 50 or read.wait(60)
        return forward(*values, **named)

    monkeypatch.setattr(writer.network, "forward", waiting)
    pieces = iter(handlers.predict_fn(PROMPT, writer))
    assert next(pieces)
    assert len(calls) <= 50
    read.set()
    assert len(list(pieces)) > 10
    assert len(calls) == handlers.MOST_TOKENS


def test_an_answer_that_nobody_reads_on_ends(handlers, writer, monkeypatch):
    monkeypatch.setattr(handlers, "MOST_TOKENS", 100_000)
    pieces = handlers.output_fn(handlers.predict_fn(PROMPT, writer), LINES)
    next(pieces)
    assert threads()
    pieces.close()
    assert not threads()


def test_a_fault_of_the_network_ends_the_answer(handlers, writer, monkeypatch):
    def fails(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(writer.network, "forward", fails)
    with pytest.raises(ZeroDivisionError):
        list(handlers.predict_fn(PROMPT, writer))


def test_the_types_of_an_answer(handlers, writer):
    whole = "".join(handlers.predict_fn(PROMPT, writer))
    lines = list(handlers.output_fn(handlers.predict_fn(PROMPT, writer), LINES))
    assert len(lines) > 10
    assert "".join(map(json.loads, lines)) == whole
    answer = handlers.output_fn(handlers.predict_fn(PROMPT, writer), "application/json")
    assert json.loads(answer) == {"predictions": [whole]}


@pytest.fixture(scope="module")
def served(handlers, writer, tmp_path_factory):
    """The model behind the project's own server, without its HTTP."""
    names = ("input_fn", "predict_fn", "output_fn")
    functions = {name: getattr(handlers, name) for name in names} | {"model_fn": lambda _: writer}
    model = ServedModel(SimpleNamespace(**functions), tmp_path_factory.mktemp("empty"))
    model.start()
    model.loaded.result(60)
    yield model
    model.stop()
    model.ended.result(60)


def test_the_server_sends_the_lines_as_they_are_written(handlers, writer, served):
    reply = served.submit(BODY, {"Content-Type": LINES}).result(60)
    lines = list(iter(reply.body.take, b""))
    assert len(lines) > 10
    assert "".join(map(json.loads, lines)) == "".join(handlers.predict_fn(PROMPT, writer))


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_the_server_sends_the_whole_answer_in_other_types(handlers, writer, served, accept):
    reply = served.submit(BODY, {"Content-Type": LINES, "Accept": accept}).result(60)
    assert reply.body == handlers.output_fn(handlers.predict_fn(PROMPT, writer), accept)


def test_the_network_ends_where_the_client_leaves(handlers, served, monkeypatch):
    monkeypatch.setattr(handlers, "MOST_TOKENS", 100_000)
    reply = served.submit(BODY, {"Content-Type": LINES}).result(60)
    assert reply.body.take()
    reply.body.close()
    end = time.monotonic() + 60
    while threads() and time.monotonic() < end:
        time.sleep(0.05)
    assert not threads()


@pytest.mark.parametrize("body", [b"", b'"a"\n"b"\n', b'["a", "b"]', b"5"])
def test_one_text_is_wanted(handlers, body):
    with pytest.raises(RequestError):
        handlers.input_fn(body, LINES)
