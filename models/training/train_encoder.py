"""Trains the sentence encoder: translations side by side, everything else apart.

    python -m models.training.train_encoder models/training/experiments/draft.toml --work WORK --minutes 8

Translation ranking with in-batch negatives (Feng et al. 2020, LaBSE, arXiv:2007.01852): of all sentences of a batch,
the nearest to a sentence must be its translation, both ways. Starts as the bag of words of `bag_of_words.npy`, since
the layers' output projections begin at zero, and writes `encoder.pt`.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.training import experiment as experiments
from models.training.data.prepare import load_shards
from models.training.data.shards import Example, Sampler, Tokens
from models.training.data.vocabulary import Vocabulary
from models.training.experiment import Experiment
from models.training.network.optimizer import Muon
from models.training.network.transformer import SentenceEncoder, fastest_dtype

LOG_STEPS = 20
# Rows of like length pass through the network together: padding to the batch's longest sentence would double the work.
CHUNK_ROWS = 64


def embed(model: SentenceEncoder, vocabulary: Vocabulary, sentences: list[Tokens], max_tokens: int) -> Tensor:
    """Return the vectors (B, D), float32, of sentences cut to `max_tokens` with the end mark, in their order."""
    device = model.embedding.device
    by_length = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
    vectors = []
    for start in range(0, len(by_length), CHUNK_ROWS):
        chunk = [sentences[index][: max_tokens - 1] for index in by_length[start : start + CHUNK_ROWS]]
        table = np.full((len(chunk), max(map(len, chunk)) + 1), vocabulary.pad, dtype=np.int64)
        for row, tokens in zip(table, chunk, strict=True):
            row[: len(tokens) + 1] = [*tokens, vocabulary.eos]
        vectors.append(model(torch.from_numpy(table).to(device), vocabulary.pad, fastest_dtype(device)))
    return torch.cat(vectors)[torch.tensor(np.argsort(by_length), device=device)]


def ranking_loss(first: Tensor, second: Tensor, temperature: float) -> tuple[Tensor, float]:
    """Return the mean cross entropy of picking each row's partner, both ways, and how often it was picked."""
    similarity = first @ second.T / temperature  # (B, B)
    labels = torch.arange(len(first), device=first.device)
    loss = (F.cross_entropy(similarity, labels) + F.cross_entropy(similarity.T, labels)) / 2
    accuracy = (similarity.argmax(1) == labels).float().mean().item()
    return loss, accuracy


def pair_batches(experiment: Experiment, work: Path, seed: int, size: int) -> Iterator[list[Example]]:
    """Yield batches of pairs of one language pair each: foreign-language negatives would be too easy to tell apart."""
    # Short strings repeat across pairs: as negatives of each other they would be wrong.
    shards = [
        shard for shard in load_shards(experiment.data.sources, work) if shard.source.file not in {"short", "names"}
    ]
    pairs = sorted({shard.source.pair for shard in shards})
    streams = {
        pair: Sampler([shard for shard in shards if shard.source.pair == pair], experiment.data.noise, seed).batches(
            10**9, size
        )
        for pair in pairs
    }
    while True:
        for pair in pairs:
            yield next(streams[pair])


def train(experiment: Experiment, work: Path, model: SentenceEncoder, vocabulary: Vocabulary, minutes: float) -> None:
    """Train in place until the clock runs out; the learning rates fall linearly to zero."""
    options = experiment.encoder
    model.to(torch.device("cuda" if torch.cuda.is_available() else "cpu")).train()
    matrices = [parameter for parameter in model.parameters() if parameter.ndim == 3]
    others = [parameter for parameter in model.parameters() if parameter.ndim != 3]
    optimizers: list[tuple[torch.optim.Optimizer, float]] = [
        (Muon(matrices, lr=experiment.training.muon_learning_rate), experiment.training.muon_learning_rate),
        (torch.optim.Adam(others, lr=options.learning_rate), options.learning_rate),
    ]
    start = time.monotonic()
    window = np.zeros(2)
    batches = pair_batches(experiment, work, experiment.training.seed, options.batch_pairs)
    for step, batch in enumerate(batches, start=1):
        elapsed = (time.monotonic() - start) / max(60 * minutes, 1e-9)
        if elapsed >= 1:
            break
        first = embed(model, vocabulary, [example.source for example in batch], options.max_tokens)
        second = embed(model, vocabulary, [example.target for example in batch], options.max_tokens)
        loss, accuracy = ranking_loss(first, second, options.temperature)
        loss.backward()
        for optimizer, rate in optimizers:
            optimizer.param_groups[0]["lr"] = rate * min(1.0, step / 50) * (1 - elapsed)
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
    parser.add_argument("--work", type=Path, required=True, help="folder with the shards and bag_of_words.npy")
    parser.add_argument("--minutes", type=float, required=True)
    arguments = parser.parse_args()
    experiment = experiments.load(arguments.experiment)
    vocabulary = Vocabulary(arguments.work / "sentencepiece.model")
    torch.manual_seed(experiment.training.seed)
    embeddings = torch.from_numpy(np.load(arguments.work / "bag_of_words.npy"))
    model = SentenceEncoder(experiment.network, experiment.encoder.layers, embeddings)
    train(experiment, arguments.work, model, vocabulary, arguments.minutes)
    state = {"experiment": experiments.to_dict(experiment), "model": model.state_dict()}
    torch.save(state, arguments.work / "encoder.pt")


if __name__ == "__main__":
    main()
