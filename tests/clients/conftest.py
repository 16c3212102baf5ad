"""A real server with the embedded models, open to everybody, and one that asks for a key."""

import hashlib
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.program import Server, free_address

KEY = "a-key-of-a-newsroom"


@dataclass(frozen=True)
class Site:
    """Where it is, and what it asks for."""

    address: str
    key: str


@pytest.fixture(scope="session", params=["", KEY], ids=["open", "with keys"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start it by the command that the README has."""
    folder, address, settings = tmp_path_factory.mktemp("serve"), free_address(), {}
    if request.param:
        clients = folder / "clients.toml"
        digest = hashlib.sha256(request.param.encode()).hexdigest()
        clients.write_text(f'[[client]]\nname = "newsroom"\ntoken_sha256 = ["{digest}"]\n', encoding="utf-8")
        settings["TALMACH_CLIENTS_FILE"] = str(clients)
    server = Server.start(folder, TALMACH_HTTP_ADDRESS=address, TALMACH_WORKERS="1", **settings)
    try:
        with urllib.request.urlopen(f"http://{address}/health", timeout=120) as health:
            assert health.status == 200
        yield Site(f"http://{address}", request.param)
    finally:
        server.kill()
