"""What one caller could do to the others: overload, idle streams, unfinished messages, huge texts."""

from .mutations import Protection, argument, block, call, handler, refusal, value

_QUEUE = "batching/queue.py"
_SERVER = "rpc/server.py"
_GATE = "access/gate.py"
_NEIGHBOURS = "tests/e2e/test_neighbours.py"
_THREADS = "tests/unit/test_threads.py"
_CACHE = "tests/unit/translation/test_cache.py"

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
        "overload: gRPC's own patience with pending calls",
        value(_SERVER, "", "_MAX_PENDING_S", "30"),
        "tests/rpc/test_waiting_calls.py::test_a_call_is_answered_however_late",
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
        block("rpc/interceptor.py", "CallInterceptor._send", "patience"),
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
        "legal requests: a thread that goes through a large text gives way",
        value("threads.py", "", "_BETWEEN_NAPS_S", "1_000.0"),
        f"{_THREADS}::test_who_tokenises_in_a_thread_gives_way",
    ),
    Protection(
        "legal requests: only one thread goes through huge texts",
        argument("threads.py", "_readers", "ThreadPoolExecutor", "max_workers", "6"),
        f"{_THREADS}::test_texts_of_one_size_are_gone_through_one_by_one",
    ),
    Protection(
        "messages of strangers: nobody receives them",
        block("rpc/interceptor.py", "CallInterceptor._wrap.answer_once", "_serve"),
        f"{_NEIGHBOURS}::test_messages_of_strangers_are_not_even_received",
    ),
    Protection(
        "messages that grow when they are read: gone before the refusal is sent",
        call("rpc/interceptor.py", "CallInterceptor._serve", "clear_frames"),
        "tests/e2e/test_full_messages.py::test_what_is_refused_is_let_go",
    ),
    Protection(
        "messages full of what nobody reads",
        value("rpc/interceptor.py", "", "_MAX_WASTE_BYTES", "1_000_000_000"),
        "tests/rpc/test_errors.py::test_fields_that_nobody_reads",
    ),
    Protection(
        "more connections than files",
        value("access/connections.py", "", "_OTHER_FILES", "-1_000_000"),
        "tests/e2e/test_few_files.py::test_connections_that_do_nothing",
    ),
    Protection(
        "connections that do nothing: room for probes",
        value("access/connections.py", "", "_FEWEST_WANTED", "0"),
        "tests/e2e/test_few_files.py::test_idle_clients_leave_room_for_probes",
    ),
    Protection(
        "messages that never end: the place of their call",
        block("rpc/interceptor.py", "CallInterceptor._first", "patience"),
        f"{_NEIGHBOURS}::test_who_does_not_finish_a_message_loses_his_place",
    ),
    Protection(
        "a bad item: it ends the stream",
        handler("rpc/interceptor.py", "_parse_all", "InvalidFields"),
        f"{_NEIGHBOURS}::test_one_bad_item_is_its_own_error",
    ),
    Protection(
        "overload: more summaries than fit",
        refusal("summary/admission.py", "Admission.enter", "QueueFull"),
        f"{_NEIGHBOURS}::test_summaries_that_wait_are_not_stuck",
    ),
)
