"""Calls whose caller or time is gone, and engines that fail or hang."""

from .mutations import Protection, call, case, handler, refusal, value

_QUEUE = "batching/queue.py"
_FAULTS = "tests/e2e/test_faults.py"
_UNIT = "tests/unit/batching"
_NEIGHBOURS = "tests/e2e/test_neighbours.py"

PROTECTIONS = (
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
        "the engine hangs: what waits for it",
        call(_QUEUE, "BatchingQueue._follow_workers", "set_exception"),
        f"{_FAULTS}::test_what_waits_for_a_hanging_engine_is_given_up_too",
    ),
)
