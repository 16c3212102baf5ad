"""The start and the end of the server, and what happens around it."""

from .mutations import Protection, argument, block, call, case, entry, handler, refusal, value

_SERVER = "rpc/server.py"
_GATE = "access/gate.py"
_FAULTS, _RESTARTS = "tests/e2e/test_faults.py", "tests/e2e/test_restarts.py"

PROTECTIONS = (
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
        f"{_RESTARTS}::test_a_terminated_server_under_load_loses_nothing",
    ),
    Protection(
        "SIGTERM under load: nothing new is accepted",
        refusal(_GATE, "Gate.check", "ServerDraining"),
        f"{_RESTARTS}::test_a_terminated_server_under_load_loses_nothing",
    ),
    Protection(
        "SIGTERM under load: nobody is just cancelled",
        call(_SERVER, "Server.drain", "hang_up"),
        f"{_RESTARTS}::test_a_restart_is_felt_by_nobody_who_has_another_server",
    ),
    Protection(
        "SIGTERM under load: callers have time to go elsewhere",
        argument("app/application.py", "Application.run_until", "drain", "grace_s", "0"),
        "tests/e2e/test_serve.py::test_an_idle_server_ends_at_once",
    ),
    Protection(
        "SIGTERM beside an idle stream",
        call(_SERVER, "Server.drain", "call_later"),
        f"{_RESTARTS}::test_an_idle_stream_does_not_outlast_the_drain",
    ),
    Protection(
        "SIGTERM beside callers who take nothing",
        call(_SERVER, "Server.drain", "hurry"),
        "tests/e2e/test_untaken.py::test_who_takes_nothing_does_not_outlast_the_drain",
    ),
    Protection(
        "SIGTERM while a large reply is on its way",
        call("rpc/interceptor.py", "CallInterceptor._wrap.answer_once", "_stay_until_taken"),
        "tests/e2e/test_untaken.py::test_a_large_reply_is_given_time_to_arrive",
    ),
    Protection(
        "nobody reads the log",
        block("cli/serve.py", "serve", "in_background"),
        f"{_FAULTS}::test_a_log_that_nobody_reads",
    ),
    Protection(
        "a library that repeats itself",
        value("log.py", "", "_MAX_REPEATS", "1_000_000"),
        "tests/unit/test_log.py::test_a_library_that_repeats_itself_is_heard_ten_times_a_minute",
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
        f"{_RESTARTS}::test_a_killed_server_is_not_missed",
    ),
)
