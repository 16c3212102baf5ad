"""Every command as a user runs it, with the models that come with talmach."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import load
from tests.e2e.program import COMMAND, DATA, TIMEOUT_S, Result, Server, environment, free_address, talmach

ARTICLE = DATA / "articles" / "01-council.be.txt"
LINES = DATA / "lines.be.txt"


# Beside a translation: how good it is depends on the models.
FLAGS = re.compile(r"(talmach: \d+ of \d+ sentences are flagged: .+\n)?")


def blanks(text: str) -> list[str]:
    """Return the runs of line ends with the blank space around them, in order."""
    return re.findall(r"[^\S\n]*\n\s*", text)


@pytest.mark.parametrize(("language", "headline"), [("be", "У Вербне"), ("ru", "В Вербне"), ("en", "")])
def test_smoke_shows_and_checks_an_article(server: Server, language: str, headline: str) -> None:
    """Article, translation, summary, models and the verdict, of an example in each language."""
    result = talmach("smoke", "--from", language, "--address", server.address)
    assert (result.status, result.stderr) == (0, "")
    target = "be" if language == "en" else "en"
    assert f"{language} to {target}" in result.stdout
    assert headline in result.stdout
    for fact in (
        "Summary\n1. ",
        "\n3. ",
        "language ",
        "models ",
        f"talmach-translation is the only model for {language}-{target}",
        "time ",
        "tokens ",
        "flags ",
        "ok ",
    ):
        assert fact in result.stdout


def test_smoke_starts_a_server_of_its_own(server: Server) -> None:
    """Without --address everything happens in one process, and nothing but the result is printed."""
    result = talmach("smoke", "--file", str(ARTICLE), "--to", "ru", TALMACH_METRICS_ADDRESS=server.metrics_address)
    assert (result.status, result.stderr) == (0, "")
    assert "be to ru" in result.stdout


def test_smoke_says_what_is_wrong(server: Server, tmp_path: Path) -> None:
    """An article without a sentence fit for a summary is shown, and the exit status tells."""
    path = tmp_path / "headline.txt"
    path.write_text("Навіны горада", encoding="utf-8")
    result = talmach("smoke", "--file", str(path), "--from", "be", "--address", server.address)
    assert (result.status, result.stderr) == (
        1,
        "talmach: the summary is empty: the article has a headline and no text\n",
    )
    assert "Навіны горада" in result.stdout


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


def test_detect(server: Server) -> None:
    """The best candidate comes first; what says nothing is undetermined."""
    assert talmach("detect", str(ARTICLE), "--address", server.address).stdout.startswith("be 1.00\n")
    lines = "Горад адкрыў новую школу.\n\nГород открыл новую школу.\nThe town opened a new school.\n12\n"
    result = talmach("detect", "--lines", "--address", server.address, stdin=lines)
    assert result.stdout == "be\n\nru\nen\nund\n"
    reply = json.loads(talmach("detect", "--json", "--address", server.address, stdin=lines).stdout)
    assert set(reply) == {"detections", "timings"}
    rows = talmach("detect", "--lines", "--json", "--address", server.address, stdin=lines).stdout.splitlines()
    assert [json.loads(row) and json.loads(row)["undetermined"] for row in rows] == [False, None, False, False, True]


def broken_models(tmp_path: Path) -> Path:
    """Copy the models and cut the last byte off the first one's weights."""
    models = tmp_path / "models"
    shutil.copytree(default_models_dir(), models, ignore=shutil.ignore_patterns("training", "results"))
    weights = models / load(models).models[0].path / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1])
    return models


def test_models_are_listed_and_verified(tmp_path: Path) -> None:
    """What the manifest says; a file that is altered is named, and the exit status tells."""
    ids = [model.id for model in load(default_models_dir()).models]
    assert [model["id"] for model in json.loads(talmach("models", "list", "--json").stdout)] == ids
    lines = talmach("models", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(ids)]] == ids
    assert lines[len(ids) :] == [f"{each}: {ids[0]}" for each in ("be-en", "be-ru", "en-be", "en-ru", "ru-be", "ru-en")]
    assert talmach("models", "verify").stdout == "".join(f"{model}: ok\n" for model in ids)

    models = str(broken_models(tmp_path))
    result = talmach("models", "verify", TALMACH_MODELS_DIR=models)
    assert (result.status, result.stderr) == (1, "")
    assert result.stdout.startswith(f"{ids[0]}: model.bin is damaged")
    report = json.loads(talmach("models", "verify", "--json", TALMACH_MODELS_DIR=models).stdout)
    assert [model["ok"] for model in report] == [False] + [True] * (len(ids) - 1)


def test_info_and_health(server: Server) -> None:
    """A server describes itself; health is for programs, by its exit status."""
    described = talmach("info", "--address", server.address)
    assert described.stdout.startswith("talmach ")
    assert "max_text_chars" in described.stdout
    assert f", beam {load(default_models_dir()).models[0].decoding.beam_size}\n" in described.stdout
    reply = json.loads(talmach("info", "--json", "--address", server.address).stdout)
    assert reply["limits"]["max_text_chars"] == 100_000
    health = talmach("health", "--address", server.address)
    assert (health.status, health.stdout, health.stderr) == (0, "SERVING\n", "")
    unreachable = talmach("health", "--address", free_address())
    assert (unreachable.status, unreachable.stdout) == (1, "UNAVAILABLE\n")
    assert talmach("health", TALMACH_ADDRESS=server.address).status == 0


HEAVY = {"ctranslate2", "numpy", "prometheus_client", "pydantic_settings", "rich.console", "structlog"}


@pytest.mark.parametrize("command", [("health",), ("detect", str(ARTICLE))])
def test_a_command_loads_what_it_needs(server: Server, command: tuple[str, ...]) -> None:
    """Who asks a server needs no engine, no settings and no tables: they are most of the time of the start."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "talmach", *command, "--address", server.address],
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "grpc" in loaded
    assert not HEAVY & loaded


def test_version() -> None:
    """The version is that of the installed package."""
    assert re.fullmatch(r"talmach \d+\.\d+\.\d+\S*\n", talmach("--version").stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with files of several kinds."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "be.txt").write_text("Горад адкрыў новую школу.\n", encoding="utf-8")
    (folder / "cp1251.txt").write_bytes("Мінск".encode("cp1251"))
    return folder


def test_a_mistake_gets_one_sentence(folder: Path) -> None:
    """Bad input: one clear sentence on standard error, exit status 2, no traceback, nothing on standard output."""
    path = folder / "cp1251.txt"
    mistake = talmach("translate", "--to", "en", str(path))
    assert (mistake.status, mistake.stdout, mistake.stderr.count("\n")) == (2, "", 1)
    assert mistake.stderr.startswith(
        f"talmach: {path}: is not UTF-8 text (byte 2 is wrong); it looks like Windows-1251"
    )
    assert talmach("nonsense") == Result(2, "", "talmach: No such command 'nonsense'.\n")


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


def test_wrong_settings_are_named(folder: Path) -> None:
    """A misspelled variable is not ignored."""
    result = talmach("detect", str(folder / "be.txt"), TALMACH_WORKRES="2")
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr == "talmach: TALMACH_WORKRES: is not a setting (did you mean TALMACH_WORKERS?)\n"


def test_models_that_are_broken(tmp_path: Path, folder: Path) -> None:
    """A command that needs them says which file it is."""
    result = talmach("detect", str(folder / "be.txt"), TALMACH_MODELS_DIR=str(broken_models(tmp_path)))
    assert (result.status, result.stdout) == (2, "")
    assert "model.bin is damaged" in result.stderr
    assert result.stderr.count("\n") == 1


def test_text_is_utf8_whatever_the_locale(server: Server) -> None:
    """Neither the C locale nor Python's own variable changes what is read and written."""
    arguments = ("summarize", "--sentences", "1", "--address", server.address)
    text = ARTICLE.read_text(encoding="utf-8")
    outcomes = [
        talmach(*arguments, stdin=text, **variables)
        for variables in ({"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"})
    ]
    assert outcomes[0].status == 0
    assert all(first == second for first, second in itertools.pairwise(outcomes))


def test_a_reader_that_goes_is_no_drama(server: Server) -> None:
    """`talmach ... | head` ends quietly."""
    arguments = ("translate", "--lines", "--to", "en", "--address", server.address)
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({}),
    )
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    _, stderr = process.communicate(b"12\n" * 2_000, timeout=60)
    assert (process.returncode, stderr) == (1, b"")


def test_interruption_is_quiet() -> None:
    """Ctrl-C gives the status that shells know it by, and no traceback."""
    # A shell starts what runs in the background with SIGINT ignored, and a child would inherit that from the tests.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*COMMAND, "translate", "--to", "en"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({"PYTHONVERBOSE": ""}),
    )
    signal.signal(signal.SIGINT, handler)
    assert process.stdin
    # It reads until the end of its input, so once this much is taken, it is past its imports.
    process.stdin.write(b"\xd0\x90" * 200_000)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (130, b"", b"")


GOODBYES = """
import asyncio
import talmach.cli
import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

async def end_with_a_stream_open():
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        await watch.read()
        await server.stop(0)
        await asyncio.sleep(0.2)

for _ in range(5):
    asyncio.run(end_with_a_stream_open())
"""


def test_grpc_writes_nothing_of_its_own() -> None:
    """A server that ends before its callers makes grpc's C core talk, unless it is told not to."""
    quiet = {name: value for name, value in os.environ.items() if name != "GRPC_VERBOSITY"}
    ended = subprocess.run([sys.executable, "-c", GOODBYES], env=quiet, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
