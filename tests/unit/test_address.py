"""What an address may look like, which are on this machine, and which way leads through a proxy."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from talmach.client.address import Target

VARIABLES = ("grpc_proxy", "https_proxy", "http_proxy", "no_grpc_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the proxies of whoever runs the tests."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("address", "hosts", "is_one_server", "is_here"),
    [
        ("127.0.0.1:50051", ("127.0.0.1",), True, True),
        ("127.8.9.10:50051", ("127.8.9.10",), True, True),
        ("[::1]:50051", ("::1",), True, True),
        ("localhost:50051", ("localhost",), True, True),
        ("198.51.100.7:1", ("198.51.100.7",), True, False),
        ("[2001:db8::7]:1", ("2001:db8::7",), True, False),
        ("talmach:50051", ("talmach",), False, False),
        ("talmach.news.example:65535", ("talmach.news.example",), False, False),
        ("dns:///talmach:50051", ("talmach",), False, False),
        ("dns:talmach:50051", ("talmach",), False, False),
        ("dns://198.51.100.1/talmach:50051", ("talmach",), False, False),
        ("dns:///127.0.0.1:50051", ("127.0.0.1",), True, True),
        ("ipv4:127.0.0.1:1", ("127.0.0.1",), True, True),
        ("ipv4:127.0.0.1:1,127.0.0.1:2", ("127.0.0.1", "127.0.0.1"), False, True),
        ("ipv4:127.0.0.1:1,198.51.100.7:2", ("127.0.0.1", "198.51.100.7"), False, False),
        ("ipv6:[::1]:1,[::1]:2", ("::1", "::1"), False, True),
        ("unix:/run/talmach.sock", (), True, True),
        ("unix:///run/talmach.sock", (), True, True),
        (f"unix:/{'a' * 106}", (), True, True),
        (f"unix:/{'%20' * 60}", (), True, True),
        ("unix-abstract:talmach", (), True, True),
    ],
)
def test_addresses(address: str, hosts: tuple[str, ...], is_one_server: bool, is_here: bool) -> None:
    """Every form that gRPC knows and a user may want."""
    target = Target.parse(address)
    assert (target.hosts, target.is_one_server, target.is_here) == (hosts, is_one_server, is_here)


@pytest.mark.parametrize(
    "address",
    [
        *("", "localhost", ":50051", "localhost:", "localhost:x", "localhost:65536", "127.0.0.1:50051/", "a b:1"),
        *("http://127.0.0.1:50051", "https://talmach:50051", "grpc://talmach:50051", "::1:50051", "talmach:٥"),
        *("dns:///", "dns:///talmach", "ipv4:", "ipv4:127.0.0.1:1,", "unix:", "127.0.0.1:1,127.0.0.1:2", "\udcff:22"),
    ],
)
def test_what_is_no_address(address: str) -> None:
    """It is refused before anything is connected; a URL above all."""
    with pytest.raises(ValueError, match=r"is not HOST:PORT$"):
        Target.parse(address)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("ipv4:localhost:50051", "'localhost' is not an address of ipv4"),
        ("ipv4:127.0.0.1:1,10.0.0:2", "'10.0.0' is not an address of ipv4"),
        ("ipv4:[::1]:1", "'::1' is not an address of ipv4"),
        ("ipv6:127.0.0.1:1", "'127.0.0.1' is not an address of ipv6"),
        (f"unix:/{'a' * 107}", r"its path has 108 bytes \(limit 107\)"),
        (f"unix:///{'ж' * 54}", r"its path has 109 bytes \(limit 107\)"),
        (f"unix-abstract:{'a' * 108}", r"its path has 108 bytes \(limit 107\)"),
        ("unix://run/talmach.sock", "names a host, which the path of a socket has not"),
    ],
)
def test_what_grpc_refuses(address: str, problem: str) -> None:
    """It would only say that "the target uri is not valid"."""
    with pytest.raises(ValueError, match=f"{problem}$"):
        Target.parse(address)
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError, match="target uri is not valid"):
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60)


@pytest.mark.parametrize(
    ("address", "variables", "proxy"),
    [
        ("talmach:1", {}, ""),
        ("talmach:1", {"http_proxy": "http://proxy:3128"}, "proxy:3128 (http_proxy)"),
        ("198.51.100.7:1", {"https_proxy": "http://proxy:3128/"}, "proxy:3128 (https_proxy)"),
        ("talmach:1", {"http_proxy": "http://a:1", "https_proxy": "http://b:2"}, "b:2 (https_proxy)"),
        ("talmach:1", {"https_proxy": "http://b:2", "grpc_proxy": "http://c:3"}, "c:3 (grpc_proxy)"),
        ("talmach:1", {"http_proxy": "http://desk:secret@proxy:3128"}, "proxy:3128 (http_proxy)"),
        ("dns:///talmach.news:1", {"http_proxy": "http://a:1", "no_proxy": "other, .NEWS"}, ""),
        ("talmach.news:1", {"http_proxy": "http://a:1", "no_proxy": ".newspaper"}, "a:1 (http_proxy)"),
        ("talmach:1", {"http_proxy": "http://a:1", "no_proxy": "talmach", "no_grpc_proxy": "x"}, "a:1 (http_proxy)"),
        ("198.51.100.7:1", {"http_proxy": "http://a:1", "no_proxy": "198.51.100.0/24"}, ""),
        ("198.51.100.7:1", {"http_proxy": "http://a:1", "no_proxy": "192.0.2.0/24,x/y"}, "a:1 (http_proxy)"),
        ("ipv4:198.51.100.7:1,198.51.100.8:1", {"http_proxy": "http://a:1"}, ""),
        ("127.0.0.1:1", dict.fromkeys(VARIABLES[:3], "http://a:1"), ""),
        ("localhost:1", dict.fromkeys(VARIABLES[:3], "http://a:1"), ""),
        ("[::1]:1", dict.fromkeys(VARIABLES[:3], "http://a:1"), ""),
        ("talmach:1", {"http_proxy": "HTTP://proxy:3128?x"}, "proxy:3128 (http_proxy)"),
        ("talmach:1", {"http_proxy": "http://[bad:3128"}, "[bad:3128 (http_proxy)"),
        ("talmach:1", {"http_proxy": "proxy.corp:3128"}, ""),
        ("talmach:1", {"http_proxy": "desk:secret@proxy:3128"}, ""),
        ("talmach:1", {"https_proxy": "https://proxy:3128", "http_proxy": "http://a:1"}, ""),
        ("unix:/run/talmach.sock", dict.fromkeys(VARIABLES[:3], "http://a:1"), ""),
    ],
)
def test_proxies(address: str, variables: dict[str, str], proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy and its variable, without the password; this machine is never reached through one."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Target.parse(address).proxy == proxy
