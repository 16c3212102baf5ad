"""The totals of several texts that were translated side by side, as those of one."""

from collections.abc import Sequence
from dataclasses import replace

from talmach.translation.values import GlossaryUsage, Totals


def merge(parts: Sequence[Totals]) -> Totals:
    """Add up at least one; the glossary entries of all are the same, and each tells what the whole call cost."""
    return replace(
        parts[0],
        segment_count=sum(part.segment_count for part in parts),
        complete=all(part.complete for part in parts),
        glossary_usages=tuple(map(_merge_usages, zip(*(part.glossary_usages for part in parts), strict=True))),
    )


def _merge_usages(usages: tuple[GlossaryUsage, ...]) -> GlossaryUsage:
    applied = sum(usage.applied for usage in usages)
    return GlossaryUsage(usages[0].entry, applied, sum(usage.not_applied for usage in usages))
