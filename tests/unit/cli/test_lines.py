"""One text per line: order, blank lines, patience, and whose line a failure is."""

import asyncio
from collections.abc import Sequence

import pytest

from talmach.cli.failures import BadInput, CommandFailed, explain
from talmach.cli.lines import write_lines
from talmach.client import Cause, Limits, NotConnected, RpcFailed, Violation

LIMITS = Limits(max_texts=2, max_request_chars=100)


def show(_number: int, line: str, reply: str | None) -> str:
    """Mark what was answered; a blank line stays what it is."""
    return line if reply is None else f"<{reply}>"


async def test_lines_keep_their_order_and_their_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """Early answers wait for late ones, blank lines are not sent, and no reply can add a line."""
    sent: list[Sequence[str]] = []

    async def ask(texts: Sequence[str]) -> Sequence[str]:
        sent.append(texts)
        await asyncio.sleep(0.02 if "один" in texts else 0)
        return [f"{text}\n!" for text in texts]

    await write_lines("один\n  \nдва\r\nтри\n\n\nчетыре", LIMITS, ask, show, "asking")
    assert capsys.readouterr().out == "<один !>\n  \n<два\r !>\n<три !>\n\n\n<четыре !>"
    assert sent == [["один"], ["два\r", "три"], ["четыре"]]


async def test_a_busy_server_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    """RESOURCE_EXHAUSTED with a wait is no failure of the command."""
    refusals = iter([RpcFailed("RESOURCE_EXHAUSTED", "full", reason="QUEUE_FULL", retry_after_s=0.0)])

    async def ask(texts: Sequence[str]) -> Sequence[str]:
        for refusal in refusals:
            raise refusal
        return texts

    await write_lines("а\n", LIMITS, ask, show, "asking")
    assert capsys.readouterr().out == "<а>\n"


async def test_a_line_that_is_refused_fails_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """It is named by its number in the file and stands as it was; those beside it in the call are sent once more."""
    sent: list[Sequence[str]] = []

    async def ask(texts: Sequence[str]) -> Sequence[str]:
        sent.append(texts)
        places = [place for place, text in enumerate(texts) if text == "долго"]
        if places:
            wrong = [Violation(f"texts[{place}]", "TEXT_TOO_LONG", "has 9 characters") for place in places]
            raise RpcFailed("INVALID_ARGUMENT", "", violations=wrong)
        return texts

    assert await write_lines("а\n\n\nдолго\nв\nдолго\nдолго\n", LIMITS, ask, show, "asking") == 3
    shown = capsys.readouterr()
    assert shown.out == "<а>\n\n\nдолго\n<в>\nдолго\nдолго\n"
    assert shown.err == "".join(f"talmach: line {number}: has 9 characters\n" for number in (4, 6, 7))
    assert sent.count(["в"]) == 1


async def test_what_is_wrong_with_the_call_ends_it() -> None:
    """An option that is wrong is wrong for every line, whatever else is."""
    wrong = [Violation("texts[0]", "TEXT_TOO_LONG", "is long"), Violation("options.beam_size", "OUT_OF_RANGE", "is 9")]

    async def ask(_texts: Sequence[str]) -> Sequence[str]:
        raise RpcFailed("INVALID_ARGUMENT", "", violations=wrong)

    with pytest.raises(BadInput, match=r"^line 2: is long; --beam-size: is 9$"):
        await write_lines("\nа\nб\n", LIMITS, ask, show, "asking")


@pytest.mark.parametrize(
    ("failure", "kind", "sentence"),
    [
        (
            RpcFailed("INVALID_ARGUMENT", "", violations=[Violation("options.beam_size", "OUT_OF_RANGE", "is 9")]),
            BadInput,
            "--beam-size: is 9",
        ),
        (
            RpcFailed("INVALID_ARGUMENT", "", violations=[Violation("article", "TEXT_TOO_LONG", "is long")] * 2),
            BadInput,
            "the text: is long",
        ),
        (
            RpcFailed("UNAUTHENTICATED", "authorization: needs a token"),
            BadInput,
            "the server answered UNAUTHENTICATED: authorization: needs a token",
        ),
        (
            RpcFailed("RESOURCE_EXHAUSTED", "request: has 9 bytes (limit 8)", reason="MESSAGE_TOO_LARGE"),
            BadInput,
            "the text: has 9 bytes (limit 8)",
        ),
        (NotConnected("news:1", Cause.REFUSED), CommandFailed, f"news:1: {Cause.REFUSED.value}"),
        (RpcFailed("INTERNAL", "engine: failed"), CommandFailed, "the server answered INTERNAL: engine: failed"),
    ],
)
def test_failures_are_told_in_the_commands_words(failure: RpcFailed, kind: type[CommandFailed], sentence: str) -> None:
    """Options by their names; exit status 2 where the caller can do something about it, else 1."""
    explained = explain(failure)
    assert type(explained) is kind
    assert str(explained) == sentence
