"""For short runs: gives the shared embedding matrix a start in which translations of words lie close together.

    python -m models.training.embeddings models/training/experiments/draft.toml --work WORK --minutes 3

A sentence is the weighted mean of its tokens' vectors; of a batch, the nearest sentence must be the translation. From
there the network begins as a bag-of-words translator instead of spending its first millions of tokens on finding out
which words belong together. Writes `embeddings.npy`, float32 (vocabulary, width), which `train` takes up when it is
there.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.training import experiment as experiments
from models.training.data.prepare import load_shards
from models.training.data.shards import Shard, Tokens
from models.training.data.vocabulary import Vocabulary
from models.training.experiment import Experiment
from models.training.train_encoder import pair_batches, ranking_loss

BATCH_PAIRS = 768
LEARNING_RATE = 0.01
TEMPERATURE = 0.05
LOG_STEPS = 50
# Smooth inverse frequency (Arora et al. 2017): frequent pieces say little about which sentence it is.
FREQUENCY_SMOOTHING = 1e-3


def token_weights(shards: list[Shard], vocabulary_size: int) -> Tensor:
    """Return a weight in (0, 1] for every token, the smaller the more frequent it is."""
    counts = np.ones(vocabulary_size)
    for shard in shards:
        counts += shard.token_counts(vocabulary_size)
    return torch.tensor(FREQUENCY_SMOOTHING / (FREQUENCY_SMOOTHING + counts / counts.sum()), dtype=torch.float32)


def mean_embeddings(matrix: Tensor, weights: Tensor, sentences: list[Tokens]) -> Tensor:
    """Return the normalised weighted means (B, D) of the sentences' token vectors."""
    tokens = torch.from_numpy(np.concatenate(sentences).astype(np.int64))
    offsets = torch.tensor(np.cumsum([0, *map(len, sentences[:-1])]))
    return F.normalize(F.embedding_bag(tokens, matrix, offsets, mode="sum", per_sample_weights=weights[tokens]), dim=-1)


def train(experiment: Experiment, work: Path, vocabulary_size: int, minutes: float) -> np.ndarray:  # type: ignore[type-arg]
    """Return the matrix, scaled to the spread that the network's own initialisation would have."""
    torch.manual_seed(experiment.training.seed)
    width = experiment.network.width
    weights = token_weights(load_shards(experiment.data.sources, work), vocabulary_size)
    matrix = torch.nn.Parameter(torch.randn(vocabulary_size, width) / width**0.5)
    optimizer = torch.optim.Adam([matrix], lr=LEARNING_RATE)
    end = time.monotonic() + 60 * minutes
    for step, batch in enumerate(pair_batches(experiment, work, experiment.training.seed, BATCH_PAIRS), start=1):
        left = (end - time.monotonic()) / (60 * minutes)
        if left <= 0:
            break
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * left
        first = mean_embeddings(matrix, weights, [example.source for example in batch])
        second = mean_embeddings(matrix, weights, [example.target for example in batch])
        loss, accuracy = ranking_loss(first, second, TEMPERATURE)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if step % LOG_STEPS == 0:
            print(
                f"step {step} loss {loss.item():.3f} accuracy {accuracy:.3f} left {left * minutes:.1f} min", flush=True
            )
    rows = matrix.detach().numpy()
    scaled: np.ndarray = rows / rows.std() / width**0.5  # type: ignore[type-arg]
    return scaled.astype(np.float32)


def weigh(matrix: np.ndarray, experiment: Experiment, work: Path) -> np.ndarray:  # type: ignore[type-arg]
    """Return the rows with the tokens' weights as lengths, at the same overall spread: the sentence encoder's start."""
    weights = token_weights(load_shards(experiment.data.sources, work), len(matrix)).numpy()
    weighted: np.ndarray = matrix * weights[:, None]  # type: ignore[type-arg]
    return weighted * (matrix.std() / weighted.std())


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    arguments = parser.parse_args()
    vocabulary = Vocabulary(arguments.work / "sentencepiece.model")
    experiment = experiments.load(arguments.experiment)
    matrix = train(experiment, arguments.work, len(vocabulary), arguments.minutes)
    np.save(arguments.work / "embeddings.npy", matrix)
    np.save(arguments.work / "bag_of_words.npy", weigh(matrix, experiment, arguments.work))


if __name__ == "__main__":
    main()
