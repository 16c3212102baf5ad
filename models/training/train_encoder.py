"""Trains the sentence encoder: the lower layers of the translation model's encoder, taught to put translations side by
side.

    python -m models.training.train_encoder models/training/experiments/draft.toml --work WORK --init WORK/stable.pt
    --minutes 12

Translation ranking with in-batch negatives (Feng et al. 2020, LaBSE, arXiv:2007.01852): of all sentences of a batch,
the one nearest to a sentence must be its translation, in both directions. Writes `encoder.pt`.
"""

import argparse
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.training import experiment as experiments
from models.training.experiment import Experiment
from models.training.export import load_checkpoint
from models.training.network import Translator
from models.training.prepare import load_shards
from models.training.shards import Example, Sampler, Tokens
from models.training.vocabulary import Vocabulary

LOG_STEPS = 20


def embed(model: Translator, vocabulary: Vocabulary, sentences: list[Tokens], max_tokens: int) -> Tensor:
    """Return the normalised mean states (B, D), float32, of token rows, cut to `max_tokens` with the end mark."""
    device = model.embedding.device
    rows = [[*tokens[: max_tokens - 1].tolist(), vocabulary.eos] for tokens in sentences]
    table = np.full((len(rows), max(map(len, rows))), vocabulary.pad, dtype=np.int64)
    for row, tokens in zip(table, rows, strict=True):
        row[: len(tokens)] = tokens
    source = torch.from_numpy(table).to(device)
    present = source != vocabulary.pad  # (B, S)
    states = model.encode(source, present[:, None, None, :], torch.bfloat16).float()
    means = (states * present[..., None]).sum(1) / present.sum(1, keepdim=True)
    return F.normalize(means, dim=-1)


def ranking_loss(first: Tensor, second: Tensor, temperature: float) -> tuple[Tensor, float]:
    """Return the mean cross entropy of picking each row's partner, both ways, and how often it was picked."""
    similarity = first @ second.T / temperature  # (B, B)
    labels = torch.arange(len(first), device=first.device)
    loss = (F.cross_entropy(similarity, labels) + F.cross_entropy(similarity.T, labels)) / 2
    accuracy = (similarity.argmax(1) == labels).float().mean().item()
    return loss, accuracy


def pair_batches(experiment: Experiment, work: Path, seed: int, size: int) -> Iterator[list[Example]]:
    """Yield batches of pairs of one language pair each: foreign-language negatives would be too easy to tell apart."""
    pairs = sorted({source.pair for source in experiment.data.sources})
    streams = {}
    for pair in pairs:
        # Short strings repeat across pairs: as negatives of each other they would be wrong.
        shards = [
            shard
            for shard in load_shards(experiment.data.sources, work)
            if shard.source.pair == pair and shard.source.file not in {"short", "names"}
        ]
        streams[pair] = Sampler(shards, experiment.data.noise, seed).batches(10**9, size)
    while True:
        for pair in pairs:
            yield next(streams[pair])


def train(experiment: Experiment, work: Path, model: Translator, vocabulary: Vocabulary, minutes: float) -> None:
    """Train in place until the clock runs out; the learning rate falls linearly to zero."""
    options = experiment.encoder
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.learning_rate, weight_decay=0.01)
    start = time.monotonic()
    window = np.zeros(2)
    batches = pair_batches(experiment, work, experiment.training.seed, options.batch_pairs)
    for step, batch in enumerate(batches, start=1):
        elapsed = (time.monotonic() - start) / (60 * minutes)
        if elapsed >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * min(1.0, step / 50) * (1 - elapsed)
        first = embed(model, vocabulary, [example.source for example in batch], options.max_tokens)
        second = embed(model, vocabulary, [example.target for example in batch], options.max_tokens)
        loss, accuracy = ranking_loss(first, second, options.temperature)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), experiment.training.gradient_clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        window += loss.item(), accuracy
        if step % LOG_STEPS == 0:
            loss_mean, accuracy_mean = window / LOG_STEPS
            left = minutes * (1 - elapsed)
            print(
                f"step {step} loss {loss_mean:.3f} in-batch accuracy {accuracy_mean:.3f} left {left:.1f} min",
                flush=True,
            )
            window[:] = 0


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--init", type=Path, required=True, help="checkpoint of the translation model, or encoder.pt to go on"
    )
    parser.add_argument("--minutes", type=float, required=True)
    arguments = parser.parse_args()
    experiment = experiments.load(arguments.experiment)
    vocabulary = Vocabulary(arguments.work / "sentencepiece.model")
    model, trained = load_checkpoint(arguments.init, vocabulary)
    # What is not needed is cut off: upper encoder layers, the whole decoder.
    layers = min(experiment.encoder.layers, trained.network.encoder_layers)
    model.encoder = model.encoder[:layers]
    model.decoder = model.decoder[:0]
    network = dataclasses.replace(trained.network, encoder_layers=layers, decoder_layers=0)
    experiment = dataclasses.replace(experiment, network=network)
    train(experiment, arguments.work, model, vocabulary, arguments.minutes)
    state = {"experiment": experiments.to_dict(experiment), "model": model.state_dict()}
    torch.save(state, arguments.work / "encoder.pt")


if __name__ == "__main__":
    main()
