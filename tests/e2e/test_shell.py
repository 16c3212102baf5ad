"""The commands in real shells: odd streams, proxies, signals at any moment, settings that this machine cannot do."""

import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.program import COMMAND, NAUGHTY_COMMAND, TIMEOUT_S, Result, Server, environment, free_address, talmach

README = Path(__file__).parents[2] / "README.md"
TEXT = "Горад адкрыў новую школу.\n"
PROXIES = dict.fromkeys(("http_proxy", "https_proxy", "grpc_proxy"), "http://127.0.0.1:1")


def shell(line: str) -> Result:
    """Run a line of a shell in which `talmach` is the command."""
    done = subprocess.run(
        ["/bin/bash", "-c", f'talmach() {{ {shlex.join(COMMAND)} "$@"; }}\n{line}'],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment({}),
        timeout=TIMEOUT_S,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize(
    ("line", "status", "stderr"),
    [
        ("talmach detect {at} <&-", 2, "talmach: standard input: cannot be read (bad file descriptor)\n"),
        (
            "echo горад | talmach detect {at} >&-",
            1,
            "talmach: standard output: cannot be written (bad file descriptor)\n",
        ),
        (
            "echo горад | talmach detect {at} > /dev/full",
            1,
            "talmach: standard output: cannot be written (no space left on device)\n",
        ),
        (
            "talmach info {at} > /dev/full",
            1,
            "talmach: standard output: cannot be written (no space left on device)\n",
        ),
        (
            "talmach --help > /dev/full",
            1,
            "talmach: standard output: cannot be written (no space left on device)\n",
        ),
        ("echo горад | talmach detect {at} 2>&- | grep -c be", 0, ""),
        ("talmach detect {at} <&- >&- 2>&-", 2, ""),
        ("echo горад | talmach detect {at} > /dev/full 2> /dev/full", 1, ""),
        ("talmach nonsense 2> /dev/full", 2, ""),
    ],
)
def test_streams_that_cannot_be_used(server: Server, line: str, status: int, stderr: str) -> None:
    """Closed or full: one sentence, if there is anything left to say it on, and the status."""
    result = shell(line.format(at=f"--address {server.address}"))
    assert (result.status, result.stderr) == (status, stderr)


def test_a_server_needs_no_streams(server: Server) -> None:
    """As a daemon without any of the three: it serves, and nothing else gets their numbers."""
    address = free_address()
    line = f"{shlex.join(COMMAND)} serve --address {address} <&- >&- 2>&- & for i in $(seq 200); do "
    line += f"sleep 0.5; talmach health --address {address} 2>/dev/null && break; done; kill $!; wait $!"
    result = shell(line)
    assert (result.status, result.stdout.splitlines()[-1]) == (0, "SERVING")


def test_arguments_that_are_not_utf8(server: Server, tmp_path: Path) -> None:
    """A file may be called so; nothing else may, and is named."""
    path = tmp_path / "news-\udcff.txt"
    path.write_text(TEXT, encoding="utf-8")
    at = ("--address", server.address)
    assert talmach("detect", str(path), *at).stdout.startswith("be ")
    for options in (
        ("--keep", "\udcff"),
        ("--glossary", "\udcff=a"),
        ("--address", "\udcff:1"),
        ("--fail-on", "\udcff"),
    ):
        result = talmach("translate", "--to", "en", *options, stdin=TEXT)
        assert (result.status, result.stdout, result.stderr.count("\n")) == (2, "", 1)
        assert f"'{options[0]}'" in result.stderr


def test_a_proxy_is_not_for_this_machine(server: Server) -> None:
    """Neither asked for a running server, nor for the one inside a command; elsewhere it is named in the error."""
    at = ("--address", server.address)
    assert talmach("health", *at, **PROXIES) == Result(0, "SERVING\n", "")
    assert talmach("health", TALMACH_ADDRESS=server.address, **PROXIES) == Result(0, "SERVING\n", "")
    own = talmach("detect", stdin=TEXT, **PROXIES)
    assert (own.status, own.stderr, own.stdout[:3]) == (0, "", "be ")
    remote = talmach("detect", "--address", "198.51.100.7:50051", stdin=TEXT, no_proxy="", **PROXIES)
    assert (remote.status, remote.stdout) == (2, "")
    assert remote.stderr == (
        "talmach: --address: 198.51.100.7:50051: the connection is refused: nobody listens there "
        "(through the proxy 127.0.0.1:1 (grpc_proxy))\n"
    )


def timed(*arguments: str) -> tuple[Result, float]:
    """Return how a command ended, and after how many seconds."""
    began = time.monotonic()
    return talmach(*arguments, stdin=TEXT), time.monotonic() - began


def test_nobody_listens(server: Server) -> None:
    """Said at once, with the cause; a server that only starts would be waited for."""
    address = free_address()
    tries = [(timed("detect", "--address", address), timed("detect", "--address", server.address)) for _ in range(3)]
    (result,) = {refused for (refused, _), _ in tries}
    sentence = f"{address}: the connection is refused: nobody listens there"
    assert result == Result(2, "", f"talmach: --address: {sentence}\n")
    # The same command with a server takes as long, and what waits for five seconds does so each time.
    assert min(alone_s - answered_s for (_, alone_s), (_, answered_s) in tries) < 4
    assert talmach("health", "--address", address) == Result(1, "UNAVAILABLE\n", f"talmach: {sentence}\n")


def test_a_server_that_starts_is_waited_for(naughty: Callable[..., Server], tmp_path: Path) -> None:
    """It is there, and says so."""
    gate = tmp_path / "gate"
    starting = naughty(NAUGHTY_LOAD_GATE=str(gate), until=("NOT_SERVING",))
    opening = threading.Timer(2, gate.touch)
    opening.start()
    result = talmach("info", "--address", starting.address)
    opening.join()
    assert (result.status, result.stderr) == (0, "")


def test_settings_that_this_machine_cannot_do(server: Server) -> None:
    """One sentence that names the setting, before any model is read; no line of gRPC's core before it."""
    for variables, problem in (
        (
            {"TALMACH_METRICS_ADDRESS": server.metrics_address},
            f"TALMACH_METRICS_ADDRESS: {server.metrics_address}: cannot listen there (address already in use)",
        ),
        (
            {"TALMACH_ADDRESS": server.address},
            f"TALMACH_ADDRESS: {server.address}: cannot listen there (is another server running?)",
        ),
        ({"TALMACH_COMPUTE_TYPE": "float16", "TALMACH_DEVICE": "cpu"}, "TALMACH_COMPUTE_TYPE: this machine's cpu does"),
    ):
        result = talmach("serve", **{"TALMACH_ADDRESS": "127.0.0.1:0", **variables})
        assert (result.status, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"talmach: {problem}")


def test_a_gpu_that_is_not_there() -> None:
    """What was looked for and what to install; with a GPU, hidden from the command."""
    result = talmach("serve", "--address", "127.0.0.1:0", TALMACH_DEVICE="cuda", CUDA_VISIBLE_DEVICES="")
    (line,) = result.stderr.splitlines()
    assert result.status == 2
    assert line.startswith("talmach: TALMACH_DEVICE: device cuda: ")
    assert "driver" in line
    assert "TALMACH_DEVICE=cpu runs without one" in line


def test_help_of_serve_is_its_own() -> None:
    """Its address is one to listen on."""
    shown = " ".join(talmach("serve", "--help").stdout.split())
    assert "Listen there, whatever TALMACH_ADDRESS says (127.0.0.1:50051 by default)." in shown


# Python's own start is not ours: a signal before this line may end in a traceback of its own.
MARKED = (sys.executable, "-c", "import talmach.__main__ as program; print('ready', flush=True); program.main()")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("arguments", [("serve", "--address", "127.0.0.1:0"), ("detect", "{file}")])
def test_a_signal_at_any_moment(number: int, arguments: tuple[str, ...], tmp_path: Path) -> None:
    """During the imports, while a server starts, while models load: nothing is said, and the status fits."""
    file = tmp_path / "news.txt"
    file.write_text(TEXT, encoding="utf-8")
    # A shell starts what runs in the background with SIGINT ignored, and children would inherit that from the tests.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    processes = [
        subprocess.Popen(
            [*MARKED, *(each.format(file=file) for each in arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment({"TALMACH_WORKERS": "1", "TALMACH_LOG_LEVEL": "error"}),
        )
        for _ in range(6)
    ]
    signal.signal(signal.SIGINT, handler)
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        process.send_signal(number)
        time.sleep(0.4)
    for process in processes:
        _, stderr = process.communicate(timeout=TIMEOUT_S)
        assert (process.returncode in (0, -number, 128 + number), stderr) == (True, b"")


@pytest.fixture(scope="module")
def flagging(start: Callable[..., Server]) -> Server:
    """A server whose engine repeats itself when a sentence asks for it."""
    return start(command=NAUGHTY_COMMAND)


def test_flags_are_seen_without_a_terminal(flagging: Server) -> None:
    """A count always, the sentences on request, and a status for those that must not pass."""
    translate = ("translate", "--from", "be", "--to", "en", "--address", flagging.address)
    text = "Дождж ідзе тут.\nСнег stuck ідзе.\n"
    plain = talmach(*translate, stdin=text)
    count = plain.stderr.splitlines()[-1]
    assert plain.status == 0
    assert count.startswith("talmach: 1 of 2 sentences is flagged: ")
    assert "REPETITION 1" in count
    shown = talmach(*translate, "--lines", "--show-flags", stdin=text)
    (sentence, last) = shown.stderr.splitlines()
    assert sentence.startswith("talmach: line 2: ")
    assert "REPETITION" in sentence
    assert ": Снег stuck ідзе. => Again and" in sentence
    assert (shown.status, last) == (0, count)
    assert talmach(*translate, "--fail-on", "truncated", stdin=text).status == 0
    failed = talmach(*translate, "--fail-on", "TRUNCATED,repetition", stdin=text)
    assert (failed.status, failed.stdout) == (3, plain.stdout)
    assert failed.stderr.endswith("talmach: --fail-on: REPETITION\n")
    unknown = talmach(*translate, "--fail-on", "LOOPS", stdin=text)
    assert unknown.status == 2
    assert "'LOOPS' is not a flag (REPETITION, " in unknown.stderr


def test_a_quota_says_when_to_come_again(start: Callable[..., Server], tmp_path: Path) -> None:
    """In seconds, in the sentence."""
    token, _, toml = talmach("token", "desk").stdout.partition("\n\n")
    (tmp_path / "clients.toml").write_text(f"{toml}characters_per_minute = 30\n", encoding="utf-8")
    (tmp_path / "token").write_text(token, encoding="utf-8")
    server = start(TALMACH_CLIENTS_FILE=str(tmp_path / "clients.toml"), TALMACH_WORKERS="1")
    detect = ("detect", "--address", server.address, "--token-file", str(tmp_path / "token"))
    assert talmach(*detect, stdin=TEXT).status == 0
    refused = talmach(*detect, stdin=TEXT)
    assert refused.status == 1
    assert "characters_per_minute: is used up; try again in " in refused.stderr


def test_a_file_that_is_too_long_is_told_of_lines(server: Server) -> None:
    """Characters or bytes: the limit, and the way out where there is one."""
    at = ("--address", server.address)
    for arguments, text, problem, has_way_out in (
        (("translate", "--to", "en"), "Дождж. " * 20_000, "has 140000 characters (limit 100000)", True),
        (("detect",), "Дождж. " * 100_000, "has 700000 characters (limit 100000)", True),
        (("detect",), "Дождж. " * 1_000_000, "has 12000005 bytes (limit 8388608)", True),
        (("summarize",), "Дождж. " * 20_000, "has 140000 characters (limit 100000)", False),
    ):
        way_out = "; with --lines each line is a text of its own" if has_way_out else ""
        assert talmach(*arguments, *at, stdin=text) == Result(2, "", f"talmach: the text: {problem}{way_out}\n")


def test_texts_of_windows(server: Server, tmp_path: Path) -> None:
    """UTF-16 with its mark is read, and written as UTF-8; without one it is named."""
    path = tmp_path / "news.txt"
    path.write_bytes(TEXT.encode("utf-16"))
    translate = ("translate", "--to", "ru", "--address", server.address)
    assert talmach(*translate, str(path)) == talmach(*translate, stdin=TEXT)
    path.write_bytes(TEXT.encode("utf-16-le"))
    bare = talmach(*translate, str(path))
    assert bare == Result(2, "", f"talmach: {path}: is UTF-16 without a byte order mark; save it as UTF-8\n")


def test_a_summary_in_a_pipe_is_plain(server: Server) -> None:
    """One sentence a line and nothing else; the text alone is its own summary when it is one sentence."""
    text = TEXT + "Дзеці рады новай школе і яе басейну. Заняткі пачнуцца першага верасня ў новых класах.\n"
    at = ("--address", server.address)
    lines = talmach("summarize", "--sentences", "2", *at, stdin=text).stdout.splitlines()
    assert len(lines) == 2
    assert all(line in text for line in lines)
    assert talmach("summarize", *at, stdin=TEXT).stdout == TEXT


def test_the_example_of_the_readme_runs(server: Server) -> None:
    """As it stands there, but for the address."""
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    script = example.replace("127.0.0.1:50051", server.address)
    assert script != example
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(r"\w.+\. \[.*\]\n", done.stdout.decode())
