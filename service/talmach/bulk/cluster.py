"""The only module that knows Ray: numbers of blocks in, reports out, by a pool of actors."""

import logging
import os
import secrets
import signal
import socket
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talmach.app.loading import WORKERS_ON_GPU, usable_cores
from talmach.bulk.actor import Actor, Report
from talmach.bulk.job import ClusterFailure, Job
from talmach.config import Settings

# Ray reports nothing to its makers, and its C++ does not write among our lines.
_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
AUTO = "auto"  # the cluster that this machine is a node of
_TIMEOUT_S = 5.0
_MOST_CORES_AN_ACTOR = 4  # the one thread that runs Python for them keeps up with no more
_BLOCKS_AT_ONCE = 2  # of an actor: the sentences of the next block fill the batches at the end of this one
_BLOCKS_AHEAD = 4
# Ray gives up after this: a block that kills every actor would be tried for ever. Two blocks of the longest articles
# take two cores about an hour.
_STANDSTILL_S = 10_800.0
_OBJECT_STORE_BYTES = 80 << 20  # the least that Ray takes; numbers of blocks need less
_MOST_WORDS_CHARS = 300  # of Ray's explanations, some of which are pages
_TERMINATED_STATUS = 128 + signal.SIGTERM  # as shells count


@dataclass(frozen=True, slots=True)
class Pool:
    """The actors of a job, alike; `settings` are theirs."""

    actors: int
    cores: int  # of each
    gpus: int  # of each
    settings: Settings

    @classmethod
    def of(cls, settings: Settings, nodes: Sequence[Mapping[str, float]], actors: int | None) -> "Pool":
        """Return as many actors as the nodes have room for, or as are asked for; `nodes` are their resources.

        Raises ClusterFailure when there is no GPU, or no room for one actor.
        """
        gpus = int(sum(node.get("GPU", 0) for node in nodes))
        if settings.device == "cuda" and not gpus:
            raise ClusterFailure("TALMACH_DEVICE: is cuda, and Ray knows of no GPU")
        on_gpu = bool(gpus) and settings.device != "cpu"
        cores = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1] or [0]
        threads = settings.threads_per_worker
        usual = WORKERS_ON_GPU if on_gpu else max(1, min(_MOST_CORES_AN_ACTOR, *cores) // threads)
        workers = settings.workers or usual
        needed = workers * threads
        if on_gpu:
            room = sum(min(int(node.get("GPU", 0)), int(node.get("CPU", 0)) // needed) for node in nodes)
        else:
            room = sum(each // needed for each in cores)
        if not room:
            gpu, most = ("a GPU and ", "") if on_gpu else ("", f" (has: {max(cores)})")
            raise ClusterFailure(f"TALMACH_WORKERS: no node has {gpu}{needed} cores for one actor{most}")
        device = {"device": "cuda" if on_gpu else "cpu", "workers": workers}
        return cls(actors or room, needed, int(on_gpu), settings.model_copy(update=device))


@contextmanager
def connected(address: str | None) -> Iterator[list[Mapping[str, float]]]:
    """Yield the resources of the nodes of a cluster; without an address, of one on this machine that ends with us.

    SIGTERM ends the body by SystemExit. Raises ClusterFailure.
    """
    if address is not None and address != AUTO:
        _find(address)
    # Ray reads its environment when it is imported.
    for name, value in (_ENVIRONMENT if address else _ENVIRONMENT | _alone()).items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415
        from ray.data.exceptions import ExecutionTimeoutError  # noqa: PLC0415
    except ImportError as error:
        raise ClusterFailure(f"Ray cannot be used: {_words(error)}; pip install 'talmach[bulk]'") from error

    options: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": "error"}
    if address is None:
        options |= {
            "address": "local",
            "include_dashboard": False,
            "num_cpus": usable_cores(),
            "object_store_memory": _OBJECT_STORE_BYTES,
        }
    where = f"Ray at {address}" if address else "Ray on this machine"
    try:
        # Ray reports dead actors on standard output, which is ours; some of them only when it ends.
        with _silent_stdout():
            before = signal.getsignal(signal.SIGTERM)
            try:
                with _silent_stderr():
                    _begin(options, where)
                signal.signal(signal.SIGTERM, _exit)  # the handler that Ray's C++ has just set aborts the process
                yield [node["Resources"] for node in ray.nodes() if node["Alive"]]
            finally:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would leave what Ray has started
                ray.shutdown()
                signal.signal(signal.SIGTERM, before)
    except (
        ConnectionError,
        TimeoutError,
        RuntimeError,
        ValueError,
        ray.exceptions.RayError,
        ExecutionTimeoutError,
    ) as error:
        raise ClusterFailure(f"{where}: {type(error).__name__}; what is done stays done, run again to go on") from error


def run(job: Job, numbers: Sequence[int], pool: Pool) -> Iterator[Report]:
    """Yield a report for each block as it is done; actors take no more blocks than they can work on."""
    import ray.data  # noqa: PLC0415

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_no_progress_timeout_s = _STANDSTILL_S
    strategy = ray.data.ActorPoolStrategy(
        size=min(pool.actors, len(numbers)),
        max_tasks_in_flight_per_actor=_BLOCKS_AHEAD,
        max_concurrent_calls_per_actor=_BLOCKS_AT_ONCE,
        enable_true_multi_threading=True,
    )
    reports = ray.data.from_items(list(numbers), override_num_blocks=len(numbers)).map_batches(
        Actor,
        fn_constructor_args=(job, pool.settings),
        batch_size=1,
        compute=strategy,
        num_cpus=pool.cores,
        num_gpus=pool.gpus,
    )
    for batch in reports.iter_batches(batch_size=None, prefetch_batches=0):
        for number in range(len(batch["rows"])):
            yield Report(**{name: values[number] for name, values in batch.items()})


def _begin(options: Mapping[str, Any], where: str) -> None:
    """Start Ray or join it; a failure, of whatever type, is told in its own words."""
    import ray  # noqa: PLC0415

    try:
        ray.init(**options)
    except SystemExit as error:  # by Ray's handlers of SIGTERM while it starts, each with a status of its own
        raise SystemExit(_TERMINATED_STATUS) from error
    except Exception as error:
        raise ClusterFailure(f"{where} cannot be used: {_words(error)}") from error


def _words(error: Exception) -> str:
    return textwrap.shorten(str(error), _MOST_WORDS_CHARS, placeholder=" ...") or type(error).__name__


def _exit(_number: int, _frame: object) -> None:
    raise SystemExit(_TERMINATED_STATUS)


def _find(address: str) -> None:
    """Check that somebody listens there: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _TIMEOUT_S).close()
    except (OSError, UnicodeError) as error:  # the latter for a..b, or a label over 63 letters
        reason = (error.strerror or "no answer").lower() if isinstance(error, OSError) else "not a host name"
        raise ClusterFailure(f"--address: no Ray at {address} ({reason})") from error


@contextmanager
def _silent_stdout() -> Iterator[None]:
    """Discard what Python code writes to standard output."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Discard what is written to standard error, where Ray's C++ confirms that it will be silent."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _alone() -> dict[str, str]:
    """Return options that make our own cluster listen on loopback only, and obey nobody else on this machine."""
    return {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }
