"""Glossary entries and do-not-translate phrases: where they occur, what replaces them, what became of them."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from talmach.text import protected
from talmach.text.span import Span
from talmach.translation.values import GlossaryEntry, GlossaryUsage

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place in a sentence where an entry's source term stands."""

    span: Span
    entry: GlossaryEntry
    is_atom: bool = False  # what a format says must not be touched, which may touch its neighbours


class Glossary:
    """The entries of one request, ready to be looked for; where two fit the same place the longer one wins."""

    def __init__(self, entries: Sequence[GlossaryEntry]) -> None:
        self.entries = tuple(entries)
        self._terms, self._phrases = _tries(self.entries)

    def find(self, text: str) -> list[Occurrence]:
        """Return the occurrences in `text`, in order, none overlapping another, and no terms in protected tokens."""
        if not self.entries:
            return []
        found = list(self._matches(text))
        kept = [token.span for token in protected.find(text)] if found else []
        starts = [span.start for span in kept]
        return [each for each in found if each.entry.verbatim or not _is_inside(each.span, kept, starts)]

    def _matches(self, text: str) -> Iterator[Occurrence]:
        spans = [match.span() for match in _TOKEN.finditer(text)]
        tokens = _tokens(text)
        folded = [token.casefold() for token in tokens]
        position = 0
        while position < len(tokens):
            # Of two that are equally long, the term wins.
            candidates = (_longest(self._terms, folded, position), _longest(self._phrases, tokens, position))
            entry, end = max(candidates, key=lambda candidate: candidate[1])
            if entry is not None:
                yield Occurrence(Span(spans[position][0], spans[end - 1][1]), entry)
            position = max(end, position + 1)


@dataclass(slots=True)
class _Node:
    """What may follow the tokens that lead here, and the entry that is complete with them."""

    following: "dict[str, _Node]" = field(default_factory=dict)
    entry: GlossaryEntry | None = None


# A pattern with an alternative for each entry took a minute for a long text and 500 terms that begin alike. Cached,
# because every text of a request comes with the same entries.
@lru_cache(maxsize=8)
def _tries(entries: tuple[GlossaryEntry, ...]) -> tuple[_Node, _Node]:
    """Return the terms, by their folded tokens, and the phrases, by their tokens; the first of equal ones counts."""
    terms, phrases = _Node(), _Node()
    for entry in entries:
        node = phrases if entry.verbatim else terms
        for token in _tokens(entry.source_term.strip()):
            node = node.following.setdefault(token if entry.verbatim else token.casefold(), _Node())
        node.entry = node.entry or entry
    return terms, phrases


def _tokens(text: str) -> list[str]:
    """Return words, runs of white space as one space, and single marks."""
    return [" " if token.isspace() else token for token in _TOKEN.findall(text)]


def _longest(trie: _Node, tokens: Sequence[str], start: int) -> tuple[GlossaryEntry | None, int]:
    """Return the longest entry that stands at `start` as whole words, and its end; None and `start` without one."""
    if start and _is_word(tokens[start - 1]):
        return None, start
    node, best, end = trie, None, start
    for position in range(start, len(tokens)):
        following = node.following.get(tokens[position])
        if following is None:
            break
        node = following
        if node.entry and not (position + 1 < len(tokens) and _is_word(tokens[position + 1])):
            best, end = node.entry, position + 1
    return best, end


def _is_word(token: str) -> bool:
    return token[0].isalnum() or token[0] == "_"


def substitute(text: str, occurrences: Iterable[Occurrence]) -> tuple[str, list[Span]]:
    """Return `text` with target terms in place of source terms, and where in it each of them stands.

    The models share one vocabulary for all languages: they mostly copy a word that has the target's spelling.
    """
    result, position, spans = "", 0, []
    for occurrence in occurrences:
        result += text[position : occurrence.span.start]
        spans.append(Span(len(result), len(result) + len(occurrence.entry.target_term)))
        result += occurrence.entry.target_term
        position = occurrence.span.end
    return result + text[position:], spans


def moved(position: int, occurrences: Sequence[Occurrence], spans: Sequence[Span]) -> int:
    """Return where a place of a text is after `substitute`, which returned `spans`."""
    before = bisect_left(occurrences, position, key=lambda each: each.span.start) - 1
    if before < 0:
        return position
    old, new = occurrences[before].span, spans[before]
    if position >= old.end:
        return new.end + position - old.end
    return new.start + round((position - old.start) / (old.end - old.start) * (new.end - new.start))


def count_applied(occurrences: Iterable[Occurrence], target: str) -> dict[GlossaryEntry, tuple[int, int]]:
    """Return (occurrences, how many of them `target` honours) for every entry that occurs."""
    occurrences = tuple(occurrences)
    wanted = Counter(occurrence.entry for occurrence in occurrences)
    atoms = {occurrence.entry for occurrence in occurrences if occurrence.is_atom}
    counted = {
        entry: target.count(entry.target_term) if entry in atoms else _count_term(entry, target) for entry in wanted
    }
    return {entry: (count, min(count, counted[entry])) for entry, count in wanted.items()}


class UsageCounter:
    """Adds up, over the sentences of one request, what became of its entries."""

    def __init__(self, entries: Sequence[GlossaryEntry]) -> None:
        self._entries = tuple(entries)
        self._applied: Counter[GlossaryEntry] = Counter()
        self._occurrences: Counter[GlossaryEntry] = Counter()

    def add(self, applied: dict[GlossaryEntry, tuple[int, int]]) -> None:
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


def _is_inside(span: Span, kept: Sequence[Span], starts: Sequence[int]) -> bool:
    """Whether `span` overlaps one of `kept`, which are in order and disjoint, and begin at `starts`."""
    before = bisect_left(starts, span.end)
    return before > 0 and kept[before - 1].end > span.start


def _count_term(entry: GlossaryEntry, target: str) -> int:
    if entry.verbatim:  # as it was found: "IT" is not in "ITV"
        return len(re.findall(rf"(?<!\w){re.escape(entry.target_term)}(?!\w)", target))
    # From the start of a word, so that «в» is not found in «Новы»; up to any end, as terms are declined.
    return len(re.findall(rf"(?<!\w){re.escape(entry.target_term)}", target, re.IGNORECASE))
