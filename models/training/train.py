"""Trains the translation network on a bundle until the clock runs out; on a GPU when there is one.

    python -m models.training.train BUNDLE OUT --seconds 540

`--seconds` is the whole life of the process: reading, compiling and saving are in it. OUT gets the weights in parts
(`network/parts.py`) and `train.log`; at every look at the development set the weights so far replace those before.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from models.training import experiment as experiments
from models.training.data.packing import PackingWorkers, Reader, Rows, pack
from models.training.data.sentences import START, Bundle
from models.training.experiment import Experiment
from models.training.network import parts
from models.training.network.optimizer import Optimizer
from models.training.network.packed import PackedTranslator
from models.training.network.transformer import Translator
from models.training.network.warm_start import load_exported
from models.training.network.weights_file import read_weights
from models.training.run.journal import Journal, memory
from models.training.run.schedule import Schedule

NAME = "translation"
LOG_SECONDS = 5.0
SYNCHRONIZE_STEPS = 20  # a host far ahead of its GPU would read the clock too early
SAVING_SECONDS = 3.0  # kept free at the end of the time for the weights, besides the last look at the development set
JUDGED_AFTER_SECONDS = 30.0
TOO_SLOW = 3  # exit status


class Trainer:
    """Holds everything that one training run changes."""

    def __init__(self, bundle: Bundle, output: Path, journal: Journal) -> None:
        experiment = bundle.experiment
        training, noise = experiment.training, experiment.regularization
        torch.manual_seed(training.seed)
        torch.set_float32_matmul_precision("high")
        self.experiment: Experiment = experiment
        self.bundle = bundle
        self.output = output
        self.journal = journal
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = Translator(experiment.network, len(bundle.vocabulary))
        if (bundle.folder / START).exists():
            load_exported(self.model, read_weights(bundle.folder / START))
            journal.say(f"goes on from the weights of {START}")
        self.model.to(self.device)
        self.optimizer = Optimizer(
            dict(self.model.named_parameters()),
            training.muon_learning_rate,
            training.adam_learning_rate,
            training.gradient_clip,
        )
        self.network = PackedTranslator(
            self.model,
            training.row_tokens,
            dropout=noise.dropout,
            label_smoothing=noise.label_smoothing,
            compiled=self.device.type == "cuda",
        )
        self.plain_network = PackedTranslator(self.model, training.row_tokens)
        self.dev = self._pack_dev()
        self.step = 0
        self.target_tokens = 0
        self.share = 0.0
        count = sum(parameter.numel() for parameter in self.model.parameters())
        name = torch.cuda.get_device_name() if self.device.type == "cuda" else "the processor"
        journal.say(f"{count:,} parameters on {name}, torch {torch.__version__}")

    def _pack_dev(self) -> dict[str, list[Rows]]:
        bundle, training = self.bundle, self.experiment.training
        reader = Reader(bundle.sentences, bundle.vocabulary, None, training.seed)
        return {
            stream.name: list(
                pack(
                    (reader.read(stream, index) for index in range(len(stream.sources))),
                    training,
                    bundle.vocabulary,
                    rest=True,
                )
            )
            for stream in bundle.dev_streams()
        }

    def compute_gradients(self, rows: Rows) -> torch.Tensor:
        """Add the gradients of one step's loss; return the summed negative log-likelihood, still on the device."""
        loss, likelihood = self.network.loss(rows)
        # A constant divisor: rows that are less full weigh less.
        (loss / self.experiment.training.step_tokens).backward()
        return likelihood.detach()

    def compile(self, workers: PackingWorkers) -> None:
        """Take one step's gradients and forget them, so that nothing is left to compile when the clock starts."""
        began = time.monotonic()
        rows = workers.next()
        nats = self.compute_gradients(rows).item() / rows.target_tokens
        for parameter in self.model.parameters():
            parameter.grad = None
        self.journal.say(f"first step {time.monotonic() - began:.1f} s, {nats:.3f} nats a token")

    def run(self, workers: PackingWorkers, schedule: Schedule, slowest: float) -> bool:
        """Train until the time is up; return False when after 30 s it is slower than `slowest` target tokens/s."""
        began = evaluated = time.monotonic()
        first_token = self.target_tokens
        window = _Window(began, workers.waited_s)
        while not schedule.is_over():
            self.share = schedule.share()
            workers.set_phase(schedule.phase(self.share))
            factor = schedule.factor(self.share, self.step)
            self.update(workers.next(), factor, window)
            now = time.monotonic()
            if slowest and now - began >= JUDGED_AFTER_SECONDS:
                if (self.target_tokens - first_token) / (now - began) < slowest:
                    self.journal.say(f"gives up: {self.progress()} in {now - began:.0f} s is too slow")
                    return False
                slowest = 0.0
            if now - evaluated >= self.experiment.training.evaluate_seconds:
                self.evaluate()
                self.save(("int8",))
                evaluated = time.monotonic()
            elif now - window.began_s >= LOG_SECONDS:
                self.log(window, workers, factor)
            else:
                continue
            window = _Window(time.monotonic(), workers.waited_s)
        self.share = schedule.to_share
        return True

    def update(self, rows: Rows, factor: float, window: "_Window") -> None:
        """Take one step at `factor` times the learning rates."""
        window.likelihoods.append(self.compute_gradients(rows))
        self.optimizer.step(factor)
        self.step += 1
        self.target_tokens += rows.target_tokens
        window.target_tokens += rows.target_tokens
        if self.step % SYNCHRONIZE_STEPS == 0 and self.device.type == "cuda":
            torch.cuda.synchronize()

    def log(self, window: "_Window", workers: PackingWorkers, factor: float) -> None:
        """Say how the last steps went."""
        nats = torch.stack(window.likelihoods).sum().item() / window.target_tokens
        seconds = time.monotonic() - window.began_s
        filled = window.target_tokens / len(window.likelihoods) / self.experiment.training.step_tokens
        self.journal.say(
            f"{self.progress()} loss {nats:.4f} {window.target_tokens / seconds:,.0f} tokens/s filled {filled:.2f}"
            f" waited {workers.waited_s - window.waited_before_s:.2f} of {seconds:.2f} s rate x{factor:.3f};"
            f" {memory(self.device)}"
        )

    def progress(self) -> str:
        """Return how far the run is, in words."""
        return f"step {self.step:,} tokens {self.target_tokens / 1e6:.2f}M share {self.share:.3f}"

    def evaluate(self) -> float:
        """Say the loss (nats a token) on the development set by direction, without dropout and smoothing.

        Returns the seconds that it took.
        """
        began = time.monotonic()
        losses = {}
        with torch.no_grad():
            for direction, steps in self.dev.items():
                likelihood = torch.stack([self.plain_network.loss(rows)[1] for rows in steps]).sum().item()
                losses[direction] = likelihood / sum(rows.target_tokens for rows in steps)
        shown = "  ".join(f"{direction} {loss:.3f}" for direction, loss in losses.items())
        mean = sum(losses.values()) / len(losses)
        took = time.monotonic() - began
        self.journal.say(f"dev loss {mean:.4f}: {shown} (in {took:.1f} s)")
        return took

    def save(self, formats: Sequence[str]) -> None:
        """Write the weights into the output folder."""
        weights = parts.Weights(
            self.experiment,
            {"steps": self.step, "target_tokens": self.target_tokens, "share": self.share},
            {name: parameter.detach() for name, parameter in self.model.named_parameters()},
            self.bundle.vocabulary.path.read_bytes(),
        )
        for number_format in formats:
            parts.write(self.output, NAME, weights, number_format)

    def keep_state(self, path: Path) -> None:
        """Write everything that a later run of the same schedule needs, first under another name."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": (self.step, self.target_tokens, self.share),
        }
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.rename(path)

    def resume(self, path: Path) -> None:
        """Go on from what `keep_state` wrote."""
        state = torch.load(path, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.target_tokens, self.share = state["progress"]
        self.journal.say(f"resumed at {self.progress()}")


@dataclass(slots=True)
class _Window:
    """What happened since the last line of the log."""

    began_s: float
    waited_before_s: float
    target_tokens: int = 0
    likelihoods: list[torch.Tensor] = field(default_factory=list)


def _packing_processes() -> int:
    """Return how many processes keep any GPU busy, or fewer if this machine cannot spare them."""
    return max(1, min(12, (os.cpu_count() or 1) - 2))


def _seed(bundle: Bundle, state: Path | None) -> int:
    """Return a seed; a run that resumes from a state gets another one than the run before."""
    return bundle.experiment.training.seed + (1 + state.stat().st_mtime_ns % 1_000 if state and state.exists() else 0)


def main() -> None:
    """Run the step from the command line."""
    began_s = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="unpacked bundle")
    parser.add_argument("output", type=Path, help="folder for weights and log")
    parser.add_argument("--seconds", type=float, required=True, help="wall clock of the whole command")
    parser.add_argument("--experiment", type=Path, help="other options for the same sources than the bundle's own")
    parser.add_argument("--workers", type=int, default=_packing_processes(), help="packing processes")
    parser.add_argument("--slowest", type=float, default=0.0, help="give up after 30 s below so many target tokens/s")
    parser.add_argument("--formats", nargs="+", choices=parts.FORMATS, default=["int8"], help="of the final weights")
    parser.add_argument("--state", type=Path, help="resume from this file if it is there, keep the state in it")
    parser.add_argument("--to-share", type=float, default=1.0, help="stop at this share of the schedule; needs --state")
    arguments = parser.parse_args()
    journal = Journal(arguments.output / "train.log", began_s)
    bundle = Bundle(arguments.bundle)
    if arguments.experiment:
        bundle.change_experiment(experiments.load(arguments.experiment))
    journal.say(f"{len(bundle.sentences):,} sentences, {len(bundle.sentences.tokens):,} tokens")
    # Before anything touches the device: its driver does not survive a fork.
    workers = PackingWorkers(bundle, arguments.workers, _seed(bundle, arguments.state))
    try:
        trainer = Trainer(bundle, arguments.output, journal)
        if arguments.state and arguments.state.exists():
            trainer.resume(arguments.state)
        trainer.compile(workers)
        ends_s = began_s + arguments.seconds - SAVING_SECONDS - 2 * trainer.evaluate()
        schedule = Schedule(bundle.experiment.training, time.monotonic(), ends_s, trainer.share, arguments.to_share)
        finished = trainer.run(workers, schedule, arguments.slowest)
    finally:
        workers.close()
    if not finished:
        sys.exit(TOO_SLOW)
    trainer.evaluate()
    trainer.save(arguments.formats)
    if arguments.state:
        trainer.keep_state(arguments.state)
    journal.say(f"done: {trainer.progress()}, waited {workers.waited_s:.1f} s for rows; {memory(trainer.device)}")


if __name__ == "__main__":
    main()
