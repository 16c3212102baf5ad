"""Proves that every fault has a test that fails when its protection is removed.

    python tests/protections.py [--only WORD]

Copies the project into a temporary folder, takes out one protection after the other and runs the test that is there for
it. Ends with status 1 when a test passes all the same. Takes some minutes, and is therefore no test itself; that the
table below fits the code is one (`test_protections.py`).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 120.0  # without its protection a test may hang
_COPIED = ("models", "proto", "service", "tests")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "results")
_QUEUE, _SERVER, _GATE = "batching/queue.py", "rpc/server.py", "access/gate.py"
_FAULTS, _UNIT = "tests/e2e/test_faults.py", "tests/unit/test_batching.py"
_NEIGHBOURS = "tests/e2e/test_neighbours.py"


@dataclass(frozen=True, slots=True)
class Protection:
    """Some code, what stands in its place without the protection, and the test of the fault."""

    fault: str
    path: str  # below service/talmach
    code: str  # occurs once
    without: str
    test: str


PROTECTIONS = (
    Protection(
        "overload: more than the queue holds",
        _QUEUE,
        "if self._waiting_tokens and self._waiting_tokens + tokens > self._max_queue_tokens:",
        "if False:",
        "tests/e2e/test_overload.py::test_ten_times_more_than_it_can_do",
    ),
    Protection(
        "overload: when to come back",
        _QUEUE,
        "QueueFull(retry_after_s=max(wait_s, _SHORTEST_RETRY_S))",
        "QueueFull(retry_after_s=0.001)",
        "tests/e2e/test_overload.py::test_who_waits_as_told_is_let_in",
    ),
    Protection(
        "overload: too many calls at once",
        _GATE,
        "if self._calls >= self._max_calls:",
        "if False:",
        "tests/rpc/test_errors.py::test_too_many_calls_at_once",
    ),
    Protection(
        "overload: gRPC's own limit of pending calls",
        _SERVER,
        "_MAX_PENDING_CALLS = 1_000_000",
        "_MAX_PENDING_CALLS = 1_000",
        "tests/e2e/test_overload.py::test_every_refusal_of_a_burst_is_ours",
    ),
    Protection(
        "a caller vanishes: its job is given up",
        "translation/job.py",
        "        self._hypotheses.cancel()",
        "        pass",
        "tests/unit/translation/test_job.py::test_a_job_that_nobody_listens_to_can_be_cancelled",
    ),
    Protection(
        "a caller vanishes: its sentences leave the queue",
        _QUEUE,
        "        if entry.is_waiting:",
        "        if False:",
        f"{_UNIT}::test_cancelled_sentences_leave_the_queue_at_once",
    ),
    Protection(
        "a caller vanishes in the middle of a stream",
        "translation/job.py",
        "        for tasks in self._tasks:\n            for task in tasks.values():\n                task.cancel()\n",
        "        return\n",
        f"{_FAULTS}::test_callers_that_vanish_leave_nothing",
    ),
    Protection(
        "a caller vanishes as a batch is formed",
        _QUEUE,
        "if entry.future.done():  # cancelled",
        "if False:  # cancelled",
        f"{_UNIT}::test_cancelled_in_the_turn_of_the_batch",
    ),
    Protection(
        "a deadline passes in the queue",
        _QUEUE,
        "if entry.deadline is not None and time.monotonic() >= entry.deadline:",
        "if False:",
        f"{_UNIT}::test_a_deadline_that_passes_in_the_queue",
    ),
    Protection(
        "a deadline that cannot be met",
        _QUEUE,
        "if deadline is not None and self._is_hopeless(deadline, wait_s):",
        "if False:",
        "tests/rpc/test_errors.py::test_a_deadline_that_the_queue_cannot_meet",
    ),
    Protection(
        "the engine raises: anything",
        "batching/work.py",
        "except BaseException as error:",
        "except OSError as error:",
        f"{_UNIT}::test_whatever_an_engine_raises_fails_one_batch",
    ),
    Protection(
        "the engine raises: the other sentences of the batch",
        "translation/hypotheses.py",
        "decoded = await self._future(key, options, alone=True)",
        "raise",
        f"{_FAULTS}::test_an_engine_that_fails_on_a_batch",
    ),
    Protection(
        "the engine returns too few results",
        "batching/work.py",
        "if not is_complete:",
        "if False:",
        f"{_FAULTS}::test_an_engine_that_fails_on_a_batch",
    ),
    Protection(
        "the engine hangs",
        "threads.py",
        "piece.timer = loop.call_later(self._timeout_s, self._look_after, piece)",
        "pass",
        f"{_FAULTS}::test_an_engine_that_hangs_is_given_up",
    ),
    Protection(
        "the engine is slow: waiting for it is no hanging",
        "threads.py",
        "begun_at = time.monotonic() if piece.begun_at is None else piece.begun_at",
        "begun_at = 0.0",
        f"{_NEIGHBOURS}::test_summaries_that_wait_are_not_stuck",
    ),
    Protection(
        "overload: more summaries than fit",
        "summary/admission.py",
        "if self._chars and self._chars + chars > self._max_chars:",
        "if False:",
        f"{_NEIGHBOURS}::test_summaries_that_wait_are_not_stuck",
    ),
    Protection(
        "the engine hangs: what waits for it",
        _QUEUE,
        "                entry.future.set_exception(EngineStuck())",
        "                pass",
        f"{_FAULTS}::test_what_waits_for_a_hanging_engine_is_given_up_too",
    ),
    Protection(
        "a model file is cut short or altered",
        "catalog/verify.py",
        "if actual != expected:",
        "if False:",
        f"{_FAULTS}::test_models_that_are_not_the_manifests",
    ),
    Protection(
        "a model file is missing",
        "catalog/verify.py",
        "except OSError as error:",
        "except ZeroDivisionError as error:",
        f"{_FAULTS}::test_models_that_are_not_the_manifests",
    ),
    Protection(
        "the port is taken: by another server of ours",
        _SERVER,
        '("grpc.so_reuseport", 0)',
        '("grpc.so_reuseport", 1)',
        f"{_FAULTS}::test_a_taken_port_is_found_before_the_models_are_loaded",
    ),
    Protection(
        "the port is taken: a sentence, no traceback",
        _SERVER,
        "except RuntimeError as error:",
        "except ZeroDivisionError as error:",
        "tests/e2e/test_serve.py::test_a_port_in_use_is_named",
    ),
    Protection(
        "SIGTERM under load: what was accepted is finished",
        _SERVER,
        "self._gate.wait_until_empty(timeout_s), asyncio",
        "self._gate.wait_until_empty(0), asyncio",
        f"{_FAULTS}::test_a_terminated_server_under_load_loses_nothing",
    ),
    Protection(
        "SIGTERM under load: nothing new is accepted",
        _GATE,
        "if self.state is State.DRAINING:",
        "if False:",
        f"{_FAULTS}::test_a_terminated_server_under_load_loses_nothing",
    ),
    Protection(
        "SIGTERM under load: nobody is just cancelled",
        _SERVER,
        "        hang_up(self._port)",
        "        pass",
        f"{_FAULTS}::test_a_restart_is_felt_by_nobody_who_has_another_server",
    ),
    Protection(
        "SIGTERM under load: callers have time to go elsewhere",
        "app/application.py",
        "grace_s=_DRAIN_GRACE_S",
        "grace_s=0",
        f"{_FAULTS}::test_a_restart_is_felt_by_nobody_who_has_another_server",
    ),
    Protection(
        "nobody reads the log",
        "cli/serve.py",
        "    with in_background():",
        "    if settings:",
        f"{_FAULTS}::test_a_log_that_nobody_reads",
    ),
    Protection(
        "SIGTERM while the models are loaded",
        "app/application.py",
        "await asyncio.wait({starting, stop}, return_when=asyncio.FIRST_COMPLETED)",
        "await starting",
        f"{_FAULTS}::test_a_server_ends_while_it_loads",
    ),
    Protection(
        "a call before the models are loaded",
        _GATE,
        "if self.state is State.STARTING:",
        "if False:",
        f"{_FAULTS}::test_a_starting_server_says_so",
    ),
    Protection(
        "kill -9 and a restart",
        "client/channel.py",
        '"retryableStatusCodes": ["UNAVAILABLE"]',
        '"retryableStatusCodes": ["ABORTED"]',
        f"{_FAULTS}::test_a_killed_server_is_not_missed",
    ),
)


def check(protection: Protection, root: Path) -> str:
    """Run the test on the project in `root` without a protection; return what became of it."""
    path = root / "service" / "talmach" / protection.path
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(protection.code, protection.without), encoding="utf-8")
    try:
        return _run(protection.test, root)
    finally:
        path.write_text(whole, encoding="utf-8")


def _run(test: str, root: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    variables = os.environ | {"PYTHONPATH": str(root / "service"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        status = subprocess.run(
            command, cwd=root, env=variables, capture_output=True, timeout=TIMEOUT_S, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return "hangs"
    return {0: "passes", 1: "fails"}.get(status, f"did not run (status {status})")


def main() -> int:
    """Check all of them and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="those whose fault has this in it")
    only = parser.parse_args().only
    chosen = [each for each in PROTECTIONS if only in each.fault]
    if not chosen:
        parser.error(f"--only: no fault has {only!r} in it")
    unproven = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(ROOT / "pyproject.toml", root)
        for name in _COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=_LEFT_OUT)
        for test in dict.fromkeys(each.test for each in chosen):
            if (result := _run(test, root)) != "passes":
                sys.exit(f"{test}: {result} with the protection in place")
        for each in chosen:
            began = time.monotonic()
            result = check(each, root)
            unproven += result not in ("fails", "hangs")
            name = each.test.rpartition("::")[2]
            print(f"{result:6} {time.monotonic() - began:5.0f} s  {each.fault}: {name}", flush=True)
    print(f"{len(chosen) - unproven} of {len(chosen)} protections are proven")
    return 1 if unproven else 0


if __name__ == "__main__":
    sys.exit(main())
