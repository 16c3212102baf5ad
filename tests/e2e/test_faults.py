"""What a running server does when something goes wrong around it; each test breaks one thing for real."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from talmach.catalog import default_models_dir
from talmach.client import AsyncClient, RpcFailed
from talmach.pb.segment_pb2 import SEGMENT_STATUS_FAILED as FAILED
from tests.e2e import callers
from tests.e2e.callers import ask, ask_once
from tests.e2e.program import COMMAND, NAUGHTY_COMMAND, TIMEOUT_S, Server, environment, free_address, talmach

Start = Callable[..., Server]


def state(server: Server, path: Path) -> dict[str, int]:
    """Return what the process holds."""
    path.unlink(missing_ok=True)
    server.process.send_signal(signal.SIGUSR1)
    server.wait_until(path.exists)
    held: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    return held


def is_idle(server: Server) -> bool:
    """Whether nothing waits and nobody is inside."""
    return server.metric("talmach_queue_sentences") == server.metric("talmach_rpc_in_flight") == 0


async def taken(server: Server, batches: int) -> None:
    """Wait until the engine has taken so many batches."""
    await asyncio.to_thread(server.wait_until, lambda: server.metric("talmach_batch_sentences_count") >= batches)


# ------------------------------------------------------------------------------------------------------------ the start


async def test_a_starting_server_says_so(naughty: Start, tmp_path: Path) -> None:
    """It listens at once, is NOT_SERVING and refuses with SERVER_STARTING until the models are loaded."""
    models = tmp_path / "models"
    server = naughty(NAUGHTY_LOAD_GATE=str(models), until=("NOT_SERVING",))
    outcome = await ask_once(server.address)
    assert (outcome.code, outcome.reason) == ("UNAVAILABLE", "SERVER_STARTING")
    models.touch()
    server.wait_until(lambda: server.health() == "SERVING")
    assert (await ask_once(server.address)).code == "OK"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_while_it_loads(naughty: Start, tmp_path: Path, number: signal.Signals) -> None:
    """With status 0, though the models never come."""
    server = naughty(NAUGHTY_LOAD_GATE=str(tmp_path / "never"), until=("NOT_SERVING",))
    assert server.end(number) == 0


def test_a_taken_port_is_found_before_the_models_are_loaded(naughty: Start) -> None:
    """The models are not even looked at: the port is what is complained of, though they are not there."""
    server = naughty()
    result = talmach("serve", "--address", server.address, TALMACH_MODELS_DIR="/nonexistent")
    assert result.status == 2
    assert "cannot listen there" in result.stderr


@pytest.mark.parametrize("fault", ["truncated", "altered", "missing"])
def test_models_that_are_not_the_manifests(tmp_path: Path, fault: str) -> None:
    """One sentence that names the model and the file, and status 2."""
    models = tmp_path / "models"
    shutil.copytree(default_models_dir(), models, ignore=shutil.ignore_patterns("training", "results"))
    model = json.loads(talmach("models", "list", "--json").stdout)[0]
    path = models / model["path"] / "model.bin"
    if fault == "missing":
        path.unlink()
    else:
        with path.open("r+b") as stream:
            if fault == "truncated":
                stream.truncate(path.stat().st_size - 1)
            else:
                stream.seek(1_000_000)
                stream.write(b"?")
    result = talmach("serve", "--address", "127.0.0.1:0", TALMACH_MODELS_DIR=str(models))
    assert result.status == 2
    assert result.stderr.splitlines()[-1].startswith(f"talmach: {model['id']}: model.bin ")
    assert "copy the model again" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


# Nothing of the interpreter may lie below the mount: a virtual environment in /tmp would vanish with it.
IN_A_NAMESPACE = (
    "mount -o remount,bind,ro / && mount -t tmpfs -o size=16k none {disk} && cd {disk} && {fault} && exec $0 $*"
)


@pytest.mark.parametrize(
    "fault",
    ["mount -o remount,ro {disk}", "! head -c 1M /dev/zero > {disk}/full 2> /dev/null"],
    ids=["read-only", "full"],
)
def test_no_disk_is_needed(start: Start, tmp_path: Path, fault: str) -> None:
    """The server starts and serves where no file can be written: a read-only file system, or a full one."""
    script = IN_A_NAMESPACE.format(disk=tmp_path, fault=fault.format(disk=tmp_path))
    inside = ("unshare", "--map-root-user", "--mount", "sh", "-c", script)
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespace of mounts can be made here")
    server = start(command=(*inside, *COMMAND), TMPDIR=str(tmp_path), HOME=str(tmp_path))
    assert asyncio.run(ask_once(server.address)).code == "OK"
    assert server.end() == 0


# ------------------------------------------------------------------------------------------------------ callers that go


@pytest.mark.parametrize("kind", ["unary", "stream", "bulk"])
def test_callers_that_vanish_leave_nothing(naughty: Start, tmp_path: Path, kind: str) -> None:
    """Killed in the middle of a call: its sentences leave the queue, its tasks end, and the next caller is served."""
    server = naughty(TALMACH_WORKERS="1", TALMACH_MAX_BATCH_SIZE="1", NAUGHTY_STATE=str(tmp_path / "state"))
    asyncio.run(ask_once(server.address))
    server.wait_until(lambda: is_idle(server))
    before = state(server, tmp_path / "state")
    caller = subprocess.Popen([sys.executable, callers.__file__, server.address, kind], env=environment({}))
    server.wait_until(lambda: server.metric("talmach_queue_sentences") > 50)
    caller.kill()
    caller.wait()
    server.wait_until(lambda: is_idle(server))
    assert server.metric("talmach_dropped_sentences_total") > 50
    assert asyncio.run(ask_once(server.address)).code == "OK"
    server.wait_until(lambda: state(server, tmp_path / "state")["tasks"] <= before["tasks"])


async def test_deadlines_that_pass_in_the_engine_and_in_the_queue(naughty: Start, tmp_path: Path) -> None:
    """Both callers learn it while the engine is at work, nothing waits any more, and the worker serves the next."""
    end = tmp_path / "end"
    server = naughty(TALMACH_WORKERS="1", TALMACH_MAX_BATCH_SIZE="1", NAUGHTY_GATE=str(end))
    async with AsyncClient(server.address) as client:
        # Long enough for both to come there, however slow this machine is.
        in_engine = asyncio.create_task(ask(client, 1, "hang", timeout_s=6))
        await taken(server, 1)
        assert (await ask(client, 2, timeout_s=4)).code == "DEADLINE_EXCEEDED"
        assert (await in_engine).code == "DEADLINE_EXCEEDED"
        await asyncio.to_thread(server.wait_until, lambda: is_idle(server))
        end.touch()
        last = await ask(client, 3)
        assert (last.code, last.is_own) == ("OK", True)
    assert server.metric("talmach_dropped_sentences_total") == 1


async def test_two_thousand_calls_leave_nothing(naughty: Start, tmp_path: Path) -> None:
    """Tasks, threads and file descriptors are about as many as before."""
    server = naughty(NAUGHTY_STATE=str(tmp_path / "state"))

    async def calls(count: int) -> None:
        async with AsyncClient(server.address) as client:
            for _ in range(count // 50):
                outcomes = await asyncio.gather(*(ask(client, number) for number in range(50)))
                assert {outcome.code for outcome in outcomes} == {"OK"}

    def held() -> dict[str, int]:
        server.wait_until(lambda: is_idle(server))
        return state(server, tmp_path / "state")

    await calls(100)
    before = held()
    await calls(2_000)
    # A thread more or less is chance; what a call leaves is there two thousand times.
    server.wait_until(lambda: all(count <= before[name] + 20 for name, count in held().items()))


async def call_often(address: str, count: int) -> set[str]:
    """Make so many calls, a hundred at once, and return the codes that they ended with."""

    async def describe(client: AsyncClient) -> str:
        try:
            await client.info(timeout_s=TIMEOUT_S)
        except RpcFailed as failure:
            return failure.code
        return "OK"

    async with AsyncClient(address) as client:
        rounds = [await asyncio.gather(*(describe(client) for _ in range(100))) for _ in range(count // 100)]
        rounds.append([(await ask(client, 1)).code])
    return {code for codes in rounds for code in codes}


def test_a_log_that_nobody_reads(tmp_path: Path) -> None:
    """A full pipe on standard error: calls are answered, dropped lines are counted, and SIGTERM ends the server."""
    address, metrics_address = free_address(), free_address()
    settings = environment({"TALMACH_METRICS_ADDRESS": metrics_address})
    command = [*NAUGHTY_COMMAND, "serve", "--address", address]
    process = subprocess.Popen(command, env=settings, stderr=subprocess.PIPE)
    (tmp_path / "log").touch()
    server = Server(process, address, metrics_address, tmp_path / "log")
    try:
        server.wait_until(lambda: server.health() == "SERVING")
        assert asyncio.run(call_often(address, 5_000)) == {"OK"}
        assert server.metric("talmach_log_lines_dropped_total") > 100
        assert server.end() == 0
    finally:
        server.kill()
        if process.stderr:
            process.stderr.close()


# -------------------------------------------------------------------------------------------- an engine that misbehaves


@pytest.mark.parametrize(("word", "failed"), [("raise", {7}), ("lose", set())])
async def test_an_engine_that_fails_on_a_batch(naughty: Start, word: str, failed: set[int]) -> None:
    """It raises, or returns too few: every other sentence of the batch is translated, none is another's."""
    server = naughty(TALMACH_WORKERS="1")
    texts = [callers.question(number, word if number == 7 else "дождж ідзе моцна") for number in range(20)]
    async with AsyncClient(server.address) as client:
        reply = await client.translate_texts(texts, callers.TO_ENGLISH, timeout_s=TIMEOUT_S)
        assert len(reply.translations) == len(texts)
        for number, translation in enumerate(reply.translations):
            (segment,) = translation.segments
            assert segment.source_text == texts[number]
            assert callers.answer(number) in segment.translated_text
            assert (segment.status == FAILED) == (number in failed)
            assert (segment.translated_text == texts[number]) == (number in failed)
        alone = await ask(client, 7, "raise")
    assert (alone.code, alone.reason) == ("INTERNAL", "ENGINE_FAILURE")
    assert server.logged("batch.failed")
    assert (await ask_once(server.address)).code == "OK"


async def test_an_engine_that_hangs_is_given_up(naughty: Start) -> None:
    """Its callers learn it, the other worker goes on; with the last one lost, health says so, and SIGTERM works."""
    server = naughty(TALMACH_WORKERS="2", TALMACH_ENGINE_TIMEOUT_S="4", TALMACH_MAX_BATCH_SIZE="1")
    async with AsyncClient(server.address) as client:
        texts = [callers.question(0), callers.question(1, "freeze")]
        reply = await client.translate_texts(texts, callers.TO_ENGLISH, timeout_s=TIMEOUT_S)
        (good,), (lost,) = (translation.segments for translation in reply.translations)
        assert callers.answer(0) in good.translated_text
        assert (lost.status, lost.error.reason, lost.translated_text) == (FAILED, "ENGINE_TIMEOUT", texts[1])
        assert server.metric("talmach_stuck_workers") == 1
        assert [line["stuck"] for line in server.logged("worker.stuck")] == [1]
        assert server.health() == "SERVING"
        other = await ask(client, 2)
        assert (other.code, other.is_own) == ("OK", True)
        assert server.health("models/naughty") == "SERVING"
        assert (await ask(client, 3, "freeze")).reason == "ENGINE_TIMEOUT"
    await asyncio.to_thread(server.wait_until, lambda: server.health() == "NOT_SERVING")
    parts = {part: server.health(part) for part in ("models/naughty", "directions/be-en", "models/words")}
    assert parts == {"models/naughty": "NOT_SERVING", "directions/be-en": "NOT_SERVING", "models/words": "SERVING"}
    refused = await ask_once(server.address)
    assert (refused.code, refused.reason) == ("UNAVAILABLE", "ENGINE_STUCK")
    assert server.metric("talmach_refused_total") == 1
    assert server.end() == 0


async def test_what_waits_for_a_hanging_engine_is_given_up_too(naughty: Start, tmp_path: Path) -> None:
    """With the only worker lost, a queued call goes to another replica; when the batch ends after all, so does that."""
    settings = {"TALMACH_WORKERS": "1", "TALMACH_ENGINE_TIMEOUT_S": "4", "TALMACH_MAX_BATCH_SIZE": "1"}
    end = tmp_path / "end"
    server = naughty(**settings, NAUGHTY_GATE=str(end))
    async with AsyncClient(server.address) as client:
        hanging = asyncio.create_task(ask(client, 1, "hang"))
        await taken(server, 1)
        waiting = await ask_once(server.address, 2)
        assert (waiting.code, waiting.reason) == ("UNAVAILABLE", "ENGINE_STUCK")
        assert (await hanging).reason == "ENGINE_TIMEOUT"
    end.touch()
    await asyncio.to_thread(server.wait_until, lambda: server.health() == "SERVING")
    assert (await ask_once(server.address)).code == "OK"
    assert server.metric("talmach_stuck_workers") == 0
