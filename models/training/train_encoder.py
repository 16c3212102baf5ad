"""Trains the sentence encoder: translations close together, everything else apart.

    python -m models.training.train_encoder BUNDLE OUT --weights OUT --seconds 95

Translation ranking with in-batch negatives (Feng et al. 2020, LaBSE, arXiv:2007.01852): of all sentences of a batch,
the nearest to a sentence must be its translation, both ways. Starts from the bottom layers of the translation model's
encoder, so the model must have been trained, and writes its weights beside it.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.training.data.sentences import Bundle, Ids, Sentences
from models.training.network import parts
from models.training.network.transformer import SentenceEncoder, fastest_dtype
from models.training.run.journal import Journal, memory
from models.training.train import NAME as TRANSLATION

NAME = "encoder"
LOG_SECONDS = 5.0
SAVING_SECONDS = 5.0
GRADIENT_CLIP = 1.0
CHUNKS = 4  # of a batch, by length: padding everything to the longest sentence would double the work
# Short strings repeat across pairs: as negatives of each other they would be wrong.
_LEFT_OUT = ("short", "names", "ui")


def start_from(weights: parts.Weights) -> SentenceEncoder:
    """Return an encoder that begins with the bottom layers of a translation model."""
    experiment = weights.experiment
    model = SentenceEncoder(experiment.network, experiment.encoder.layers, weights.parameters["embedding"])
    model.load_state_dict({name: weights.parameters[name] for name in model.state_dict()})
    return model


def embed(model: SentenceEncoder, sentences: Sentences, ids: Ids, eos: int, pad: int, max_tokens: int) -> Tensor:
    """Return the vectors (B, D), float32, of sentences cut to `max_tokens` with the end mark, in the order of `ids`."""
    device = model.embedding.device
    by_length = np.argsort(sentences.lengths[ids], kind="stable")
    vectors = []
    for chunk in np.array_split(by_length, CHUNKS):
        texts = [[*sentences[index][: max_tokens - 1], eos] for index in ids[chunk]]
        table = np.full((len(texts), max(map(len, texts), default=1)), pad, dtype=np.int64)
        for row, tokens in zip(table, texts, strict=True):
            row[: len(tokens)] = tokens
        vectors.append(model(torch.from_numpy(table).to(device), pad, fastest_dtype(device)))
    return torch.cat(vectors)[torch.from_numpy(np.argsort(by_length)).to(device)]


def ranking_loss(first: Tensor, second: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Return the mean cross entropy of picking each row's partner, both ways, and how often it was picked."""
    similarity = first @ second.T / temperature  # (B, B)
    labels = torch.arange(len(first), device=first.device)
    loss = (F.cross_entropy(similarity, labels) + F.cross_entropy(similarity.T, labels)) / 2
    return loss, (similarity.argmax(1) == labels).float().mean()


def pair_batches(bundle: Bundle, size: int, seed: int) -> Iterator[Ids]:
    """Yield pairs (n, 2) of one language pair each: foreign-language negatives would be too easy to tell apart.

    No sentence comes twice in a batch, so there are at most `size` of them. Drawn by the shares of the second phase.
    """
    pools: dict[str, list[tuple[float, Ids]]] = defaultdict(list)
    for number, source in enumerate(bundle.experiment.data.sources):
        weight, pairs = source.forward[1] + source.backward[1], bundle.pairs(number)
        if source.file not in _LEFT_OUT and weight and len(pairs):
            pools[source.pair].append((weight, pairs))
    generator = np.random.default_rng(seed)
    while True:
        for sources in pools.values():
            weights = np.array([weight for weight, _ in sources])
            counts = generator.multinomial(size, weights / weights.sum())
            drawn = np.concatenate(
                [
                    pairs[generator.integers(len(pairs), size=count)]
                    for count, (_, pairs) in zip(counts, sources, strict=True)
                ]
            )
            for side in (0, 1):
                drawn = drawn[np.unique(drawn[:, side], return_index=True)[1]]
            yield drawn


def train(bundle: Bundle, model: SentenceEncoder, ends_s: float, journal: Journal) -> int:
    """Train in place until `ends_s` (time.monotonic()); the learning rate falls linearly to zero; return the steps."""
    options, vocabulary = bundle.experiment.encoder, bundle.vocabulary
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    adam = torch.optim.Adam(model.parameters(), lr=0.0, betas=(0.9, 0.98))
    begun = logged = time.monotonic()
    window: list[Tensor] = []
    step = 0
    marks = vocabulary.eos, vocabulary.pad, options.max_tokens
    for pairs in pair_batches(bundle, options.batch_pairs, bundle.experiment.training.seed):
        now = time.monotonic()
        if now >= ends_s:
            break
        first, second = (embed(model, bundle.sentences, pairs[:, side], *marks) for side in (0, 1))
        loss, accuracy = ranking_loss(first, second, options.temperature)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_CLIP)
        step += 1
        left = (ends_s - now) / (ends_s - begun)
        adam.param_groups[0]["lr"] = options.learning_rate * min(1.0, step / options.warmup_steps) * left
        adam.step()
        adam.zero_grad()
        window.append(torch.stack((loss.detach(), accuracy)))
        if time.monotonic() - logged >= LOG_SECONDS:
            shown = "loss {:.4f} accuracy {:.4f}".format(*torch.stack(window).mean(0).tolist())
            journal.say(f"step {step:,} {shown} left {ends_s - now:.0f} s; {memory(device)}")
            window, logged = [], time.monotonic()
    return step


def main() -> None:
    """Run the step from the command line."""
    began_s = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="unpacked bundle")
    parser.add_argument("output", type=Path, help="folder for weights and log")
    parser.add_argument("--weights", type=Path, required=True, help="folder that `train` wrote")
    parser.add_argument("--seconds", type=float, required=True, help="wall clock of the whole command")
    arguments = parser.parse_args()
    journal = Journal(arguments.output / "train_encoder.log", began_s)
    bundle = Bundle(arguments.bundle)
    weights = parts.read(arguments.weights, TRANSLATION)
    model = start_from(weights)
    steps = train(bundle, model, began_s + arguments.seconds - SAVING_SECONDS, journal)
    parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}
    kept = parts.Weights(weights.experiment, {"steps": steps}, parameters, weights.vocabulary)
    parts.write(arguments.output, NAME, kept, "int8")
    journal.say(f"done: {steps:,} steps")


if __name__ == "__main__":
    main()
