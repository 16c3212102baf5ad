"""What the two fuzzers share: the instrumented package, and the start of the search."""

import sys
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["talmach"]):
    import talmach.contract.requests
    import talmach.quality
    import talmach.text.article  # noqa: F401


def search(test: Callable[[bytes], None]) -> None:
    """Run `test` on mutated bytes until it raises, or as long as the options of libFuzzer on the command line say."""
    atheris.Setup(sys.argv, test)
    atheris.Fuzz()
