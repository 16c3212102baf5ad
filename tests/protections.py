"""Proves that every fault has a test that fails when its protection is removed.

    python tests/protections.py [--only WORD]

Copies the project into a temporary folder, takes out one protection after the other and runs its test. What is taken
out is named by what it does and where, and found by syntax, not by text, so that lines may be rewritten. Ends with
status 1 when a test still passes. This takes some minutes, and is therefore no test itself; `test_protections.py` tests
that the table below fits the code.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 120.0  # without its protection a test may hang
_COPIED = ("models", "proto", "service", "tests")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "results")
_QUEUE, _SERVER, _GATE = "batching/queue.py", "rpc/server.py", "access/gate.py"
_FAULTS, _UNIT = "tests/e2e/test_faults.py", "tests/unit/batching"
_NEIGHBOURS, _CACHE = "tests/e2e/test_neighbours.py", "tests/unit/translation/test_cache.py"
_EXCHANGE, _HTTP = "http/exchange.py", "tests/http/test_hostile.py"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of the nodes for which `concerns` is true, within one function, or in the whole module if that is
    empty.
    """

    path: str  # below service/talmach
    function: str  # Class.method
    concerns: Callable[[ast.AST], bool]
    changed: Callable[[ast.AST], ast.AST | list[ast.stmt]]

    def places(self, source: str) -> int:
        """Return how many there are: exactly one, or the name is not precise enough."""
        return sum(map(self.concerns, ast.walk(self._scope(ast.parse(source)))))

    def apply(self, source: str) -> str:
        """Return the module without the protection."""
        tree = ast.parse(source)
        _Change(self).visit(self._scope(tree))
        return ast.unparse(ast.fix_missing_locations(tree))

    def _scope(self, node: ast.AST) -> ast.AST:
        for name in filter(None, self.function.split(".")):
            kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            node = next(each for each in ast.walk(node) if isinstance(each, kinds) and each.name == name)
        return node


class _Change(ast.NodeTransformer):
    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        changed = self.generic_visit(node)
        return self._mutation.changed(node) if self._mutation.concerns(node) else changed


def refusal(path: str, function: str, error: str) -> Mutation:
    """`error` is not raised."""

    def concerns(node: ast.AST) -> bool:
        if not isinstance(node, ast.Raise) or node.exc is None:
            return False
        return ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc) == error

    return Mutation(path, function, concerns, lambda _: ast.Pass())


def call(path: str, function: str, callee: str) -> Mutation:
    """`callee` is not called."""

    def concerns(node: ast.AST) -> bool:
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _calls(node.value, callee)

    return Mutation(path, function, concerns, lambda _: ast.Pass())


def case(path: str, function: str, mentions: str) -> Mutation:
    """The `if` that asks for `mentions` never holds."""

    def changed(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.If)
        node.test = ast.Constant(value=False)
        return node

    return Mutation(path, function, lambda node: isinstance(node, ast.If) and mentions in _names(node.test), changed)


def handler(path: str, function: str, error: str, instead: str = "ZeroDivisionError") -> Mutation:
    """`error` is not caught, but `instead` is."""

    def concerns(node: ast.AST) -> bool:
        return isinstance(node, ast.ExceptHandler) and node.type is not None and ast.unparse(node.type) == error

    def changed(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.ExceptHandler)
        node.type = _expression(instead)
        return node

    return Mutation(path, function, concerns, changed)


def argument(path: str, function: str, callee: str, name: str | int, value: str) -> Mutation:
    """`callee` is given `value` for the argument of that name or number."""

    def changed(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        if isinstance(name, int):
            node.args[name] = _expression(value)
        else:
            (keyword,) = (each for each in node.keywords if each.arg == name)
            keyword.value = _expression(value)
        return node

    return Mutation(path, function, lambda node: isinstance(node, ast.Call) and _calls(node, callee), changed)


def value(path: str, function: str, target: str, instead: str) -> Mutation:
    """`target` is assigned `instead`."""

    def concerns(node: ast.AST) -> bool:
        return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == target

    def changed(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Assign)
        node.value = _expression(instead)
        return node

    return Mutation(path, function, concerns, changed)


def entry(path: str, key: str, instead: str) -> Mutation:
    """The value of a key, in a pair (key, value) or in a dictionary, is `instead`."""

    def concerns(node: ast.AST) -> bool:
        if isinstance(node, ast.Dict):
            return any(isinstance(each, ast.Constant) and each.value == key for each in node.keys)
        return isinstance(node, ast.Tuple) and isinstance(first := node.elts[0], ast.Constant) and first.value == key

    def changed(node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Tuple):
            node.elts[1] = _expression(instead)
        else:
            assert isinstance(node, ast.Dict)
            at = [isinstance(each, ast.Constant) and each.value == key for each in node.keys].index(True)
            node.values[at] = _expression(instead)
        return node

    return Mutation(path, "", concerns, changed)


def block(path: str, function: str, manager: str) -> Mutation:
    """The `with` block of `manager` runs without it."""

    def concerns(node: ast.AST) -> bool:
        if not isinstance(node, ast.With | ast.AsyncWith):
            return False
        context = node.items[0].context_expr
        return isinstance(context, ast.Call) and _calls(context, manager)

    def changed(node: ast.AST) -> list[ast.stmt]:
        assert isinstance(node, ast.With | ast.AsyncWith)
        return node.body

    return Mutation(path, function, concerns, changed)


def _calls(node: ast.Call, callee: str) -> bool:
    return f".{ast.unparse(node.func)}".endswith(f".{callee}")


def _names(node: ast.AST) -> set[str]:
    return {
        each.id if isinstance(each, ast.Name) else each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Name | ast.Attribute)
    }


def _expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


@dataclass(frozen=True, slots=True)
class Protection:
    """What is taken out of the code, and the test of the fault that it prevents."""

    fault: str
    without: Mutation
    test: str


PROTECTIONS = (
    Protection(
        "overload: more than the queue holds",
        refusal(_QUEUE, "BatchingQueue._admit", "QueueFull"),
        "tests/e2e/test_overload.py::test_ten_times_more_than_it_can_do",
    ),
    Protection(
        "overload: when to come back",
        argument(_QUEUE, "BatchingQueue._admit", "QueueFull", "retry_after_s", "0.001"),
        "tests/e2e/test_overload.py::test_who_waits_as_told_is_let_in",
    ),
    Protection(
        "overload: too many calls at once",
        refusal(_GATE, "Gate.enter", "QueueFull"),
        "tests/rpc/test_errors.py::test_too_many_calls_at_once",
    ),
    Protection(
        "overload: gRPC's own limit of pending calls",
        value(_SERVER, "", "_MAX_PENDING_CALLS", "1_000"),
        "tests/e2e/test_overload.py::test_every_refusal_of_a_burst_is_ours",
    ),
    Protection(
        "idle streams: the share of one caller",
        refusal(_GATE, "Gate.stream", "QuotaExceeded"),
        f"{_NEIGHBOURS}::test_idle_streams_shut_nobody_out",
    ),
    Protection(
        "idle streams: who sends nothing",
        refusal("rpc/concurrency.py", "in_completion_order", "StreamIdle"),
        f"{_NEIGHBOURS}::test_idle_streams_shut_nobody_out",
    ),
    Protection(
        "idle streams: who takes nothing",
        argument("rpc/interceptor.py", "CallInterceptor._send", "asyncio.timeout", 0, "None"),
        f"{_NEIGHBOURS}::test_idle_streams_shut_nobody_out",
    ),
    Protection(
        "legal requests: large texts are no work for the loop",
        value("threads.py", "", "_LARGE_CHARS", "1_000_000_000"),
        f"{_CACHE}::test_a_long_article_is_planned_off_the_loop",
    ),
    Protection(
        "legal requests: what is known already is put together in several turns",
        value("threads.py", "", "_TURN_S", "1_000.0"),
        f"{_CACHE}::test_known_sentences_let_the_loop_turn",
    ),
    Protection(
        "messages of strangers: nobody receives them",
        block("rpc/interceptor.py", "CallInterceptor._wrap.answer_once", "_serve"),
        f"{_NEIGHBOURS}::test_messages_of_strangers_are_not_even_received",
    ),
    Protection(
        "messages that never end: the place of their call",
        argument("rpc/interceptor.py", "CallInterceptor._first", "asyncio.timeout", 0, "None"),
        f"{_NEIGHBOURS}::test_who_does_not_finish_a_message_loses_his_place",
    ),
    Protection(
        "a bad item: it ends the stream",
        handler("rpc/interceptor.py", "_parse_all", "InvalidFields"),
        f"{_NEIGHBOURS}::test_one_bad_item_is_its_own_error",
    ),
    Protection(
        "a caller vanishes: its job is given up",
        call("translation/job.py", "TranslationJob.cancel", "_hypotheses.cancel"),
        "tests/unit/translation/test_job.py::test_a_job_that_nobody_listens_to_can_be_cancelled",
    ),
    Protection(
        "a caller vanishes: its sentences leave the queue",
        case(_QUEUE, "BatchingQueue._settle", "is_waiting"),
        f"{_UNIT}/test_faults.py::test_cancelled_sentences_leave_the_queue_at_once",
    ),
    Protection(
        "a caller vanishes in the middle of a stream",
        call("translation/job.py", "TranslationJob.__aexit__", "cancel"),
        f"{_FAULTS}::test_callers_that_vanish_leave_nothing",
    ),
    Protection(
        "a caller vanishes as a batch is formed",
        case(_QUEUE, "BatchingQueue._is_wanted", "done"),
        f"{_UNIT}/test_faults.py::test_cancelled_in_the_turn_of_the_batch",
    ),
    Protection(
        "a deadline passes in the queue",
        case(_QUEUE, "BatchingQueue._is_wanted", "deadline"),
        f"{_UNIT}/test_limits.py::test_a_deadline_that_passes_in_the_queue",
    ),
    Protection(
        "a deadline that cannot be met",
        refusal(_QUEUE, "BatchingQueue._admit", "DeadlineExceeded"),
        "tests/rpc/test_errors.py::test_a_deadline_that_the_queue_cannot_meet",
    ),
    Protection(
        "the engine raises: anything",
        handler("batching/work.py", "translate", "BaseException", "OSError"),
        f"{_UNIT}/test_faults.py::test_whatever_an_engine_raises_fails_one_batch",
    ),
    Protection(
        "the engine raises: the other sentences of the batch",
        handler("translation/hypotheses.py", "Hypotheses._wait", "EngineFailure"),
        f"{_FAULTS}::test_an_engine_that_fails_on_a_batch",
    ),
    Protection(
        "the engine returns too few results",
        case("batching/work.py", "translate", "is_complete"),
        f"{_FAULTS}::test_an_engine_that_fails_on_a_batch",
    ),
    Protection(
        "the engine hangs",
        case("threads.py", "Workers.run", "_timeout_s"),
        f"{_FAULTS}::test_an_engine_that_hangs_is_given_up",
    ),
    Protection(
        "the engine is slow: waiting for it is no hanging",
        value("threads.py", "Workers._look_after", "begun_at", "0.0"),
        f"{_NEIGHBOURS}::test_summaries_that_wait_are_not_stuck",
    ),
    Protection(
        "overload: more summaries than fit",
        refusal("summary/admission.py", "Admission.enter", "QueueFull"),
        f"{_NEIGHBOURS}::test_summaries_that_wait_are_not_stuck",
    ),
    Protection(
        "the engine hangs: what waits for it",
        call(_QUEUE, "BatchingQueue._follow_workers", "set_exception"),
        f"{_FAULTS}::test_what_waits_for_a_hanging_engine_is_given_up_too",
    ),
    Protection(
        "a model file is cut short or altered",
        case("catalog/verify.py", "verify", "expected"),
        f"{_FAULTS}::test_models_that_are_not_the_manifests",
    ),
    Protection(
        "a model file is missing",
        handler("catalog/verify.py", "verify", "OSError"),
        f"{_FAULTS}::test_models_that_are_not_the_manifests",
    ),
    Protection(
        "the port is taken: by another server of ours",
        entry(_SERVER, "grpc.so_reuseport", "1"),
        f"{_FAULTS}::test_a_taken_port_is_found_before_the_models_are_loaded",
    ),
    Protection(
        "the port is taken: a sentence, no traceback",
        handler(_SERVER, "Server.start", "RuntimeError"),
        "tests/e2e/test_serve.py::test_a_port_in_use_is_named",
    ),
    Protection(
        "SIGTERM under load: what was accepted is finished",
        argument(_SERVER, "Server.drain", "wait_until_empty", 0, "0"),
        f"{_FAULTS}::test_a_terminated_server_under_load_loses_nothing",
    ),
    Protection(
        "SIGTERM under load: nothing new is accepted",
        refusal(_GATE, "Gate.check", "ServerDraining"),
        f"{_FAULTS}::test_a_terminated_server_under_load_loses_nothing",
    ),
    Protection(
        "SIGTERM under load: nobody is just cancelled",
        call(_SERVER, "Server.drain", "hang_up"),
        f"{_FAULTS}::test_a_restart_is_felt_by_nobody_who_has_another_server",
    ),
    Protection(
        "SIGTERM under load: callers have time to go elsewhere",
        argument("app/application.py", "Application.run_until", "drain", "grace_s", "0"),
        f"{_FAULTS}::test_a_restart_is_felt_by_nobody_who_has_another_server",
    ),
    Protection(
        "SIGTERM beside an idle stream",
        call(_SERVER, "Server.drain", "call_later"),
        f"{_FAULTS}::test_an_idle_stream_does_not_outlast_the_drain",
    ),
    Protection(
        "nobody reads the log",
        block("cli/serve.py", "serve", "in_background"),
        f"{_FAULTS}::test_a_log_that_nobody_reads",
    ),
    Protection(
        "SIGTERM while the models are loaded",
        argument("app/application.py", "Application.run_until", "asyncio.wait", "return_when", "asyncio.ALL_COMPLETED"),
        f"{_FAULTS}::test_a_server_ends_while_it_loads",
    ),
    Protection(
        "a call before the models are loaded",
        refusal(_GATE, "Gate.check", "ServerStarting"),
        f"{_FAULTS}::test_a_starting_server_says_so",
    ),
    Protection(
        "kill -9 and a restart",
        entry("client/channel.py", "retryableStatusCodes", '["ABORTED"]'),
        f"{_FAULTS}::test_a_killed_server_is_not_missed",
    ),
    Protection(
        "HTTP: a body that never ends",
        argument(_EXCHANGE, "Exchange.body", "asyncio.timeout", 0, "None"),
        f"{_HTTP}::test_a_body_has_its_time",
    ),
    Protection(
        "HTTP: a compressed body",
        refusal(_EXCHANGE, "Exchange.body", "HttpRefusal"),
        "tests/http/test_api.py::test_what_is_no_call_of_ours_is_refused",
    ),
    Protection(
        "HTTP: a head that never ends",
        case("http/connection.py", "Connection._wait", "is_closing"),
        f"{_HTTP}::test_a_head_has_its_time",
    ),
    Protection(
        "HTTP: a body in crumbs",
        refusal("http/connection.py", "_Parser.next_event", "h11.RemoteProtocolError"),
        f"{_HTTP}::test_a_body_in_crumbs",
    ),
    Protection(
        "HTTP: connections beyond the limit",
        call("http/connection.py", "Connection.connection_made", "abort"),
        f"{_HTTP}::test_connections_beyond_the_limit_are_closed",
    ),
    Protection(
        "HTTP: who takes nothing",
        argument(_EXCHANGE, "Exchange._pass", "asyncio.timeout", 0, "None"),
        f"{_HTTP}::test_a_caller_who_takes_nothing",
    ),
    Protection(
        "HTTP: a caller vanishes",
        call(_EXCHANGE, "Exchange.while_the_caller_waits.watch", "cancel"),
        f"{_HTTP}::test_a_caller_who_goes_away_stops_his_work",
    ),
    Protection(
        "HTTP: a deadline passes",
        argument(_EXCHANGE, "Exchange.while_the_caller_waits", "asyncio.timeout_at", 0, "None"),
        f"{_HTTP}::test_a_deadline_passes",
    ),
    Protection(
        "HTTP: bodies of strangers who have a key in them",
        value(_EXCHANGE, "", "_MAX_STRANGER_BYTES", "1_000_000_000"),
        "tests/http/test_libretranslate.py::test_a_stranger_may_send_little",
    ),
    Protection(
        "HTTP: millions of nothings",
        refusal("http/libretranslate.py", "LibreTranslate._texts", "InvalidFields"),
        f"{_HTTP}::test_millions_of_nothings",
    ),
)


def check(protection: Protection, root: Path) -> str:
    """Run the test on the project in `root` without a protection; return what became of it."""
    path = root / "service" / "talmach" / protection.without.path
    whole = path.read_text(encoding="utf-8")
    path.write_text(protection.without.apply(whole), encoding="utf-8")
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


def _whole(test: str, root: Path) -> bool:
    """Whether a test passes while nothing is taken out; tried twice, since a busy machine fails some by itself."""
    return any(_run(test, root) == "passes" for _ in range(2))


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
        whole = {test: _whole(test, root) for test in dict.fromkeys(each.test for each in chosen)}
        for each in chosen:
            began = time.monotonic()
            result = check(each, root) if whole[each.test] else "fails with the protection too"
            unproven += result not in ("fails", "hangs")
            name = each.test.rpartition("::")[2]
            print(f"{result:6} {time.monotonic() - began:5.0f} s  {each.fault}: {name}", flush=True)
    print(f"{len(chosen) - unproven} of {len(chosen)} protections are proven")
    return 1 if unproven else 0


if __name__ == "__main__":
    sys.exit(main())
