"""`python -m benchmarks.balancing`: three servers behind one name; exit status 1 when a bar is missed.

Our client opens the name, as on Kubernetes, and calls it all the time. Measured are how the calls are shared, what is
lost when a server is killed and another drained under this load, and when a server that joins the name gets its
first call. The name is a line of /etc/hosts for each server (127.0.0.2 and so on), in a namespace of mounts that the
command makes for itself.
"""

import argparse
import asyncio
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from benchmarks.server import ServerProcess
from talmach.client import AsyncClient, RpcFailed, TranslationOptions

_NAME = "talmach.test"
_TO_ENGLISH = TranslationOptions(source_language_code="be", target_language_code="en")
_CALLERS = 8
_UNFAIR = 0.1
_OTHERS_AFTER_S = 3.0
# gRPC looks a name up again no sooner than this after the last time.
_LEAST_BETWEEN_LOOKUPS_S = 30.0
_LATE = 1.1  # gRPC makes each age up to a tenth longer or shorter
_START_TIMEOUT_S = 60.0
_STARTS_S = 3.0  # a new connection, and the turn of the new server


class Name:
    """A name that this process and its children look up in a file of ours."""

    def __init__(self, directory: Path) -> None:
        self._hosts = directory / "hosts"
        self._hosts.touch()
        subprocess.run(["mount", "--bind", str(self._hosts), "/etc/hosts"], check=True)  # noqa: S607

    def set(self, servers: list[ServerProcess]) -> None:
        """Let it stand for these."""
        hosts = [server.address.rpartition(":")[0] for server in servers]
        self._hosts.write_text("".join(f"{host} {_NAME}\n" for host in hosts), encoding="ascii")


class Load:
    """Callers in a closed loop on one client, until the end of the `async with`; how each call ended."""

    def __init__(self, port: int) -> None:
        self.ends: Counter[str] = Counter()
        self._client = AsyncClient(f"{_NAME}:{port}")
        self._numbers = itertools.count()
        self._is_over = False

    async def __aenter__(self) -> Self:
        await self._client.wait_until_serving(_START_TIMEOUT_S)
        self._callers = [asyncio.create_task(self._call()) for _ in range(_CALLERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over = True
        await asyncio.gather(*self._callers)
        await self._client.close()

    async def _call(self) -> None:
        while not self._is_over:
            texts = [f"У школе {next(self._numbers)} вучняў."]
            try:
                await self._client.translate_texts(texts, _TO_ENGLISH, timeout_s=30)
            except RpcFailed as failure:
                self.ends[f"{failure.code} {failure.reason}".rstrip()] += 1
            else:
                self.ends["OK"] += 1


def calls(servers: list[ServerProcess]) -> list[float]:
    """Return how many calls each has answered."""
    return [server.metric("talmach_rpc_requests_total") for server in servers]


def wait_for_calls(servers: list[ServerProcess], limit_s: float) -> float:
    """Return the seconds until each has answered one, at most `limit_s`."""
    began = time.monotonic()
    while not all(calls(servers)) and time.monotonic() - began < limit_s:
        time.sleep(0.1)
    return time.monotonic() - began


async def share(port: int, servers: list[ServerProcess], seconds: float) -> list[float]:
    """Return the share of the calls of each server, 1 = its fair one."""
    async with Load(port):
        await asyncio.to_thread(wait_for_calls, servers, _START_TIMEOUT_S)
        before = await asyncio.to_thread(calls, servers)
        await asyncio.sleep(seconds)
        after = await asyncio.to_thread(calls, servers)
    counts = [late - early for late, early in zip(after, before, strict=True)]
    return [count * len(servers) / sum(counts) for count in counts]


async def faults(port: int, servers: list[ServerProcess]) -> Counter[str]:
    """Kill one, drain one, and return how the calls ended."""
    async with Load(port) as load:
        await asyncio.sleep(1)
        servers[0].kill()
        await asyncio.sleep(_OTHERS_AFTER_S)
        await asyncio.to_thread(servers[1].stop)
        await asyncio.sleep(_OTHERS_AFTER_S)
    return load.ends


async def newcomer(port: int, name: Name, servers: list[ServerProcess], limit_s: float) -> tuple[float, Counter[str]]:
    """Let the last server join the name under load; return the seconds to its first call, and how the calls ended."""
    name.set(servers[:-1])
    async with Load(port) as load:
        await asyncio.sleep(1)
        name.set(servers)
        took_s = await asyncio.to_thread(wait_for_calls, servers[-1:], limit_s)
    return took_s, load.ends


def _show(name: str, value: str, bar: str, *, holds: bool) -> bool:
    print(f"{name:<46}{value:>30}   {'held' if holds else 'MISSED'} (bar: {bar})", flush=True)
    return holds


async def _measure(name: Name, age_s: float, seconds: float) -> bool:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with ExitStack() as running:

        def start(numbers: range) -> list[ServerProcess]:
            variables = {"TALMACH_WORKERS": "1", "TALMACH_MAX_CONNECTION_AGE_S": f"{age_s:g}"}
            return [running.enter_context(ServerProcess(f"127.0.0.{number}:{port}", **variables)) for number in numbers]

        servers = start(range(2, 5))
        name.set(servers)
        shares = await share(port, servers, seconds)
        held = _show(
            "share of three servers, 1 = fair",
            ", ".join(f"{each:.3f}" for each in shares),
            f"within {_UNFAIR:.0%}",
            holds=all(abs(each - 1) <= _UNFAIR for each in shares),
        )
        ends = await faults(port, servers)
        held &= _show("one killed, one drained: calls", _ends(ends), "none lost", holds=ends.keys() == {"OK"})
        pair = start(range(5, 7))
        limit_s = max(age_s * _LATE, _LEAST_BETWEEN_LOOKUPS_S) + _STARTS_S
        took_s, ends = await newcomer(port, name, [servers[2], *pair], limit_s)
        held &= _show(
            f"a new server's first call, connections of {age_s:g} s",
            f"{took_s:.1f} s",
            f"{limit_s:.0f} s",
            holds=took_s < limit_s,
        )
        held &= _show("meanwhile: calls", _ends(ends), "none lost", holds=ends.keys() == {"OK"})
    return held


def _ends(ends: Counter[str]) -> str:
    return ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.balancing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--age-s", type=float, default=40.0, help="TALMACH_MAX_CONNECTION_AGE_S of the servers")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the shares are counted")
    arguments = parser.parse_args()
    if os.environ.get("TALMACH_BENCHMARK_NAMESPACE") is None:
        unshare = shutil.which("unshare") or sys.exit("benchmarks.balancing needs unshare, of util-linux")
        os.environ["TALMACH_BENCHMARK_NAMESPACE"] = "own"
        os.execv(  # noqa: S606 - this same command
            unshare,
            [unshare, "--mount", "--map-root-user", sys.executable, "-m", "benchmarks.balancing", *sys.argv[1:]],
        )
    with tempfile.TemporaryDirectory() as directory:
        held = asyncio.run(_measure(Name(Path(directory)), arguments.age_s, arguments.seconds))
        subprocess.run(["umount", "/etc/hosts"], check=True)  # noqa: S607
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
