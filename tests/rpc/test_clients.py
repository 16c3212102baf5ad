"""The clients file: who is let in, what is wrong with it, and that it is read again."""

import hashlib
from pathlib import Path

import pytest

from talmach.access.clients import Client, Clients
from talmach.access.quotas import Quotas
from talmach.client import RpcFailed
from talmach.errors import PermissionDenied, Unauthenticated, UnusableFile
from tests.rpc.harness import Clients as File
from tests.rpc.harness import running, token_line

DESK = f'[[client]]\nname = "desk"\n{token_line("two")}'
ONE = Clients({hashlib.sha256(b"one").digest(): Client("news", Quotas())})


def test_a_file_names_its_clients(tmp_path: Path) -> None:
    """With their quotas; a client may have two tokens while it changes them."""
    path = tmp_path / "clients.toml"
    quotas = "requests_per_second = 2\nconcurrent_calls = 3\ncharacters_per_minute = 4000\n"
    path.write_text(f'# ours\n[[client]]\nname = "news"\n{token_line("one", "three")}{quotas}\n{DESK}')
    clients = Clients.load(path)
    found = [clients.identify(f"Bearer {token}") for token in ("one", "two", "three")]
    assert [client.name for client in found] == ["news", "desk", "news"]
    assert [client.quotas for client in found[:2]] == [Quotas(2, 3, 4_000), Quotas()]
    assert clients.identify(b"bearer  two ").name == "desk"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "one", "Basic one", "Bearer one two"])
def test_no_token_is_no_identity(authorization: str | None) -> None:
    """Whatever does not have the form of a bearer token is none."""
    with pytest.raises(Unauthenticated):
        ONE.identify(authorization)


def test_a_wrong_token_is_refused() -> None:
    """Also the hash itself, which whoever reads the file knows."""
    for token in ("two", hashlib.sha256(b"one").hexdigest(), "ONE"):
        with pytest.raises(PermissionDenied):
            ONE.identify(f"Bearer {token}")


WRONG = {
    "nothing": ("", "client: Field required"),
    "nobody": ("client = []", "client: "),
    "not TOML": ('[[client]]\nname = "desk"\ns3cret\n', "is not TOML (at line 3, column 7)"),
    "not UTF-8": ("[[client]]\nname = 'т'".encode("cp1251").decode("latin-1"), "client number 1: name: "),
    "another table": ("[[clients]]\nname = 'desk'", "clients: is not a known key"),
    "misspelled quota": (f"{DESK}requests_per_minute = 5", "client desk: requests_per_minute: is not a known key"),
    "quota of the wrong kind": (f"{DESK}requests_per_second = '5'", "client desk: requests_per_second: should be"),
    "no quota at all": (f"{DESK}characters_per_minute = 0", "client desk: characters_per_minute: should be"),
    "endless quota": (f"{DESK}requests_per_second = inf", "client desk: requests_per_second: should be"),
    "no name": (token_line("s3cret"), "token_sha256: is not a known key"),
    "strange name": (f"[[client]]\nname = 's3cret name'\n{token_line('x')}", "client number 1: name: "),
    "no token": ("[[client]]\nname = 'desk'", "client desk: token_sha256: Field required"),
    "the token itself": ("[[client]]\nname='desk'\ntoken_sha256=['s3cret']", "client desk: token_sha256: "),
    "a name twice": (f"{DESK}\n[[client]]\nname = 'desk'\n{token_line('x')}", "client desk: name: is another client's"),
    "a token twice": (f"{DESK}\n[[client]]\nname='a'\n{token_line('two')}", "client a: token_sha256: is another"),
}


@pytest.mark.parametrize(("content", "problem"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    """Client and key are named, or the line; what may be a token is never quoted."""
    path = tmp_path / "clients.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnusableFile) as caught:
        Clients.load(path)
    line = str(caught.value)
    assert f"TALMACH_CLIENTS_FILE: {path}: " in line
    assert problem in line
    assert "s3cret" not in line
    assert "\n" not in line


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With the reason."""
    with pytest.raises(UnusableFile, match=r"none\.toml cannot be read \(no such file or directory\)"):
        Clients.load(tmp_path / "none.toml")


async def test_a_new_file_is_read_while_the_server_runs(tmp_path: Path, log: object) -> None:
    """A client more, a client less; a broken file is logged once, and the clients of before stay."""
    file = File(tmp_path / "clients.toml").write(desk="")

    async def let_in(*names: str) -> list[str]:
        """Return which of the clients are let in."""
        found = []
        for name in names:
            async with served.client(token=f"{name}-token") as client:
                try:
                    await client.info()
                    found.append(name)
                except RpcFailed as failure:
                    found += [failure.code] if failure.code != "PERMISSION_DENIED" else []
        return found

    async with running(clients=file) as served:
        assert await let_in("desk", "news") == ["desk"]
        file.write(desk="", news="")
        assert await let_in("desk", "news") == ["desk", "news"]
        file.path.write_text("[[client]]\nname = 's3cret\n", encoding="utf-8")
        assert await let_in("desk", "news") == ["desk", "news"]
        file.path.unlink()
        assert await let_in("desk", "news") == ["desk", "news"]
        file.write(news="")
        assert await let_in("desk", "news") == ["news"]
    lines = log.getvalue().splitlines()  # type: ignore[attr-defined]
    assert sum("files.not_reloaded" in line for line in lines) == 2
    assert sum("files.reloaded" in line for line in lines) == 2
    assert not any("s3cret" in line or "-token" in line for line in lines)
