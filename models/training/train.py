"""Trains the translation network until the clock runs out; resumes from its last checkpoint.

    python -m models.training.train models/training/experiments/draft.toml --work WORK --minutes 120 --corpus CORPUS

The learning rate is constant after the warm-up and falls to zero over the last part of the time ("warmup-stable-decay",
Hu et al. 2024, arXiv:2404.06395). `stable.pt` holds the state before the fall and is what a later run resumes from;
`final.pt` is the result, or during the fall what there is of it.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.training import experiment as experiments
from models.training import export
from models.training.data.prepare import load_shards, target_tag
from models.training.data.shards import Example, Sampler
from models.training.data.vocabulary import Vocabulary
from models.training.evaluate import chrf_by_direction
from models.training.experiment import Experiment
from models.training.network.loss import smoothed_cross_entropy
from models.training.network.optimizer import Muon
from models.training.network.transformer import Translator, fastest_dtype

SAVE_SECONDS = 300.0
LOG_STEPS = 20
VALIDATION_SENTENCES = 100


@dataclass(slots=True)
class Progress:
    """What a run has seen so far; saved with the checkpoint."""

    step: int = 0
    target_tokens: int = 0
    train_seconds: float = 0.0


class Trainer:
    """Holds everything that one training run mutates."""

    def __init__(self, experiment: Experiment, work: Path, corpus: Path | None) -> None:
        torch.manual_seed(experiment.training.seed)
        self.experiment = experiment
        self.work = work
        self.corpus = corpus
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = fastest_dtype(self.device)
        self.vocabulary = Vocabulary(work / "sentencepiece.model")
        self.model = Translator(experiment.network, len(self.vocabulary)).to(self.device)
        if (work / "embeddings.npy").exists():
            self.model.embedding.data.copy_(torch.from_numpy(np.load(work / "embeddings.npy")))
        self.progress = Progress()
        matrices = [parameter for parameter in self.model.parameters() if parameter.ndim == 3]
        others = [parameter for parameter in self.model.parameters() if parameter.ndim != 3]
        self.optimizers: list[torch.optim.Optimizer] = [
            Muon(matrices, lr=experiment.training.muon_learning_rate),
            torch.optim.Adam(others, lr=experiment.training.adam_learning_rate, betas=(0.9, 0.98), eps=1e-9),
        ]
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["initial_lr"] = group["lr"]

    def run(self, minutes: float) -> None:
        """Train for `minutes` of wall clock, then save the final weights."""
        training = self.experiment.training
        shards = load_shards(self.experiment.data.sources, self.work)
        sampler = Sampler(shards, self.experiment.data.noise, training.seed + self.progress.step)
        batches = sampler.batches(training.microbatch_tokens)
        start = saved = validated = time.monotonic()
        decay_start = start + 60 * minutes * (1 - training.decay_fraction)
        end = start + 60 * minutes
        stable = False
        window = _Window()
        while (now := time.monotonic()) < end:
            if now - saved > SAVE_SECONDS or (not stable and now >= decay_start):
                self.save("final.pt" if stable else "stable.pt")
                saved, stable = now, now >= decay_start
            if now - validated > 60 * training.validate_minutes:
                self.validate()
                validated = time.monotonic()
            factor = min(
                1.0, (self.progress.step + 1) / training.warmup_steps, max(0.0, (end - now) / (end - decay_start))
            )
            loss, tokens = self.update(batches, factor)
            self.progress.train_seconds += time.monotonic() - now
            window.add(loss, tokens, time.monotonic() - now)
            if self.progress.step % LOG_STEPS == 0:
                self.log(window, factor, end - time.monotonic())
                window = _Window()
        self.save("final.pt")
        self.validate()

    def update(self, batches: Iterator[list[Example]], factor: float) -> tuple[float, int]:
        """Take one step at `factor` times the learning rate; return the summed loss (nats) and the target tokens."""
        self.model.train()
        total_loss, tokens = 0.0, 0
        while tokens < self.experiment.training.batch_tokens:
            source, target = self.vocabulary_tensors(next(batches))
            logits = self.model(source, target, self.vocabulary.pad, self.dtype)
            labels = target[:, 1:][target[:, 1:] != self.vocabulary.pad]
            loss = smoothed_cross_entropy(logits, labels, self.experiment.training.label_smoothing)
            # Constant divisor: the gradient's scale is then that of the mean over a full step.
            (loss / self.experiment.training.batch_tokens).backward()
            total_loss += loss.item()
            tokens += len(labels)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.experiment.training.gradient_clip)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.target_tokens += tokens
        return total_loss, tokens

    def vocabulary_tensors(self, batch: list[Example]) -> tuple[Tensor, Tensor]:
        """Return source (B, S) as tag + pieces + </s> and target (B, T) as <s> + pieces + </s>, padded."""
        v = self.vocabulary
        sources = [[v.id(target_tag(e.target_language)), *e.source.tolist(), v.eos] for e in batch]
        targets = [[v.bos, *e.target.tolist(), v.eos] for e in batch]
        return self._padded(sources), self._padded(targets)

    def _padded(self, rows: list[list[int]]) -> Tensor:
        table = np.full((len(rows), max(map(len, rows))), self.vocabulary.pad, dtype=np.int64)
        for row, tokens in zip(table, rows, strict=True):
            row[: len(tokens)] = tokens
        return torch.from_numpy(table).to(self.device)

    def log(self, window: "_Window", factor: float, seconds_left: float) -> None:
        """Print one progress line."""
        loss, rate = window.loss / window.tokens, window.tokens / window.seconds
        print(
            f"step {self.progress.step:,} tokens {self.progress.target_tokens / 1e6:.2f}M loss {loss:.3f}"
            f" {rate:,.0f} tok/s lr x{factor:.2f} left {seconds_left / 60:.0f} min",
            flush=True,
        )

    def validate(self) -> None:
        """Export the current weights and print the development set's chrF2 by direction, as served (int8, greedy)."""
        if self.corpus is None:
            return
        directory = self.work / "validation"
        export.write_translation_model(self.model, self.experiment.network, self.vocabulary, directory)
        scores = chrf_by_direction(directory, self.corpus / "dev", VALIDATION_SENTENCES)
        print("chrF " + "  ".join(f"{name} {score:.1f}" for name, score in scores.items()), flush=True)

    def save(self, name: str) -> None:
        """Write a checkpoint under a temporary name, then rename it: a killed run never leaves half a file."""
        state = {
            "experiment": experiments.to_dict(self.experiment),
            "progress": {name: getattr(self.progress, name) for name in Progress.__slots__},
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        temporary = self.work / f"{name}.tmp"
        torch.save(state, temporary)
        temporary.rename(self.work / name)

    def resume(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            rates = [group["initial_lr"] for group in optimizer.param_groups]
            optimizer.load_state_dict(saved)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["initial_lr"] = rate  # the experiment's, not the one that the checkpoint was made with
        self.progress = Progress(**state["progress"])


@dataclass(slots=True)
class _Window:
    loss: float = 0.0
    tokens: int = 0
    seconds: float = 0.0

    def add(self, loss: float, tokens: int, seconds: float) -> None:
        self.loss += loss
        self.tokens += tokens
        self.seconds += seconds


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="folder with the shards; checkpoints go there too")
    parser.add_argument("--minutes", type=float, required=True, help="wall clock to spend")
    parser.add_argument("--corpus", type=Path, help="folder with dev/ for validation inside the run")
    arguments = parser.parse_args()
    trainer = Trainer(experiments.load(arguments.experiment), arguments.work, arguments.corpus)
    checkpoint = arguments.work / "stable.pt"
    if checkpoint.exists():
        trainer.resume(torch.load(checkpoint, map_location=trainer.device))
        print(f"resumed at step {trainer.progress.step:,}")
    print(f"{sum(p.numel() for p in trainer.model.parameters()):,} parameters on {trainer.device}", flush=True)
    trainer.run(arguments.minutes)


if __name__ == "__main__":
    main()
