"""Every mistake that the command can see by itself: one sentence, exit status 2, and no model is loaded for it."""

import io
import sys
from pathlib import Path

import pytest

from talmach.cli import main, session

MISTAKES = [
    (("translate",), "Missing option '--to'."),
    (
        ("translate", "--to", "de"),
        "Invalid value for '--to': 'de' is not the code of a supported language (ru, be, en).",
    ),
    (("translate", "--to", "be-BY", "--from", "be"), "--from and --to are the same language (be)"),
    (
        ("translate", "--to", "en", "--from", "be", "--default-from", "ru"),
        "--from and --default-from exclude each other",
    ),
    (("translate", "--to", "en", "none.txt"), "none.txt: cannot be read (no such file or directory)"),
    (("translate", "--to", "en", "."), ".: cannot be read (is a directory)"),
    (("translate", "--to", "en", "binary"), "binary: is not a text file"),
    (
        ("translate", "--to", "en", "cp1251.txt"),
        (
            "cp1251.txt: is not UTF-8 text (byte 2 is wrong); it looks like Windows-1251: "
            "`iconv -f WINDOWS-1251 -t UTF-8` makes UTF-8 of it"
        ),
    ),
    (("translate", "--to", "en"), "standard input: is empty"),
    (("translate", "--to", "en", "--lines", "--article", "be.txt"), "--lines and --article exclude each other"),
    (
        ("translate", "--to", "en", "--glossary", "a", "be.txt"),
        "Invalid value for '--glossary': 'a' is not TERM=TRANSLATION.",
    ),
    (
        ("translate", "--to", "en", "--beam-size", "9", "be.txt"),
        "Invalid value for '--beam-size': 9 is not between 1 and 8.",
    ),
    (
        ("translate", "--to", "en", "--address", "localhost", "be.txt"),
        "Invalid value for '--address': 'localhost' is not HOST:PORT.",
    ),
    *(
        (
            ("translate", "--to", "en", "--address", address, "be.txt"),
            f"Invalid value for '--address': {address!r} is not HOST:PORT.",
        )
        for address in ("http://127.0.0.1:50051", "https://talmach:50051", "127.0.0.1:50051/x", "\udcff:50051")
    ),
    (
        ("translate", "--to", "en", "--keep", "\udcff\udcfe", "be.txt"),
        "Invalid value for '--keep': '\\udcff\\udcfe' is not UTF-8 text.",
    ),
    (
        ("translate", "--to", "en", "--glossary", "\udcff=a", "be.txt"),
        "Invalid value for '--glossary': '\\udcff=a' is not UTF-8 text.",
    ),
    (
        ("summarize", "--model", "x\udcff", "be.txt"),
        "Invalid value for '--model': 'x\\udcff' is not UTF-8 text.",
    ),
    (
        ("serve", "--address", "http://127.0.0.1:0"),
        "Invalid value for '--address': 'http://127.0.0.1:0' is not HOST:PORT.",
    ),
    (("summarize", "--ratio", "1.5", "be.txt"), "--ratio: is not above 0 and at most 1"),
    (("summarize", "--ratio", "nan", "be.txt"), "--ratio: is not above 0 and at most 1"),
    (
        ("summarize", "--ratio", "1", "--sentences", "2", "be.txt"),
        "--sentences, --ratio and --max-chars exclude each other",
    ),
    (("smoke", "--from", "en", "--to", "en"), "--from and --to are the same language (en)"),
    (("models",), "Missing command."),
    (("nonsense",), "No such command 'nonsense'."),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a directory with files of several kinds the current one."""
    (tmp_path / "be.txt").write_text("Горад адкрыў новую школу.\n", encoding="utf-8")
    (tmp_path / "cp1251.txt").write_bytes("Мінск".encode("cp1251"))
    (tmp_path / "binary").write_bytes(b"\x7fELF\0\1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run `talmach ARGUMENTS` in this process and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["talmach", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("arguments", "sentence"), MISTAKES)
def test_a_mistake_gets_one_sentence(
    arguments: tuple[str, ...],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is on standard output, and standard error has the sentence."""
    monkeypatch.delattr(session, "_start_failures")
    assert run(monkeypatch, *arguments) == 2
    assert capsys.readouterr() == ("", f"talmach: {sentence}\n")


@pytest.mark.parametrize("arguments", [("--help",), ("models", "--help")])
def test_no_command_is_cut_short_in_the_help(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of each command the first sentence is shown, and it fits."""
    run(monkeypatch, *arguments)
    commands = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    assert commands
    assert not [line for line in commands if not line.endswith(".") or line.endswith("...")]


@pytest.mark.parametrize(("arguments", "status"), [((), 2), (("--help",), 0), (("translate", "-h"), 0)])
def test_help_is_printed(
    arguments: tuple[str, ...], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a command it explains itself, on standard error since nothing was done."""
    assert run(monkeypatch, *arguments) == status
    shown = capsys.readouterr()
    assert (shown.err if status else shown.out).startswith("Usage: talmach")
