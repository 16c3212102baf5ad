"""`talmach translate` as a user runs it, with the models that come with talmach."""

import json
import re
from pathlib import Path

import pytest

from tests.e2e.program import DATA, Result, Server, talmach

ARTICLE = DATA / "articles" / "01-council.be.txt"
LINES = DATA / "lines.be.txt"
# Beside a translation: how good it is depends on the models.
FLAGS = re.compile(r"(talmach: \d+ of \d+ sentences (?:is|are) flagged: .+\n)?")


def blanks(text: str) -> list[str]:
    """Return the runs of line ends with the blank space around them, in order."""
    return re.findall(r"[^\S\n]*\n\s*", text)


@pytest.mark.parametrize("text", [ARTICLE.read_text(encoding="utf-8"), "\n  Горад адкрыў школу.\r\n\r\n\tДзень добры"])
def test_translation_keeps_the_blank_space(server: Server, text: str) -> None:
    """Standard output has the translation and nothing else: line ends, indentation and the end as in the source."""
    result = talmach("translate", "--from", "be", "--to", "en", "--address", server.address, stdin=text)
    assert result.status == 0
    assert FLAGS.fullmatch(result.stderr)
    assert blanks(result.stdout) == blanks(text)
    assert result.stdout.endswith("\n") == text.endswith("\n")


def test_what_has_no_words_comes_back_as_it_was(server: Server) -> None:
    """Not a byte is added or lost, in either direction, but the byte order mark at the front."""
    text = "12 345\r\n\r\n  3,14 🙂\n***"
    result = talmach("translate", "--to", "en", "-", "--address", server.address, stdin="\ufeff" + text)
    assert result == Result(0, text, "")


def test_a_file_keeps_its_tags(server: Server, tmp_path: Path) -> None:
    """HTML and Markdown are told by the file's ending, or by name; texts in tags are translated on request."""
    page = tmp_path / "page.html"
    page.write_text("<p>Новая <b>школа</b> ў <i title='Наш горад'>горадзе</i>.</p>\n", encoding="utf-8")
    arguments = ("translate", "--from", "be", "--to", "en", "--address", server.address)
    guessed = talmach(*arguments, str(page))
    assert re.fullmatch(r"<p>[^<]*<b>[^<]+</b>[^<]*<i title='Наш горад'>[^<]+</i>[^<]*</p>\n", guessed.stdout)
    named = talmach(*arguments, "--format", "html", "--attributes", stdin=page.read_text(encoding="utf-8"))
    assert re.search(r"<i title='[A-Z][^А-я']+'>", named.stdout)
    document = tmp_path / "page.md"
    document.write_text("# Новая *школа*\n\n```\nшкола\n```\n", encoding="utf-8")
    assert re.fullmatch(r"# [^А-я]*\*[^А-я]+\*[^А-я]*\n\n```\nшкола\n```\n", talmach(*arguments, str(document)).stdout)
    summary = talmach("summarize", "--from", "be", "--address", server.address, str(page))
    assert summary == Result(0, "Новая <b>школа</b> ў <i title='Наш горад'>горадзе</i>.\n", "")
    smoked = talmach("smoke", "--from", "be", "--address", server.address, "--file", str(page))
    assert (smoked.status, smoked.stderr) == (0, "")
    refused = talmach(*arguments, "--lines", "--format", "html", str(page))
    assert (refused.status, refused.stdout) == (2, "")
    assert "--lines cuts plain text and excludes --format html" in refused.stderr


def test_an_article_is_translated_by_its_fields(server: Server) -> None:
    """With --article the fields are sent apart and stand in the result where they stood in the source."""
    arguments = ("translate", str(ARTICLE), "--article", "--to", "en", "--address", server.address)
    plain, reply = talmach(*arguments), json.loads(talmach(*arguments, "--json").stdout)
    text = ARTICLE.read_text(encoding="utf-8")
    translation = reply["translation"]
    assert blanks(plain.stdout) == blanks(text)
    assert plain.stdout.startswith(translation["headline"] + blanks(text)[0] + translation["lead"])
    assert plain.stdout.endswith(translation["body"])


@pytest.mark.parametrize("end", ["\n", ""])
def test_lines_come_back_as_many_and_in_order(server: Server, end: str) -> None:
    """N lines in, N lines out; blank lines and lines without words are the same ones."""
    text = LINES.read_text(encoding="utf-8").rstrip("\n") + end
    arguments = ("translate", "--lines", "--from", "be", "--to", "en", "--address", server.address)
    result = talmach(*arguments, stdin=text)
    assert result.status == 0
    assert FLAGS.fullmatch(result.stderr)
    sources, targets = text.split("\n"), result.stdout.split("\n")
    assert len(targets) == len(sources)
    for source, target in zip(sources, targets, strict=True):
        assert bool(source.strip()) == bool(target.strip())
        if not re.search(r"\w", source) or re.fullmatch(r"[\d\s,+-]+|https://\S+", source):
            assert target == source


def test_many_lines_come_back_in_order(server: Server) -> None:
    """Several batches are in flight at once; each number is at its place."""
    text = "".join(f"{number}\n" if number % 7 else "\n" for number in range(1_500))
    result = talmach("translate", "--lines", "--to", "be", "--address", server.address, stdin=text)
    assert (result.status, result.stdout) == (0, text)


def test_lines_as_json(server: Server) -> None:
    """One line of JSON for each line, null for a blank one."""
    lines = LINES.read_text(encoding="utf-8").splitlines()
    arguments = ("translate", "--lines", "--json", "--from", "be", "--to", "ru", "--address", server.address)
    replies = [json.loads(line) for line in talmach(*arguments, str(LINES)).stdout.splitlines()]
    assert [reply is None for reply in replies] == [not line.strip() for line in lines]
    for line, reply in zip(lines, replies, strict=True):
        assert reply is None or all(segment["source_text"] in line for segment in reply["segments"])


def test_json_is_the_reply_with_the_contracts_names(server: Server) -> None:
    """Options arrive, spans cut both texts, and fields without a value are there."""
    text = "Кампанія Quillmoor купіла завод у Гродне. Горад рады."
    reply = json.loads(
        talmach(
            *(
                "translate",
                "--to",
                "en",
                "--json",
                "--beam-size",
                "2",
                "--remove-boilerplate",
                "--address",
                server.address,
            ),
            *("--glossary", "завод=plant", "--keep", "Quillmoor"),
            stdin=text,
        ).stdout
    )
    (translation,) = reply["translations"]
    sources = [segment["source_text"] for segment in translation["segments"]]
    assert sources == ["Кампанія Quillmoor купіла завод у Гродне.", "Горад рады."]
    for segment in translation["segments"]:
        source, target = segment["source_span"], segment["target_span"]
        assert text[source["start"] : source["end"]] == segment["source_text"]
        assert translation["translated_text"][target["start"] : target["end"]] == segment["translated_text"]
        assert isinstance(segment["quality_flags"], list)
    usages = {
        each["source_term"]: each["applied_count"] + each["not_applied_count"] for each in reply["glossary_usages"]
    }
    assert usages == {"завод": 1, "Quillmoor": 1}
    assert translation["source_language_code"] == "be"


def test_the_servers_objections_are_in_the_commands_words(server: Server) -> None:
    """What only the server knows (its limits, the language) is told by the names of options and lines."""
    to_en = ("translate", "--to", "en", "--address", server.address)
    too_long = talmach(*to_en, stdin="а" * 100_001)
    assert too_long.stderr.startswith("talmach: the text: has 100001 characters (limit 100000)")
    unknown = talmach(*to_en, stdin="zzz qqq")
    assert (
        unknown.stderr
        == "talmach: the text: is not clearly Russian, Belarusian or English; name its language with --from\n"
    )
    assert (too_long.status, unknown.status) == (2, 2)


def test_a_line_that_is_refused_fails_alone(server: Server) -> None:
    """Of unknown language or too long: named, in its place as it was, the others translated, and status 1."""
    long = "а" * 100_001
    arguments = ("--lines", "--address", server.address)
    result = talmach("translate", "--to", "en", *arguments, stdin=f"Горад рады.\nzzz qqq\n\n{long}\nДзень добры.\n")
    first, second, third, fourth, fifth, end = result.stdout.split("\n")
    assert (result.status, second, third, fourth, end) == (1, "zzz qqq", "", long, "")
    assert first.isascii()
    assert fifth.isascii()
    told = [line for line in result.stderr.splitlines() if "flagged" not in line]
    assert told[:2] == [
        "talmach: line 2: is not clearly Russian, Belarusian or English; name its language with --from",
        "talmach: line 4: has 100001 characters (limit 100000)",
    ]
    detected = talmach("detect", *arguments, stdin=f"Горад рады.\n{long}\n")
    assert detected == Result(1, "be\n\n", "talmach: line 2: has 100001 characters (limit 100000)\n")


def test_lines_that_are_all_of_unknown_language_fail_alone(server: Server) -> None:
    """Each is named and stands as it was, and none fails where there is a language for such."""
    arguments = ("translate", "--to", "en", "--lines", "--address", server.address)
    result = talmach(*arguments, stdin="Да.\n\nМосква\n")
    assert (result.status, result.stdout) == (1, "Да.\n\nМосква\n")
    assert result.stderr.splitlines()[:2] == [
        f"talmach: line {number}: is not clearly Russian, Belarusian or English; name its language with --from"
        for number in (1, 3)
    ]
    helped = talmach(*arguments, "--default-from", "ru", stdin="Да.\n\nМосква\n")
    assert helped.status == 0
    assert [line.isascii() and bool(line) for line in helped.stdout.splitlines()] == [True, False, True]
    assert "SOURCE_LANGUAGE_UNCERTAIN" in helped.stderr
