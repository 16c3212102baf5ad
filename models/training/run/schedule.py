"""The clock of a run: how far it is, at which rate it learns, and when it has to stop."""

import time
from dataclasses import dataclass

from models.training.experiment import Training


@dataclass(frozen=True, slots=True)
class Schedule:
    """Follows the share of the time that is used up, so that a run of any length ends with the rate at zero.

    A run can be one of several that share a schedule: it goes from one share to another.
    """

    training: Training
    begins_at_s: float  # time.monotonic()
    ends_at_s: float
    from_share: float = 0.0
    to_share: float = 1.0

    def share(self) -> float:
        """Return which share of the whole schedule is done by now."""
        used = (time.monotonic() - self.begins_at_s) / max(self.ends_at_s - self.begins_at_s, 1e-9)
        return self.from_share + min(used, 1.0) * (self.to_share - self.from_share)

    def is_over(self) -> bool:
        """Say whether the time is up."""
        return time.monotonic() >= self.ends_at_s

    def factor(self, share: float, step: int) -> float:
        """Return the factor for the learning rates: up over the first steps, constant, then down to zero.

        "Warmup-stable-decay", Hu et al. 2024, arXiv:2404.06395.
        """
        falling = (1 - share) / max(1 - self.training.decay_from, 1e-9)
        return max(0.0, min(1.0, (step + 1) / self.training.warmup_steps, falling))

    def phase(self, share: float) -> int:
        """Return the phase of the mixture, 0 or 1."""
        return int(share >= self.training.second_phase_from)
