"""The commands as a user runs them, with the models that come with talmach, and what all of them have in common."""

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
    directions = ("be-en", "be-ru", "en-be", "en-ru", "ru-be", "ru-en")
    assert lines[len(ids) :] == [*(f"{each}: {ids[0]}" for each in directions), f"encoder: {ids[1]}"]
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
    _, stderr = process.communicate(b"12\n" * 2_000, timeout=TIMEOUT_S)
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
    stdout, stderr = process.communicate(timeout=TIMEOUT_S)
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
