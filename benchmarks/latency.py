"""How long a reader waits for whole articles."""

from benchmarks import articles
from benchmarks.clients import Callers
from benchmarks.sections import Shared

SUMMARY_SENTENCES = 3


class Latency:
    """Whole articles on an idle server."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._long = articles.long_story()
        self._short = articles.stories("be")[0]

    def measure(self) -> None:
        """Measure one article after the other, one call at a time."""
        callers, address, add = self._shared.callers(), self._shared.server().address, self._shared.records.add
        count, picked = len(self._long.sentences), SUMMARY_SENTENCES
        story = f"be to en, {len(self._short.sentences)} sentences"
        add("latency", "article", callers.call(Callers.article, address, self._short, "en"), "ms", story)
        whole = callers.call(Callers.article, address, self._long, "en")
        streamed = callers.call(Callers.stream, address, self._long, "en")
        summary = callers.call(Callers.summary, address, self._long, picked)
        translated = callers.call(Callers.summary, address, self._long, picked, "en")
        add("latency", f"article of {count} sentences", whole, "ms", "be to en")
        add("latency", f"first segment of {count} streamed", streamed.first_segment_ms, "ms", "from the call's start")
        add("latency", f"whole stream of {count}", streamed.whole_ms, "ms", "to the trailer")
        add("latency", "first segment / whole stream", 100 * streamed.first_segment_ms / streamed.whole_ms, "%")
        add("latency", "summary alone", summary, "ms", f"{picked} of {count} sentences, not translated")
        add("latency", "summary in English", translated, "ms", f"{picked} of {count} sentences, chosen and translated")
        share = f"the share of sentences it picks is {100 * picked / count:.1f} %"
        add("latency", "summary in English / article", 100 * translated / whole, "%", share)
