"""Glossary entries and do-not-translate phrases: where they occur, what stands for them, whether they came through."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from talmach.text.span import Span
from talmach.translation.values import GlossaryEntry, GlossaryUsage


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place in a sentence where an entry's source term stands."""

    span: Span
    entry: GlossaryEntry


class Glossary:
    """The entries of one request, ready to be looked for; where two fit the same place the longer one wins."""

    def __init__(self, entries: Sequence[GlossaryEntry]) -> None:
        self.entries = tuple(entries)
        longest_first = sorted(entries, key=lambda entry: len(entry.source_term), reverse=True)
        self._patterns = [(entry, _pattern(entry)) for entry in longest_first]

    def find(self, text: str) -> list[Occurrence]:
        """Return the occurrences in `text`, in order, none overlapping another."""
        taken: list[Occurrence] = []
        for entry, pattern in self._patterns:
            for match in pattern.finditer(text):
                span = Span(*match.span())
                if all(span.end <= other.span.start or other.span.end <= span.start for other in taken):
                    taken.append(Occurrence(span, entry))
        return sorted(taken, key=lambda occurrence: occurrence.span.start)


def substitute(text: str, occurrences: Iterable[Occurrence]) -> str:
    """Return `text` with target terms in place of source terms: shared pieces let the model copy what it cannot translate."""
    result, position = "", 0
    for occurrence in occurrences:
        result += text[position : occurrence.span.start] + occurrence.entry.target_term
        position = occurrence.span.end
    return result + text[position:]


def count_applied(occurrences: Iterable[Occurrence], target: str) -> "dict[GlossaryEntry, tuple[int, int]]":
    """Return (occurrences, how many of them `target` honours) for every entry that occurs."""
    wanted = Counter(occurrence.entry for occurrence in occurrences)
    return {entry: (count, min(count, _count_term(entry, target))) for entry, count in wanted.items()}


class UsageCounter:
    """Adds up, over the sentences of one request, what became of its entries."""

    def __init__(self, entries: Sequence[GlossaryEntry]) -> None:
        self._entries = tuple(entries)
        self._applied: Counter[GlossaryEntry] = Counter()
        self._occurrences: Counter[GlossaryEntry] = Counter()

    def add(self, applied: "dict[GlossaryEntry, tuple[int, int]]") -> None:
        """Add what `count_applied` found in one sentence."""
        for entry, (count, honoured) in applied.items():
            self._occurrences[entry] += count
            self._applied[entry] += honoured

    def usages(self) -> tuple[GlossaryUsage, ...]:
        """Return one usage for each entry, in the order of the request."""
        return tuple(
            GlossaryUsage(entry, self._applied[entry], self._occurrences[entry] - self._applied[entry])
            for entry in self._entries
        )


def _pattern(entry: GlossaryEntry) -> "re.Pattern[str]":
    flags = 0 if entry.verbatim else re.IGNORECASE
    return re.compile(rf"(?<!\w){re.escape(entry.source_term)}(?!\w)", flags)


def _count_term(entry: GlossaryEntry, target: str) -> int:
    if entry.verbatim:
        return target.count(entry.target_term)
    return target.casefold().count(entry.target_term.casefold())
