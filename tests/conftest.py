"""How hypothesis searches (`--hypothesis-profile=fuzz` searches long), and the log of a test."""

import io
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from talmach.log import configure_logging

# As the command does: of its own accord gRPC's core tells between the tests what they do to connections.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

# Neither a deadline nor a limit to the time of drawing: on a loaded machine a slow example proves nothing.
_UNTIMED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("bounded", derandomize=True, **_UNTIMED)
settings.register_profile("fuzz", max_examples=20_000, print_blob=True, **_UNTIMED)
settings.load_profile("bounded")

# Hypothesis takes some of its values from the modules that have been imported by then: other ones in every order of the
# tests. What is not random tries the same examples every time.
_constants_of_modules = providers._get_local_constants
providers._get_local_constants = lambda: (
    providers._local_constants if settings().derandomize else _constants_of_modules()
)


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """Give the process back its logging, whoever configures it: pytest has hooks in it, and the next test looks."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def log() -> io.StringIO:
    """Everything that is logged during a test, as lines of JSON."""
    stream = io.StringIO()
    configure_logging("debug", "json", stream)
    return stream
