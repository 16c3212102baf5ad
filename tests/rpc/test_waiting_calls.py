"""Calls that have come and are not looked at yet, since the event loop is at something else."""

import asyncio
import subprocess
import sys
import time

from tests.rpc.harness import Running

CALLER = """
import sys, time, grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

with grpc.insecure_channel(sys.argv[1]) as channel:
    grpc.channel_ready_future(channel).result()
    print("connected", flush=True)
    time.sleep(0.5)
    check = health_pb2_grpc.HealthStub(channel).Check
    calls = [check.future(health_pb2.HealthCheckRequest(), timeout=300) for _ in range(5)]
    print(*(call.code().name for call in calls))
"""


async def test_a_call_is_answered_however_late(served: Running) -> None:
    """Of its own accord gRPC gives up after half a minute what it has received and nobody has asked for."""
    caller = await asyncio.create_subprocess_exec(sys.executable, "-c", CALLER, served.address, stdout=subprocess.PIPE)
    assert caller.stdout
    assert await caller.stdout.readline() == b"connected\n"
    time.sleep(32)  # noqa: ASYNC251 - the event loop is meant to stand still
    answers, _ = await caller.communicate()
    assert answers.split() == [b"OK"] * 5
