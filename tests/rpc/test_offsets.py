import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.contract.offsets import Offsets, OffsetUnit, SegmentOffsets, length
from talmach.text.article import Sentence
from talmach.text.document import Document
from talmach.text.span import Span
from talmach.translation.values import Segment, SegmentStatus
from tests.articles import an_article
from tests.unit.text.places import spans_of

CODECS = {OffsetUnit.UTF8: ("utf-8", 1), OffsetUnit.UTF16: ("utf-16-le", 2), OffsetUnit.UTF32: ("utf-32-le", 4)}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text("aб🙂𝔘\n.! ", max_size=60)


def cut(text: str, span: Span, unit: OffsetUnit) -> str:
    """Slice a text as a caller does that counts in the unit."""
    codec, width = CODECS[unit]
    return text.encode(codec)[span.start * width : span.end * width].decode(codec)


@pytest.mark.parametrize("unit", OffsetUnit)
@given(text=TEXT, data=st.data())
def test_a_converted_span_cuts_the_same_text(unit: OffsetUnit, text: str, data: st.DataObject) -> None:
    """In every unit, for any text and any span."""
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    assert cut(text, Offsets(text, unit).span(span), unit) == span.slice(text)
    assert length(text, unit) == Offsets(text, unit).at(len(text))


@pytest.mark.parametrize("unit", OffsetUnit)
@given(headline=TEXT, body=TEXT, replacements=st.lists(TEXT, min_size=1))
def test_targets_are_known_before_the_whole_is(
    unit: OffsetUnit, headline: str, body: str, replacements: list[str]
) -> None:
    """Following the segments gives the spans that the assembled fields have, for any replacements."""
    article = an_article(headline=headline, body=body)
    offsets = SegmentOffsets(article, unit)
    texts = [replacements[sentence.index % len(replacements)] for sentence in article.sentences]
    for field, document in article.documents:
        sentences = [sentence for sentence in article.sentences if sentence.field is field]
        own = [texts[sentence.index] for sentence in sentences]
        assembled = document.assemble(own)
        for sentence, span in zip(sentences, spans_of(document, own), strict=True):
            segment = _segment(sentence, texts[sentence.index])
            assert offsets.next_target(segment) == Offsets(assembled, unit).span(span)
            assert cut(document.text, offsets.source(field, sentence.span), unit) == sentence.text


def _segment(sentence: Sentence, translated: str) -> Segment:
    return Segment(
        index=sentence.index,
        paragraph=sentence.paragraph,
        field=sentence.field,
        source_span=sentence.span,
        source_text=sentence.text,
        translated_text=translated,
        source_language=None,
        status=SegmentStatus.TRANSLATED,
    )


def test_an_astral_letter_counts_as_its_encoding_does() -> None:
    """The same place in the same text, counted three ways."""
    text = "Дождж 🌧 ідзе."
    assert [Offsets(text, unit).at(7) for unit in OffsetUnit] == [15, 8, 7]
    assert Document.parse(text).sentences[0].text == text
