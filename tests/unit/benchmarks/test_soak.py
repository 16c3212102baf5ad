"""When the soak says that memory grows."""

import random

import pytest

from benchmarks.soak import Slope

HOUR_S = 3_600


def samples(mib_per_hour: float, noise_mib: float, hours: float = 0.5, count: int = 200) -> list[tuple[float, float]]:
    """Return memory that begins at 300 MiB."""
    chance = random.Random(7)  # noqa: S311 - noise, not a secret
    return [
        (seconds, 300 + mib_per_hour * seconds / HOUR_S + chance.gauss(0, noise_mib))
        for seconds in (index * hours * HOUR_S / count for index in range(count))
    ]


def test_a_straight_line_is_found() -> None:
    """The slope is in MiB per hour, the growth that of the time looked at."""
    slope = Slope.of(samples(40.0, 0.0))
    assert slope.mib_per_hour == pytest.approx(40.0)
    assert slope.error_mib_per_hour == pytest.approx(0.0, abs=1e-6)
    assert slope.growth_mib == pytest.approx(20.0, rel=0.01)


@pytest.mark.parametrize(
    ("mib_per_hour", "noise_mib", "is_growth"),
    [(0.0, 5.0, False), (-100.0, 1.0, False), (10.0, 1.0, False), (100.0, 5.0, True), (100.0, 500.0, False)],
)
def test_growth_is_more_than_noise_and_more_than_allowed(
    mib_per_hour: float, noise_mib: float, is_growth: bool
) -> None:
    """Flat, falling, little and uncertain are no growth."""
    assert Slope.of(samples(mib_per_hour, noise_mib)).is_growth(allowed_mib=16.0) is is_growth
