"""The model: a small transformer that reads texts, with a tokenizer of its own. Yours to change; no SageMaker in it."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
import transformers
from pydantic import BaseModel, Field
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch.nn.functional import cross_entropy, mse_loss
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from .cluster import joined

FRAMEWORK = "transformers"  # model.json names its version
ADAM = "adam.safetensors"
PAD, START, BETWEEN = SPECIAL = ["[PAD]", "[CLS]", "[SEP]"]
TEXTS_AT_ONCE = 256  # in predictions
transformers.utils.logging.disable_progress_bar()


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**32, description="chooses the rows held out, the first weights, the rows' order")
    epochs: int = Field(8, ge=1, le=10_000, description="passes over the training rows")
    checkpoint_every: int = Field(5, ge=1, description="epochs between two checkpoints")
    learning_rate: float = Field(0.002, gt=0, le=1, description="step size of the AdamW optimiser")
    weight_decay: float = Field(0.3, ge=0, le=10, description="how strongly a step pulls the weights towards 0")
    dropout: float = Field(0.3, ge=0, lt=1, description="share of the numbers between layers that a step leaves out")
    batch_size: int = Field(32, ge=1, le=65_536, description="rows in a step")
    max_length: int = Field(64, ge=4, le=4096, description="tokens of a text; what is beyond them is cut")
    vocabulary: int = Field(4000, ge=300, le=1_000_000, description="most tokens that the tokenizer learns")
    hidden_units: int = Field(64, ge=4, le=4096, multiple_of=4, description="width of a token's vector, in four heads")
    layers: int = Field(2, ge=1, le=48, description="layers of attention")


class TextModel(NamedTuple):
    """A network, and the tokenizer that turns texts into the numbers which it reads."""

    network: transformers.PreTrainedModel
    tokenizer: transformers.PreTrainedTokenizerBase


def fit(training, validation, n_classes: int, settings: Hyperparameters, run) -> TextModel:
    """Fit on `training`.

    Args:
        training: `features`, texts, objects of shape (rows, columns); `targets`, class numbers from 0, or values.
            Of several workers, each has its share of the rows.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters; `batch_size` counts the rows of all workers.
        run: the job around the fit: its figures, its checkpoints, its other workers.
    """
    torch.manual_seed(settings.seed)
    tokenizer = _tokenizer(training.features, settings, run)
    mean, deviation = (0.0, 1.0) if n_classes else _scale(training.targets, run)
    network = _network(len(tokenizer), n_classes, settings, target_mean=mean, target_deviation=deviation)
    tokens, held_out = (_tokens(tokenizer, dataset.features) for dataset in (training, validation))
    targets, held_targets = (_targets(dataset.targets, network) for dataset in (training, validation))
    batch_size = max(1, settings.batch_size // run.size)
    # As many steps on every worker, or one would wait for the others; who has fewer rows takes some of them twice.
    rows = math.ceil(max(run.gather(len(training))) / batch_size) * batch_size if run.size > 1 else len(training)
    with joined(run) as (device, with_others):
        network.to(device)
        optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
        done = 0
        if resumed := run.resume():
            done = resumed.done
            _restore(network, optimiser, resumed.folder)
        shared = with_others(network)
        in_16_bits = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        for epoch in range(done + 1, settings.epochs + 1):
            order = np.random.default_rng([settings.seed, epoch]).permutation(len(training))
            torch.manual_seed((settings.seed << 32) + epoch * run.size + run.rank)  # what dropout draws
            network.train()
            total = 0.0
            for batch in torch.from_numpy(np.resize(order, rows)).split(batch_size):
                inputs = tokenizer.pad({"input_ids": [tokens[row] for row in batch]}, return_tensors="pt").to(device)
                with torch.autocast(device.type, torch.bfloat16, enabled=in_16_bits):
                    loss = _loss(shared(**inputs).logits, targets[batch].to(device))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.item() * len(batch)
            held_loss = _loss(_outputs(network, tokenizer, held_out), held_targets).item()
            fitted = run.sum([total])[0] / run.sum([rows])[0]
            run.report(epoch=epoch, train_loss=deviation**2 * fitted, validation_loss=deviation**2 * held_loss)
            run.checkpoint(epoch, partial(_keep, network, optimiser))
    return TextModel(network.cpu().eval(), tokenizer)


def save(model: TextModel, folder: Path) -> None:
    """Write the model into the folder: weights as safetensors, which hold no code, and JSON."""
    model.network.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)


def load(folder: Path) -> TextModel:
    """Read the model from the folder alone; weights that are pickled are refused."""
    network = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    return TextModel(network.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True))


def predict(model: TextModel, features: np.ndarray) -> np.ndarray:
    """Give class probabilities, shape (rows, classes), or values, shape (rows,), for texts of shape (rows, columns)."""
    rows = list(map(tuple, features))
    place = {row: index for index, row in enumerate(dict.fromkeys(rows))}  # one that comes again is read once
    outputs = _outputs(*model, _tokens(model.tokenizer, place))[[place[row] for row in rows]]
    if outputs.shape[1] > 1:
        return outputs.softmax(dim=1).numpy()
    return outputs[:, 0].numpy() * model.network.config.target_deviation + model.network.config.target_mean


def _tokenizer(features: np.ndarray, settings: Hyperparameters, run) -> transformers.PreTrainedTokenizerBase:
    """Learn the frequent pieces of words, from bytes up, so that no text is unknown; all take the first worker's."""
    learned = Tokenizer(models.BPE())
    learned.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    learned.pre_tokenizer = pre_tokenizers.ByteLevel()
    if run.rank == 0:
        known = {"special_tokens": SPECIAL, "initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}
        trainer = trainers.BpeTrainer(vocab_size=settings.vocabulary, show_progress=False, **known)
        learned.train_from_iterator(features.ravel().tolist(), trainer)
    learned = Tokenizer.from_str(run.gather(learned.to_str() if run.rank == 0 else "")[0])
    ends = [(BETWEEN, learned.token_to_id(BETWEEN)), (START, learned.token_to_id(START))]
    learned.post_processor = processors.BertProcessing(*ends)
    named = {"pad_token": PAD, "cls_token": START, "sep_token": BETWEEN, "model_max_length": settings.max_length}
    inputs = ["input_ids", "attention_mask"]
    return transformers.PreTrainedTokenizerFast(tokenizer_object=learned, model_input_names=inputs, **named)


def _network(tokens: int, n_classes: int, settings: Hyperparameters, **scale: float) -> transformers.PreTrainedModel:
    """Start from random weights; one output means a regression."""
    ends = {"vocab_size": tokens, "max_position_embeddings": settings.max_length, "num_labels": n_classes or 1}
    sizes = {"dim": settings.hidden_units, "hidden_dim": 2 * settings.hidden_units, "n_layers": settings.layers}
    config = transformers.DistilBertConfig(n_heads=4, dropout=settings.dropout, **ends, **sizes, **scale)
    return AutoModelForSequenceClassification.from_config(config)


def _tokens(tokenizer, rows: Iterable[Sequence[str]]) -> list[list[int]]:
    """Give the tokens of each row, whose columns are read one behind the other."""
    return tokenizer([f" {BETWEEN} ".join(row) for row in rows], truncation=True)["input_ids"]


@torch.inference_mode()
def _outputs(network: transformers.PreTrainedModel, tokenizer, tokens: list[list[int]]) -> torch.Tensor:
    """Give the outputs of each row; rows of like length go together, so that little is padded."""
    network.eval()
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    outputs = torch.empty(len(tokens), network.config.num_labels)
    for start in range(0, len(tokens), TEXTS_AT_ONCE):
        rows = order[start : start + TEXTS_AT_ONCE]
        inputs = tokenizer.pad({"input_ids": [tokens[row] for row in rows]}, return_tensors="pt")
        outputs[rows] = network(**inputs.to(network.device)).logits.float().cpu()
    return outputs


def _targets(targets: np.ndarray, network: transformers.PreTrainedModel) -> torch.Tensor:
    """Give class numbers as they are, and values standardised."""
    scale = network.config
    return torch.tensor(targets if scale.num_labels > 1 else (targets - scale.target_mean) / scale.target_deviation)


def _loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Give the log loss, or the mean squared error of standardised values."""
    return cross_entropy(outputs, targets) if outputs.shape[1] > 1 else mse_loss(outputs[:, 0], targets.float())


def _scale(values: np.ndarray, run) -> tuple[float, float]:
    """Give the mean and standard deviation over all workers' rows."""
    count, total = run.sum([len(values), values.sum()])
    variance = run.sum([((values - total / count) ** 2).sum()])[0] / count
    return float(total / count), float(variance**0.5) or 1.0


def _keep(network: transformers.PreTrainedModel, optimiser: torch.optim.Optimizer, folder: Path) -> None:
    """Write the state of the fit into a checkpoint's folder."""
    save_file(network.state_dict(), folder / "network.safetensors")
    state = optimiser.state_dict()["state"]
    save_file({f"{index}.{name}": value for index in state for name, value in state[index].items()}, folder / ADAM)


def _restore(network: transformers.PreTrainedModel, optimiser: torch.optim.Optimizer, folder: Path) -> None:
    """Read the state of the fit from a checkpoint's folder."""
    network.load_state_dict(load_file(folder / "network.safetensors"))
    state = optimiser.state_dict() | {"state": defaultdict(dict)}
    for key, value in load_file(folder / ADAM).items():
        index, _, name = key.partition(".")
        state["state"][int(index)][name] = value
    optimiser.load_state_dict(state)
