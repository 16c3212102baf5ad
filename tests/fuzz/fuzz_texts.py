"""Coverage-guided search for texts that break the pure functions: document, language, boilerplate, casing, quality.

python tests/fuzz/fuzz_texts.py -max_total_time=600 -timeout=5 CORPUS_DIRECTORY
"""

import itertools

import harness

from talmach import quality
from talmach.contract.offsets import Offsets, OffsetUnit
from talmach.engine.base import Direction
from talmach.engine.normalization import normalize
from talmach.text import casing, language, protected
from talmach.text.article import Article, Field
from talmach.text.clauses import split_clauses
from talmach.translation.glossary import Glossary
from talmach.translation.values import GlossaryEntry

_WINDOW = 20  # code points of a clause
_GLOSSARY = Glossary([GlossaryEntry("школа", "school"), GlossaryEntry("a  b", "c"), GlossaryEntry(".N", ".N", True)])  # noqa: FBT003
_LANGUAGES = (None, "ru", "be", "en")


def check_document(text: str, chosen: str | None) -> None:
    """The pieces of a document join to its text, and so do the clauses of its sentences."""
    article = Article.of({Field.TEXT: text}, chosen)
    ((field, document),) = article.documents
    assert field is Field.TEXT
    assert "".join(piece.text for piece in document.pieces) == text
    assert document.assemble([sentence.text for sentence in article.sentences]) == text
    for sentence in article.sentences:
        assert sentence.span.slice(text) == sentence.text
        clauses = split_clauses(sentence.text, lambda part: len(part) <= _WINDOW)
        assert "".join(clause.slice(sentence.text) for clause in clauses) == sentence.text


def check_words(text: str) -> None:
    """Shares add up, tokens and terms are in order, and capitals leave protected tokens alone."""
    candidates = language.detect(text)
    assert not candidates or abs(sum(each.confidence for each in candidates) - 1) < 1e-6
    for found in ([each.span for each in protected.find(text)], [each.span for each in _GLOSSARY.find(text)]):
        assert all(span.start < span.end for span in found)
        assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    casing.is_all_caps(text)
    casing.to_sentence_case(text)
    capitals = casing.to_all_caps(text)
    assert all(each.span.slice(text) in capitals for each in protected.find(text))
    assert normalize(normalize(text)) == normalize(text)


def check_pair(source: str, target: str) -> None:
    """Quality checks take any pair, and offsets count what the encodings have."""
    quality.check(source, target, Direction("be", "en"))
    quality.check(target, source, Direction("en", "ru"))
    assert Offsets(source, OffsetUnit.UTF8).at(len(source)) == len(source.encode())
    assert Offsets(source, OffsetUnit.UTF16).at(len(source)) == len(source.encode("utf-16-le")) // 2


def test(data: bytes) -> None:
    """The first byte chooses a language, the rest is text; what is no UTF-8 is left out, as on the wire."""
    if not data:
        return
    text = data[1:].decode("utf-8", errors="ignore")
    check_document(text, _LANGUAGES[data[0] % len(_LANGUAGES)])
    check_words(text)
    check_pair(text[: len(text) // 2], text[len(text) // 2 :])


if __name__ == "__main__":
    harness.search(test)
