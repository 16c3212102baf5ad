import hashlib
from pathlib import Path

import pytest

from talmach.errors import PermissionDenied, Unauthenticated
from talmach.rpc.tokens import InvalidTokensFile, Tokens


def line(name: str, token: str) -> str:
    """Return what the file says of a client and its token."""
    return f"{name}:{hashlib.sha256(token.encode()).hexdigest()}"


def test_a_file_names_its_clients(tmp_path: Path) -> None:
    """Comments and blank lines are skipped; a client may have two tokens while it changes them."""
    path = tmp_path / "tokens"
    path.write_text(f"# newsroom\n{line('news', 'one')}\n\n  {line('desk', 'two')}\n{line('news', 'three')}\n")
    tokens = Tokens.load(path)
    assert [tokens.identify(f"Bearer {token}") for token in ("one", "two", "three")] == ["news", "desk", "news"]
    assert tokens.identify(b"bearer  two ") == "desk"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "one", "Basic one", "Bearer one two"])
def test_no_token_is_no_identity(authorization: str | None) -> None:
    """Whatever does not have the form of a bearer token is none."""
    with pytest.raises(Unauthenticated):
        Tokens({hashlib.sha256(b"one").digest(): "news"}).identify(authorization)


def test_a_wrong_token_is_refused() -> None:
    """Also the hash itself, which whoever reads the file knows."""
    digest = hashlib.sha256(b"one").hexdigest()
    for token in ("two", digest, "ONE"):
        with pytest.raises(PermissionDenied):
            Tokens({bytes.fromhex(digest): "news"}).identify(f"Bearer {token}")


@pytest.mark.parametrize("content", ["", "# nobody\n", "news\n", "news:1234\n", "a b:" + "0" * 64, "news:" + "G" * 64])
def test_a_wrong_file_is_refused_without_being_quoted(tmp_path: Path, content: str) -> None:
    """Somebody may have put the token itself there."""
    path = tmp_path / "tokens"
    path.write_text(content)
    with pytest.raises(InvalidTokensFile, match="tokens") as caught:
        Tokens.load(path)
    assert not any(part in str(caught.value) for part in ("1234", "a b", "GGG"))
