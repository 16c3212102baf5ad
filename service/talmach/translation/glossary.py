"""Glossary entries and do-not-translate phrases: where they occur, what stands for them, whether they came through."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from talmach.text import protected
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
        self._longest_first = sorted(entries, key=lambda entry: len(entry.source_term), reverse=True)
        self._first_words = {entry.source_term.split()[0].lower() for entry in entries if entry.source_term.strip()}
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(_alternative, self._longest_first))})(?!\w)")

    def find(self, text: str) -> list[Occurrence]:
        """Return the occurrences in `text`, in order, none overlapping another, and no terms in protected tokens."""
        lowered = text.lower()
        # Saves most sentences the pattern, which is slow with a hundred alternatives.
        if not any(word in lowered for word in self._first_words):
            return []
        found = [
            Occurrence(Span(*match.span()), self._longest_first[match.lastindex - 1])
            for match in self._pattern.finditer(text)
            if match.lastindex is not None
        ]
        kept = [token.span for token in protected.find(text)] if found else []
        return [each for each in found if each.entry.verbatim or not any(_overlap(each.span, span) for span in kept)]


def substitute(text: str, occurrences: Iterable[Occurrence]) -> tuple[str, list[Span]]:
    """Return `text` with target terms in place of source terms, and where in it each of them stands.

    The models share one vocabulary for all languages: they mostly copy a word that stands in the target's spelling.
    """
    result, position, spans = "", 0, []
    for occurrence in occurrences:
        result += text[position : occurrence.span.start]
        spans.append(Span(len(result), len(result) + len(occurrence.entry.target_term)))
        result += occurrence.entry.target_term
        position = occurrence.span.end
    return result + text[position:], spans


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


def _alternative(entry: GlossaryEntry) -> str:
    term = r"\s+".join(map(re.escape, entry.source_term.split()))
    return f"({term})" if entry.verbatim else f"((?i:{term}))"


def _overlap(first: Span, second: Span) -> bool:
    return first.start < second.end and second.start < first.end


def _count_term(entry: GlossaryEntry, target: str) -> int:
    if entry.verbatim:
        return target.count(entry.target_term)
    # From the start of a word, so that «в» is not found in «Новы»; up to any end, as terms are declined.
    return len(re.findall(rf"(?<!\w){re.escape(entry.target_term)}", target, re.IGNORECASE))
