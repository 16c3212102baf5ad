"""What a rule for boilerplate is, and the kinds that rules find."""

import re
from dataclasses import dataclass
from enum import Enum


class BoilerplateKind(Enum):
    """Text around an article that is not part of its story."""

    NAVIGATION = "navigation"
    SHARE = "share"
    SUBSCRIBE = "subscribe"
    CAPTION = "caption"
    CREDIT = "credit"
    RELATED = "related"
    BYLINE = "byline"
    DATELINE = "dateline"
    COPYRIGHT = "copyright"
    ADVERTISEMENT = "advertisement"
    FEEDBACK = "feedback"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of line; a rule that is `alone` applies to whole paragraphs only, any other to sentences too."""

    name: str
    kind: BoilerplateKind
    pattern: re.Pattern[str]
    alone: bool = False


def rule(name: str, kind: BoilerplateKind, pattern: str, *, alone: bool = False) -> Rule:
    """A rule from the source of its pattern."""
    return Rule(name, kind, re.compile(pattern), alone)
