"""Where servers are: HOST:PORT, one of gRPC's names, or a list; and whether a proxy is in between."""

import ipaddress
import os
import re
import socket
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote_to_bytes

from talmach.text.characters import is_encodable

_MAX_PORT = 65_535
_SOCKETS = ("unix:", "unix-abstract:")
_MAX_PATH_BYTES = 107  # what the system has room for
_LISTS = {"ipv4:": ipaddress.IPv4Address, "ipv6:": ipaddress.IPv6Address}
_ENDPOINT = re.compile(r"(\[[^\[\]\s]+\]|[^\s:/,\[\]]+):([0-9]{1,5})", re.ASCII)
_DNS = re.compile(r"dns:(?://[^/]*/)?(.+)")
# In the order in which gRPC looks at them.
_PROXY_VARIABLES = ("grpc_proxy", "https_proxy", "http_proxy")
# gRPC knows no other scheme, nor a value without one, and then uses no proxy. The name and password are left out.
_PROXY = re.compile(r"http://(?:[^/?#]*@)?([^/?#]+)", re.IGNORECASE)
_EXCEPTION_VARIABLES = ("no_grpc_proxy", "no_proxy")


@dataclass(frozen=True, slots=True)
class Target:
    """What a client connects to."""

    address: str
    hosts: tuple[str, ...]  # without brackets; none for a unix socket

    @classmethod
    def parse(cls, address: str) -> Self:
        """Parse HOST:PORT, `dns:///HOST:PORT`, `ipv4:IP:PORT,IP:PORT…`, `ipv6:…` or `unix:PATH`.

        Raises:
            ValueError: it is none of these, such as a URL, or gRPC would refuse it.

        """
        kind, _, rest = address.partition(":")
        ip = _LISTS.get(f"{kind}:")
        if address.startswith(_SOCKETS):
            endpoints = []
        elif ip is not None:
            endpoints = rest.split(",")
        else:
            endpoints = [match[1] if (match := _DNS.fullmatch(address)) else address]
        matches = [_ENDPOINT.fullmatch(each) for each in endpoints]
        is_valid = rest and all(each and int(each[2]) <= _MAX_PORT for each in matches)
        if not (is_valid and is_encodable(address)):
            raise ValueError(f"{address!r} is not HOST:PORT")
        hosts = tuple(each[1].strip("[]") for each in matches if each)
        if wrong := [each for each in hosts if ip is not None and not isinstance(_ip(each), ip)]:
            raise ValueError(f"{address!r}: {wrong[0]!r} is not an address of {kind}")
        if not hosts:
            _check_path(rest, address)
        return cls(address, hosts)

    @property
    def is_one_server(self) -> bool:
        """False for a list, and for a name, which may stand for several servers."""
        return not self.hosts or (len(self.hosts) == 1 and (_ip(self.hosts[0]) is not None or self.is_here))

    @property
    def is_here(self) -> bool:
        """Say whether it is on this machine."""
        return all(map(_is_here, self.hosts))

    @property
    def proxy(self) -> str:
        """The proxy that gRPC goes through, as HOST:PORT and the variable that names it; empty = none.

        None is used for this machine, nor for a list, which gRPC would ask the proxy for as if it were one name.
        """
        if self.is_here or self.address.startswith(tuple(_LISTS)):
            return ""
        variable = next((each for each in _PROXY_VARIABLES if os.environ.get(each)), "")
        exceptions = next(filter(None, map(os.environ.get, _EXCEPTION_VARIABLES)), "")
        if not variable or any(_covers(each.strip(), self.hosts[0]) for each in exceptions.split(",")):
            return ""
        match = _PROXY.match(os.environ[variable])
        return f"{match[1]} ({variable})" if match else ""


def _check_path(path: str, address: str) -> None:
    """Raise ValueError unless gRPC takes it as the path of a unix socket, which it decodes as that of a URL."""
    if path.startswith("//") and not path.startswith("///"):
        raise ValueError(f"{address!r} names a host, which the path of a socket has not")
    size = len(unquote_to_bytes(path.removeprefix("//")))
    if size > _MAX_PATH_BYTES:
        raise ValueError(f"{address!r}: its path has {size} bytes (limit {_MAX_PATH_BYTES})")


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_here(host: str) -> bool:
    ip = _ip(host)
    if ip is None:
        return host.lower() == "localhost"
    # An address can be bound only on the machine that has it; nothing is sent.
    with socket.socket(socket.AF_INET if ip.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as probe:  # noqa: PLR2004
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


def _covers(exception: str, host: str) -> bool:
    """Say whether an entry of `no_proxy` covers a host, as gRPC reads it: the end of a name, an IP, or a network."""
    if not exception:
        return False
    if (ip := _ip(host)) and "/" in exception:
        try:
            return ip in ipaddress.ip_network(exception, strict=False)
        except ValueError:
            return False
    return host.lower().endswith(exception.lower())
