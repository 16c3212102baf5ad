"""The inside of a Markdown block with its places: markdown-it-py parses, and what its rules take is recorded.

Its inline tokens do not say where they are. But every rule moves the position of the parser's state, so the positions
before and after a rule tell what its tokens were made of.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType


@dataclass(slots=True)
class Taken:
    """What one rule took: ``[start, end)`` of a block's content; of a link, also what is inside of it."""

    start: int
    end: int
    tokens: Sequence[Token]  # none = text
    starts: Sequence[int]  # of each token, where together they are what was taken
    inside: "Inside | None" = None


@dataclass(slots=True)
class Inside:
    """What the rules took, in order, of ``[start, end)``."""

    start: int
    end: int
    taken: list[Taken] = field(default_factory=list)


class WrittenDown(ParserInline):
    """A parser of inline Markdown that records where it was."""

    def __init__(self) -> None:
        super().__init__()
        self.ruler2.disable("fragments_join")  # it would forget where emphasis begins
        self._last: Inside | None = None

    def take(self, content: str, md: MarkdownIt, env: EnvType) -> Inside:
        """Parse the content of a block; the tokens say in the end what became of their marks."""
        self.parse(content, md, env, [])
        assert self._last is not None
        return self._last

    def tokenize(self, state: StateInline) -> None:
        """See `ParserInline.tokenize`; called for a block, and by the link rule for the inside of a link."""
        rules, deepest = self.ruler.getRules(""), state.md.options["maxNesting"]
        inside = Inside(state.pos, state.posMax)
        while state.pos < inside.end:
            start, count, is_pending = state.pos, len(state.tokens), bool(state.pending)
            self._last = None
            if state.level >= deepest or not any(rule(state, False) for rule in rules):  # noqa: FBT003 - theirs
                state.append_pending(state.src[state.pos])
                state.pos += 1
            tokens = state.tokens[count:]
            if is_pending and tokens and tokens[0].type == "text":
                del tokens[0]  # the text in front of what was taken
            inside.taken.append(Taken(start, state.pos, tokens, _starts(start, tokens), self._last))
        if state.pending:
            state.pushPending()
        self._last = inside


def _starts(start: int, tokens: Sequence[Token]) -> list[int]:
    starts = []
    for token in tokens:
        starts.append(start)
        start += len(token.content)
    return starts
