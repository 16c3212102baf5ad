"""How the public client finds servers: one of several, or none and why."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from talmach.client import AsyncClient, Cause, Client, NotConnected, RpcFailed, Tls
from talmach.rpc.connections import hang_up
from talmach.rpc.tls import credentials, watch
from tests.rpc.harness import Running, running

INFO = "talmach.v1.InfoService/GetServerInfo"


@pytest.fixture
def web() -> Iterator[str]:
    """A web server, which refuses to be a proxy."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def why(address: str, tls: Tls | None = None) -> NotConnected:
    """Return how a client is told that there is no server for it; the synchronous one is told the same."""
    async with AsyncClient(address, tls=tls) as client:
        with pytest.raises(NotConnected) as caught:
            await client.health(timeout_s=60)

    def ask() -> str:
        with Client(address, tls=tls) as client, pytest.raises(NotConnected) as caught:
            client.health(timeout_s=60)
        return str(caught.value)

    assert await asyncio.to_thread(ask) == str(caught.value)
    return caught.value


def written(folder: Path, authority: trustme.CA, name: str) -> tuple[Path, Path]:
    """Return the files of a certificate for a name, and of its key."""
    pair, cert, key = authority.issue_cert(name), folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(b"".join(each.bytes() for each in pair.cert_chain_pems))
    pair.private_key_pem.write_to_path(key)
    return cert, key


async def test_every_cause_is_named(served: Running, web: str, tmp_path: Path) -> None:
    """Without waiting until the time is over, and in words that say what to change."""
    authority, other = trustme.CA(), trustme.CA()
    ours, theirs = Tls(authority.cert_pem.bytes()), Tls(other.cert_pem.bytes())
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    here, elsewhere = written(tmp_path, authority, "127.0.0.1"), written(tmp_path, authority, "talmach.example.org")
    async with (
        running(tls=credentials(watch(*here))) as encrypted,
        running(tls=credentials(watch(*elsewhere))) as named,
        running(tls=credentials(watch(*here, tmp_path / "ca.pem"))) as mutual,
    ):
        for address, tls, cause in (
            ("127.0.0.1:1", None, Cause.REFUSED),
            ("ipv4:127.0.0.1:1,127.0.0.1:2", None, Cause.REFUSED),
            ("talmach.invalid:1", None, Cause.UNKNOWN_NAME),
            (f"unix:{tmp_path}/none", None, Cause.NO_SOCKET),
            (web, None, Cause.NOT_GRPC),
            (served.address, ours, Cause.PLAINTEXT_SERVER),
            (encrypted.address, None, Cause.CLOSED),
            (encrypted.address, theirs, Cause.UNTRUSTED),
            (named.address, ours, Cause.OTHER_NAME),
            (mutual.address, ours, Cause.CLOSED_TLS),
        ):
            failure = await why(address, tls)
            assert (address, failure.cause) == (address, cause)
            assert failure.message == f"{address}: {cause.value}"


async def test_time_that_ran_out_is_told_with_the_address() -> None:
    """The library of gRPC says nothing but that, of a server that is not there and that is tried again until then."""
    with Client("127.0.0.1:1") as client, pytest.raises(RpcFailed) as caught:
        await asyncio.to_thread(client.info, timeout_s=0.1)
    assert (caught.value.code, caught.value.message) == (
        "DEADLINE_EXCEEDED",
        "127.0.0.1:1: no answer in the time given",
    )


async def test_the_proxy_is_named(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a server elsewhere; whether the proxy refuses or is not there."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("https_proxy", f"http://desk:secret@{web}")
    refused = await why("198.51.100.7:50051")
    assert refused.message == f"198.51.100.7:50051: {Cause.PROXY.value} (through the proxy {web} (https_proxy))"
    monkeypatch.setenv("grpc_proxy", "http://127.0.0.1:1")
    gone = await why("talmach.example.org:50051")
    assert gone.message.endswith("nobody listens there (through the proxy 127.0.0.1:1 (grpc_proxy))")


async def test_this_machine_is_never_behind_a_proxy(
    served: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the variables say: not loopback by number, not by name, no unix socket, no list."""
    for variable in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    port = served.port
    async with running(address=f"unix:{tmp_path}/talmach.sock"):
        for address in (
            f"127.0.0.1:{port}",
            f"localhost:{port}",
            f"dns:///localhost:{port}",
            f"ipv4:127.0.0.1:{port},127.0.0.1:{port}",
            f"unix:{tmp_path}/talmach.sock",
        ):
            async with AsyncClient(address) as client:
                await client.wait_until_serving(60)
                assert await client.health() == "SERVING"


async def test_two_servers_get_half_of_the_calls_each() -> None:
    """One may stop serving, and one may die: nobody notices."""
    async with running() as first, running() as second:
        address = f"ipv4:{first.address},{second.address}"

        def counts() -> tuple[float, float]:
            a, b = (each.sample("talmach_rpc_requests_total", method=INFO, code="OK") for each in (first, second))
            return a, b

        async with AsyncClient(address) as client:
            await client.wait_until_serving(60)
            await wait_for_both(client, first, second)
            before = counts()
            for _ in range(100):
                await client.info()
            after = counts()
            assert all(40 <= new - old <= 60 for new, old in zip(after, before, strict=True))
            first.server.set_healthy(healthy=False)
            await wait_for_one(client, second)
            first.server.set_healthy(healthy=True)
            await wait_for_both(client, first, second)
            await second.server.stop()
            await asyncio.gather(*(client.info() for _ in range(20)))
        assert counts()[0] >= after[0] + 20


async def wait_for_both(client: AsyncClient, first: Running, second: Running) -> None:
    """Call until both servers have answered: their connections are made in the background."""
    start = [each.sample("talmach_rpc_requests_total", method=INFO, code="OK") for each in (first, second)]
    for _ in range(6_000):
        await client.info()
        now = [each.sample("talmach_rpc_requests_total", method=INFO, code="OK") for each in (first, second)]
        if all(new > old for new, old in zip(now, start, strict=True)):
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def wait_for_one(client: AsyncClient, served: Running) -> None:
    """Call until ten calls in a row have gone to one server: that the other one does not serve is told meanwhile."""
    for _ in range(600):
        start = served.sample("talmach_rpc_requests_total", method=INFO, code="OK")
        for _ in range(10):
            await client.info()
        if served.sample("talmach_rpc_requests_total", method=INFO, code="OK") == start + 10:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


async def test_several_servers_none_of_which_serves(hurried: None) -> None:
    """Health is told as a server tells it, and the end of the wait says what it was for."""
    async with (
        running(serving=False) as one,
        running(serving=False) as other,
        AsyncClient(f"ipv4:{one.address},{other.address}") as client,
    ):
        assert await client.health(timeout_s=60) == "NOT_SERVING"
        with pytest.raises(RpcFailed, match="it says NOT_SERVING"):
            await client.wait_until_serving(30)
        one.server.serve(one.use_cases, one.server_info)
        await client.wait_until_serving(6_000)


async def test_waiting_ends_where_it_is_vain(served: Running, hurried: None) -> None:
    """A server without TLS does not learn it, however long one waits; one that refuses may only be starting."""
    async with asyncio.timeout(60), AsyncClient(served.address, tls=Tls(trustme.CA().cert_pem.bytes())) as client:
        with pytest.raises(NotConnected) as caught:
            await client.wait_until_serving(60_000)
    assert caught.value.cause is Cause.PLAINTEXT_SERVER
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen; nor does anybody else meanwhile
        async with AsyncClient(f"127.0.0.1:{nobody.getsockname()[1]}") as client:
            with pytest.raises(RpcFailed, match=r"was not serving within 30 s: the connection is refused"):
                await client.wait_until_serving(30)


def test_hanging_up_leaves_the_files_of_a_process_alone(tmp_path: Path) -> None:
    """None of them is closed, and none is opened a second time."""
    with (tmp_path / "file").open("w") as file, socket.create_server(("127.0.0.1", 0)) as server:
        assert (times_open(file.fileno()), times_open(server.fileno())) == (1, 1)
        hang_up(server.getsockname()[1])
        file.write("still open")
        assert (times_open(file.fileno()), times_open(server.fileno())) == (1, 1)


def times_open(descriptor: int) -> int:
    """Return how often this process has a file open; what threads of other tests open and close does not count."""
    wanted, found = os.fstat(descriptor), 0
    for path in Path("/dev/fd").iterdir():
        with suppress(OSError):  # it was closed meanwhile
            found += os.path.samestat(path.stat(), wanted)
    return found
