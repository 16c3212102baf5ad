"""`talmach summarize` as a user runs it, with the models that come with talmach."""

import json
import re

import pytest

from tests.e2e.program import DATA, Server, talmach

ARTICLE = DATA / "articles" / "01-council.be.txt"


def test_summary_names_three_sentences_and_their_places(server: Server) -> None:
    """For a person each sentence's span cuts it out of the file exactly; a program gets the sentences alone."""
    text = ARTICLE.read_text(encoding="utf-8")
    summarize = ("summarize", "--to", "en", str(ARTICLE), "--address", server.address)
    explained, plain = talmach(*summarize, "--scores"), talmach(*summarize)
    assert (explained.status, plain.status) == (0, 0)
    places = re.findall(r"^   body\[(\d+):(\d+)\] (.+)$", explained.stdout, re.MULTILINE)
    assert len(places) == 3
    assert all(text[int(start) : int(end)] == sentence for start, end, sentence in places)
    numbered = re.findall(r"^(\d)\. (\S.*)$", explained.stdout, re.MULTILINE)
    assert numbered == list(zip("123", plain.stdout.splitlines(), strict=True))


def test_summary_without_target_is_in_the_articles_language(server: Server) -> None:
    """The sentences are the article's own; with --article the headline is none of them."""
    text = ARTICLE.read_text(encoding="utf-8")
    arguments = ("summarize", "--article", "--json", "--scores", "--sentences", "2", "--address", server.address)
    summary = json.loads(talmach(*arguments, stdin=text).stdout)["summary"]
    assert len(summary["sentences"]) == 2
    assert all(sentence["segment"]["translated_text"] in text for sentence in summary["sentences"])
    assert summary["all_scores"][0]["field"] == "TEXT_FIELD_HEADLINE"
    assert sum(score["chosen"] for score in summary["all_scores"]) == 2


def test_summary_lengths(server: Server) -> None:
    """A share of the sentences, or a number of characters that is kept."""
    summarize = ("summarize", str(ARTICLE), "--json", "--address", server.address)
    by_ratio = json.loads(talmach(*summarize, "--ratio", "0.1").stdout)["summary"]
    by_chars = json.loads(talmach(*summarize, "--max-chars", "200").stdout)["summary"]
    assert len(by_ratio["sentences"]) == 2
    assert 0 < len(by_chars["text"]) <= 200
    nothing = talmach("summarize", str(ARTICLE), "--max-chars", "5", "--address", server.address)
    assert nothing.status == 1
    assert nothing.stderr == "talmach: no sentence fits into 5 characters\n"


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Мост закрылі на рамонт\n\nАб'езд ідзе праз Вербну", ["Мост закрылі на рамонт", "Аб'езд ідзе праз Вербну"]),
        ("Хто заплаціць за мост?", ["Хто заплаціць за мост?"]),
        ("Фота: Ганна Лясная", []),
    ],
    ids=["lines", "one sentence", "boilerplate"],
)
def test_a_text_without_whole_sentences(server: Server, text: str, chosen: list[str]) -> None:
    """Its lines are the summary; where nothing of a story is left, the message says so."""
    summarize = ("summarize", "--from", "be", "--address", server.address)
    result = talmach(*summarize, "--json", stdin=text)
    summary = json.loads(result.stdout)["summary"]
    assert [sentence["segment"]["translated_text"] for sentence in summary.get("sentences", [])] == chosen
    assert ("the text has nothing to choose from" in result.stderr) is not bool(chosen)


def test_scores_say_why(server: Server) -> None:
    """With --scores every sentence is listed, the chosen ones marked."""
    result = talmach("summarize", str(ARTICLE), "--scores", "--address", server.address)
    assert len(re.findall(r"^ *\d+\* .*chosen: ", result.stdout, re.MULTILINE)) == 3
    assert re.search(r"^ *\d+  .*(passed over|not considered): \w", result.stdout, re.MULTILINE)
