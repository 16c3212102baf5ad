"""What is measured in a round. A section loads its participants once and measures once per round, in turn."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks import articles
from benchmarks.articles import Item
from benchmarks.clients import Callers
from benchmarks.engines import BareEngine, UseCase
from benchmarks.process import Participant
from benchmarks.records import Records
from benchmarks.server import WITHOUT_MEMORY, ServerProcess
from talmach.catalog.manifest import ModelSpec

WORKERS = (1, 2)


@dataclass(frozen=True, slots=True)
class Fixed:
    """The fixed set with what the engine says about it."""

    items: tuple[Item, ...]  # decoded once by the use case; everything but the row of all sentences uses these
    every: tuple[Item, ...]  # also those that rule 5 decodes a second time
    translations: dict[Item, str]  # greedy, by the bare engine


@dataclass(slots=True)
class Shared:
    """What sections have in common; participants are started when the first section asks for them."""

    spec: ModelSpec
    models_dir: Path
    stack: ExitStack
    records: Records
    _engines: dict[int, Participant[BareEngine]] = field(default_factory=dict)
    _callers: Participant[Callers] | None = None
    _server: ServerProcess | None = None
    _fixed: Fixed | None = None

    def engine(self, workers: int) -> Participant[BareEngine]:
        """Return the bare engine with so many workers."""
        if workers not in self._engines:
            engine = Participant(BareEngine, self.spec, self.models_dir, workers)
            self._engines[workers] = self.stack.enter_context(engine)
        return self._engines[workers]

    def callers(self) -> Participant[Callers]:
        """Return the process of the callers."""
        if self._callers is None:
            self._callers = self.stack.enter_context(Participant(Callers))
        return self._callers

    def server(self) -> ServerProcess:
        """Return the server with the default settings, but without a cache."""
        if self._server is None:
            self._server = self.stack.enter_context(ServerProcess(**WITHOUT_MEMORY))
        return self._server

    @property
    def model(self) -> Path:
        """The folder of the translation model."""
        return self.models_dir / self.spec.path

    @property
    def fixed(self) -> Fixed:
        """The fixed set, sorted out at the first use."""
        if self._fixed is None:
            counted = self.engine(WORKERS[-1]).call(BareEngine.count, articles.all_items())
            every = tuple(item for item, _ in counted)
            with Participant(UseCase, self.spec, self.models_dir, WORKERS[-1]) as use_case:
                made, _ = use_case.call(UseCase.translate, every)
            once = tuple(item for item, tokens in zip(every, made, strict=True) if tokens == item.tokens)
            self._fixed = Fixed(once, every, dict(counted))
        return self._fixed


class Section(Protocol):
    """A part of the benchmark."""

    def measure(self) -> None:
        """Add one round's values to the records."""
