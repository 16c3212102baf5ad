"""Puts the tags of a sentence, and whatever else its format has beyond words, into its translation."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace

from talmach.text.markup import InnerMark, Marked, TextFormat, keep_markdown
from talmach.text.span import Span
from talmach.translation import alignment
from talmach.translation.alignment import AlignedPart, Looks
from talmach.translation.glossary import Occurrence
from talmach.translation.ground import OutOfPlace, find_atoms
from talmach.translation.joining import Joined
from talmach.translation.placement import place
from talmach.translation.plan import InnerPlan
from talmach.translation.values import GlossaryEntry


def with_atoms(marked: Marked, occurrences: Sequence[Occurrence]) -> tuple[Occurrence, ...]:
    """Return the occurrences of a glossary, with what must not be touched as phrases that win over them."""
    atoms = marked.atoms
    starts = [atom.at for atom in atoms]

    def is_free(span: Span) -> bool:
        before = bisect_left(starts, span.end)
        return before == 0 or atoms[before - 1].until <= span.start

    found = [each for each in occurrences if is_free(each.span)]
    for atom in atoms:
        words = marked.text[atom.at : atom.until]
        found.append(Occurrence(Span(atom.at, atom.until), GlossaryEntry(words, words, verbatim=True), is_atom=True))
    return tuple(sorted(found, key=lambda each: each.span.start))


def has_atoms(marked: Marked | None, target: str) -> bool:
    """Whether everything that must not be touched is in a translation."""
    if marked is None:
        return True
    try:
        find_atoms(marked, target)
    except OutOfPlace:
        return False
    return True


def mark(
    marked: Marked,
    source: str,
    target: str,
    *,
    translated: str,
    joined: Sequence[Joined],
    looks: Sequence[Looks],
    move: Callable[[int], int],
    inner: Sequence[tuple[InnerPlan, str]],
) -> str:
    """Return a translation with its tags.

    Args:
        marked: the sentence.
        source: the sentence as it stands in the source.
        target: its translation without tags.
        translated: the text that was translated, with the target terms of a glossary.
        joined: the parts of both, in order; empty where they have nothing to do with each other.
        looks: where the models looked for each part.
        move: from a place in the sentence to that in `translated`.
        inner: the translations of texts inside its tags.
    """
    marked = replace(marked, marks=_with_texts(marked.marks, inner))
    links, places = None, []
    parts = _aligned(joined, looks)
    if joined:
        source_words = [Span(move(span.start), move(span.end)) for span in alignment.words(marked.text)]
        links = alignment.link(translated, source_words, target, alignment.words(target), parts)
    if marked.marks:
        kept = [each.target for part, each in zip(joined, parts, strict=True) if part.decoded is None]
        places = place(marked, target, links, kept)
    if marked.written is TextFormat.MARKDOWN:
        return keep_markdown(marked, source, lambda each: each.render(target, places))
    return marked.render(target, places)


def _aligned(joined: Sequence[Joined], looks: Sequence[Looks]) -> list[AlignedPart]:
    """Where each part is on both sides."""
    parts = []
    source = target = 0
    for part, seen in zip(joined, looks, strict=True):
        ours, theirs = Span(source, source + len(part.source)), Span(target, target + len(part.target))
        parts.append(AlignedPart(ours, theirs, seen))
        source, target = ours.end, theirs.end
    return parts


def _with_texts(marks: Sequence[InnerMark], inner: Sequence[tuple[InnerPlan, str]]) -> tuple[InnerMark, ...]:
    """Put translations into the tags that hold their sources."""
    result = list(marks)
    for each, text in reversed(inner):  # from the end, so that earlier places stay right
        raw = result[each.mark].raw
        result[each.mark] = replace(result[each.mark], raw=raw[: each.span.start] + text + raw[each.span.end :])
    return tuple(result)
