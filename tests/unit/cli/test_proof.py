"""The demands of the smoke test: each of them, once it is not met, is said."""

from collections.abc import Callable

import pytest

from talmach.cli.proof import problems
from talmach.client import SegmentStatus, TranslateArticleResponse
from tests.unit.cli.replies import ARTICLE, reply


def test_a_flawless_reply_has_no_problems() -> None:
    """Spans, gaps, summary: all as they must be."""
    assert problems(ARTICLE, reply()) == []


def _fail(damaged: TranslateArticleResponse) -> None:
    segment = damaged.translation.segments[1]
    segment.status, segment.error.reason = SegmentStatus.SEGMENT_STATUS_FAILED, "ENGINE_FAILURE"
    damaged.translation.complete = False


def _move_source(damaged: TranslateArticleResponse) -> None:
    damaged.translation.segments[2].source_span.start += 1


def _move_target(damaged: TranslateArticleResponse) -> None:
    damaged.translation.segments[3].target_span.end -= 1


def _swap(damaged: TranslateArticleResponse) -> None:
    damaged.translation.segments[0].index = 1


def _lose_blank_line(damaged: TranslateArticleResponse) -> None:
    translation = damaged.translation
    translation.body = translation.body.replace("\n\n", "\n")
    translation.segments[3].target_span.start -= 1
    translation.segments[3].target_span.end -= 1


def _say_nothing(damaged: TranslateArticleResponse) -> None:
    damaged.translation.headline = damaged.translation.segments[0].translated_text = " "
    damaged.translation.segments[0].target_span.end = 1


def _lose_summary(damaged: TranslateArticleResponse) -> None:
    damaged.summary.Clear()


def _misplace_summary(damaged: TranslateArticleResponse) -> None:
    damaged.summary.text = f" {damaged.summary.text}"


def _lose_everything(damaged: TranslateArticleResponse) -> None:
    damaged.translation.ClearField("segments")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (_fail, ["the translation is not complete", "segment 1 failed: ENGINE_FAILURE"]),
        (_move_source, ["segment 2: its span does not cut its text out of the article"]),
        (_move_target, ["segment 3: its span does not cut its text out of the translation"]),
        (_swap, ["segment 1 stands at place 0"]),
        (_lose_blank_line, ["body: what stands between the sentences was lost or changed"]),
        (_say_nothing, ["segment 0 has an empty translation"]),
        (_lose_summary, ["the summary is empty"]),
        (_misplace_summary, ["summary: the span of segment 2 does not cut its text out of the summary"]),
        (_lose_everything, ["the translation has no segments"]),
    ],
)
def test_every_damage_is_found(damage: Callable[[TranslateArticleResponse], None], expected: list[str]) -> None:
    """One thing is wrong with the reply, and it is named."""
    damaged = reply()
    damage(damaged)
    found = problems(ARTICLE, damaged)
    assert [problem for problem in found if problem in expected] == expected
