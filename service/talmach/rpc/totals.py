"""The totals of several texts that were translated side by side, as those of one."""

from collections.abc import Sequence

from talmach.translation.values import GlossaryUsage, Timings, Totals, Usage


def merge(parts: Sequence[Totals]) -> Totals:
    """Add up at least one; the glossary entries of all of them are the same."""
    return Totals(
        segment_count=sum(part.segment_count for part in parts),
        complete=all(part.complete for part in parts),
        model_ids=tuple(sorted({model for part in parts for model in part.model_ids})),
        glossary_usages=tuple(map(_merge_usages, zip(*(part.glossary_usages for part in parts), strict=True))),
        timings=_merge_timings([part.timings for part in parts if part.model_ids]),
        usage=Usage(
            source_tokens=sum(part.usage.source_tokens for part in parts),
            target_tokens=sum(part.usage.target_tokens for part in parts),
            cache_hits=sum(part.usage.cache_hits for part in parts),
        ),
    )


def _merge_usages(usages: tuple[GlossaryUsage, ...]) -> GlossaryUsage:
    applied = sum(usage.applied for usage in usages)
    return GlossaryUsage(usages[0].entry, applied, sum(usage.not_applied for usage in usages))


def _merge_timings(timings: Sequence[Timings]) -> Timings:
    """All were queued at once: the first that is taken up ends the wait, the last that is ready ends the inference."""
    if not timings:
        return Timings()
    queue_ms = min(each.queue_ms for each in timings)
    return Timings(queue_ms, max(each.queue_ms + each.inference_ms for each in timings) - queue_ms)
