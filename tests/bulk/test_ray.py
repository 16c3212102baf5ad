"""`talmach bulk` as a user starts it: real engine, real Ray, and a real kill."""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from talmach.bulk.job import BLOCK_ROWS
from tests.bulk.rows import news, read_jsonl, write_jsonl
from tests.e2e.program import COMMAND, Result, environment

pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra bulk")
pytest.importorskip("ray", reason="needs the extra bulk")

_WAIT_S = 900.0  # with whatever else the machine does
_PARTS = 24
_LISTEN = "0A"
_LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


@pytest.fixture
def ray_directory() -> Iterator[Path]:
    """Where Ray keeps sockets and logs; short, as the names of sockets must be."""
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


def start(ray_directory: Path, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start `talmach bulk`."""
    command = [*COMMAND, "bulk", *arguments]
    return subprocess.Popen(
        command,
        env=environment({"RAY_TMPDIR": str(ray_directory), **variables}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(ray_directory: Path, *arguments: str, **variables: str) -> Result:
    """Run `talmach bulk` to its end."""
    with start(ray_directory, *arguments, **variables) as process:
        try:
            told, complaints = process.communicate(timeout=_WAIT_S)
        finally:
            process.kill()
    return Result(process.returncode, told.decode(), complaints.decode())


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that comes soon."""
    end = time.monotonic() + _WAIT_S
    while not is_so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def family(process: int) -> dict[int, str]:
    """Return the command lines of a process and all that it started, by their numbers."""
    parents, lines = {}, {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            stat = (directory / "stat").read_text()
            lines[int(directory.name)] = (directory / "cmdline").read_text().replace("\0", " ")
        except OSError:  # it has ended
            continue
        parents[int(directory.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {number: lines[number] for number in found if number in lines}


def lives(process: int) -> bool:
    """Say whether a process runs; one that has ended and that nobody has asked about yet has no command line."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except OSError:
        return False


def listening(processes: Iterator[int]) -> set[str]:
    """Return the addresses that processes listen on, as the kernel writes them."""
    inodes = set()
    for process in processes:
        for descriptor in Path(f"/proc/{process}/fd").glob("*"):
            try:
                inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(descriptor)))  # noqa: PTH115  # no file
            except OSError:  # it has ended
                continue
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().split("\n")[1:]]
    return {row[1].partition(":")[0] for row in rows if row and row[3] == _LISTEN and row[9] in inodes}


def test_an_archive_is_translated_though_an_actor_dies(tmp_path: Path, ray_directory: Path) -> None:
    """Each row once, a failure a row; on loopback only, nothing reported to anybody, no text in a log."""
    # After the first part there is work for long: its rows are all alike, and no two of the others are.
    rows = [news(0 if number < BLOCK_ROWS else number) | {"id": f"n{number}"} for number in range(1_000)]
    rows[700] |= {"headline": "", "body": None}
    source, output = write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.parquet"
    process = start(ray_directory, str(source), str(output), "--to", "en", "--summary", "1", "--beam-size", "1")
    try:
        wait_until(lambda: any("ray::MapWorker" in line for line in family(process.pid).values()))
        everybody = family(process.pid)
        assert listening(iter(everybody)) <= _LOOPBACK
        (head,) = (line for line in everybody.values() if "dashboard.py" in line)
        assert "--disable-frontend" in head
        (gcs,) = (number for number, line in everybody.items() if "gcs_server --" in line)
        assert b"RAY_USAGE_STATS_ENABLED=0" in Path(f"/proc/{gcs}/environ").read_bytes()
        wait_until(lambda: any(output.glob("part-*")))
        os.kill(
            next(number for number, line in family(process.pid).items() if "ray::MapWorker" in line), signal.SIGKILL
        )
        told, complaints = process.communicate(timeout=_WAIT_S)
    finally:
        process.kill()
    assert complaints.decode() == "talmach: 1 of 1000 rows has an error; see the column error\n"
    assert process.returncode == 1
    assert re.fullmatch(rf"1000 rows in \d+ s \([\d.]+ a second\): {output}\n", told.decode())
    done = pq.read_table(output).to_pylist()
    assert [{name: row[name] for name in rows[0]} for row in done] == rows
    assert done[700]["error"] == {"reason": "EMPTY_TEXT", "message": "article: is empty"}
    translated = [row for row in done if row["error"] is None]
    assert all(row["translation"]["headline"] and row["summary"]["text"] for row in translated)
    assert {model.partition(" ")[0] for row in translated for model in row["models"]} == {
        "talmach-translation",
        "talmach-encoder",
    }
    logs = [path for path in ray_directory.rglob("*") if path.is_file()]
    assert any("worker" in path.name for path in logs)
    assert not [path for path in logs if "Дубровка".encode() in path.read_bytes()]


def test_killed_at_five_random_moments_every_row_comes_once(tmp_path: Path, ray_directory: Path) -> None:
    """What a run has finished the next one leaves as it is; a run after the last has nothing to do.

    SIGTERM, which a scheduler sends, ends it without a word, and everything that it started.
    """
    rows = [news(number % 60) | {"id": f"n{number}"} for number in range(_PARTS * BLOCK_ROWS)]
    source, output = write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    arguments = (str(source), str(output), "--to", "en", "--beam-size", "1")
    chance = random.Random()  # noqa: S311  # other moments every time
    kept: dict[str, int] = {}
    kill, terminate = signal.SIGKILL, signal.SIGTERM
    for more_parts, number in ((1, terminate), (0, kill), (1, kill), (2, kill), (3, kill)):
        process = start(ray_directory, *arguments)
        wanted = min(len(kept) + more_parts, _PARTS)
        wait_until(lambda: len(list(output.glob("part-*"))) >= wanted)  # noqa: B023  # called in this round only
        time.sleep(chance.uniform(0, 0.4 if more_parts else 3))
        everybody = family(process.pid)
        process.send_signal(number)
        told, complaints = process.communicate(timeout=_WAIT_S)
        if number == terminate:
            assert (process.returncode, told, complaints) == (143, b"", b"")
            wait_until(lambda: not any(map(lives, everybody)))  # noqa: B023  # as above
        inodes = {path.name: path.stat().st_ino for path in output.glob("part-*")}
        assert {name: inodes[name] for name in kept} == kept, "a block that was done is done again"
        kept = inodes
    assert len(kept) >= 7, "killed too early"
    last = run(ray_directory, *arguments)
    assert (last.status, last.stderr) == (0, "")
    done = read_jsonl(output)
    assert [{name: row[name] for name in rows[0]} for row in done] == rows
    assert Counter(row["id"] for row in done).most_common(1)[0][1] == 1
    assert all(row["error"] is None and row["translation"]["headline"] for row in done)
    again = run(ray_directory, *arguments)
    assert (again.status, again.stdout) == (0, f"nothing is left to do: {output} has all {_PARTS} parts\n")


_CLUSTER = """
import sys, ray
print(ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="error").address_info["gcs_address"])
sys.stdout.flush()
sys.stdin.read()
"""


def test_a_cluster_that_runs_is_joined_and_left(tmp_path: Path, ray_directory: Path) -> None:
    """It has room for one engine, which ends with the job; the settings are those of the command."""
    secrets = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 64}
    variables = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", **secrets}
    source, output = write_jsonl(tmp_path / "in.jsonl", map(news, range(3))), tmp_path / "out.jsonl"
    pipe = subprocess.PIPE
    environ = environment({"RAY_TMPDIR": str(ray_directory), **variables})
    with subprocess.Popen(
        [sys.executable, "-c", _CLUSTER], env=environ, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
    ) as cluster:
        try:
            assert cluster.stdout is not None
            address = cluster.stdout.readline().decode().strip()
            arguments = (str(source), str(output), "--to", "en", "--address", address)
            result = run(ray_directory, *arguments, TALMACH_MAX_TEXT_CHARS="60", **variables)
            assert (result.status, result.stderr) == (1, "talmach: 2 of 3 rows have an error; see the column error\n")
            assert [row["error"] and row["error"]["reason"] for row in read_jsonl(output)] == [
                None,
                "TEXT_TOO_LONG",
                "TEXT_TOO_LONG",
            ]
            assert cluster.poll() is None
            wait_until(lambda: not any("ray::MapWorker" in line for line in family(cluster.pid).values()))
        finally:
            cluster.terminate()


def test_an_engine_or_a_cluster_that_is_not_there_is_one_sentence(tmp_path: Path, ray_directory: Path) -> None:
    """And what is begun can be gone on with."""
    source = write_jsonl(tmp_path / "in.jsonl", [news(1)])
    arguments = (str(source), str(tmp_path / "out.jsonl"), "--to", "en")
    damaged = tmp_path / "models"
    damaged.mkdir()
    (damaged / "manifest.toml").write_text("schema = 1\n")
    result = run(ray_directory, *arguments, TALMACH_MODELS_DIR=str(damaged))
    assert result.status in {1, 2}
    assert re.fullmatch(r"talmach: [^\n]*manifest[^\n]*\n", result.stderr), result.stderr
    result = run(ray_directory, *arguments, "--address", "127.0.0.1:1")
    assert (result.status, result.stderr) == (
        1,
        "talmach: --address: no Ray at 127.0.0.1:1 (connection refused)\n",
    )
