"""What is compared. A method takes a document and a number of sentences and returns positions in the body."""

import random
import re
from collections.abc import Callable, Sequence

from sumy.models.dom import ObjectDocumentModel, Paragraph
from sumy.models.dom import Sentence as SumySentence
from sumy.nlp.stemmers import Stemmer
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.lsa import LsaSummarizer
from sumy.summarizers.sum_basic import SumBasicSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer
from sumy.utils import get_stop_words

from models.training.summaries.documents import Summarized
from models.training.summaries.rouge import AVERAGE, Rouge
from talmach.summary.candidates import judge
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import SummaryOptions

Method = Callable[[Summarized, int], list[int]]

RANDOM_DRAWS = 10
_SUMY = {
    "sumy LexRank": LexRankSummarizer,
    "sumy TextRank": TextRankSummarizer,
    "sumy LSA": LsaSummarizer,
    "sumy SumBasic": SumBasicSummarizer,
}
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def ours(summarizer: Summarizer) -> Method:
    """Return the served summariser."""

    def choose(document: Summarized, sentences: int) -> list[int]:
        summary = summarizer.choose(document.article, SummaryOptions(max_sentences=sentences))
        first = document.body[0].index
        return [each.sentence.index - first for each in summary.chosen]

    return choose


def lead(document: Summarized, sentences: int) -> list[int]:
    """Choose the first sentences behind the headline."""
    return list(range(min(sentences, len(document.body))))


def lead_of_candidates(document: Summarized, sentences: int) -> list[int]:
    """Choose the first sentences that are candidates of ours: no date lines, captions, section titles."""
    return candidates(document)[:sentences]


def candidates(document: Summarized) -> list[int]:
    """Return the positions that our summariser would consider."""
    first = document.body[0].index
    verdicts = judge(document.article, include_lead=False)[first:]
    return [position for position, verdict in enumerate(verdicts) if verdict.is_candidate]


def draw(seed: int) -> Method:
    """Return a method that draws sentences at random."""

    def choose(document: Summarized, sentences: int) -> list[int]:
        positions = range(len(document.body))
        return random.Random(f"{seed}-{document.id}").sample(positions, min(sentences, len(positions)))

    return choose


def oracle() -> Method:
    """Return the greedy best: each step adds the sentence that raises the sum of mean ROUGE-1 and ROUGE-2 most."""
    rouge = Rouge(("rouge1", "rouge2"))

    def choose(document: Summarized, sentences: int) -> list[int]:
        chosen: list[int] = []
        for _ in range(min(sentences, len(document.body))):
            left = [position for position in range(len(document.body)) if position not in chosen]
            chosen.append(max(left, key=lambda position: rouge.score(document, [*chosen, position])[AVERAGE].sum()))
        return chosen

    return choose


class _Tokenizer:
    """What sumy asks a tokenizer for; its own wants a download."""

    def to_words(self, text: str) -> tuple[str, ...]:
        return tuple(_WORD.findall(text))


def libraries() -> dict[str, Method]:
    """Return sumy's methods with its English stemmer and stop words, as its documentation sets them up.

    Its LSA numbers words in the order of a set: its scores differ by 0.1 from run to run.
    """
    return {name: _sumy(cls) for name, cls in _SUMY.items()}


def _sumy(summarizer_class: Callable[[Stemmer], Callable[..., Sequence[SumySentence]]]) -> Method:
    def choose(document: Summarized, sentences: int) -> list[int]:
        summarizer = summarizer_class(Stemmer("english"))
        summarizer.stop_words = get_stop_words("english")  # type: ignore[attr-defined]
        given = [SumySentence(each.text, _Tokenizer()) for each in document.body]
        by_paragraph: dict[int, list[SumySentence]] = {}
        for sentence, each in zip(given, document.body, strict=True):
            by_paragraph.setdefault(each.paragraph, []).append(sentence)
        model = ObjectDocumentModel([Paragraph(each) for each in by_paragraph.values()])
        # Equal texts compare equal in sumy: only identity tells where a sentence stands.
        places = {id(sentence): position for position, sentence in enumerate(given)}
        return [places[id(each)] for each in summarizer(model, sentences)]

    return choose
