"""Bearer tokens: a file of `name:sha256` lines says which clients there are; no token itself is stored."""

import hashlib
import hmac
import re
from pathlib import Path

from talmach.errors import PermissionDenied, Unauthenticated

_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([0-9a-f]{64})")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


class InvalidTokensFile(ValueError):
    """The file of tokens is wrong; names the line, never what stands in it."""


class Tokens:
    """The tokens that open the door, by the SHA-256 of each."""

    def __init__(self, names: dict[bytes, str]) -> None:
        """`names` maps the SHA-256 of a token to the name of the client that was given it."""
        self._names = names

    @classmethod
    def load(cls, path: Path) -> "Tokens":
        """Read a file of `name:sha256` lines (hexadecimal); blank lines and lines that begin with # are skipped.

        Raises:
            OSError: the file cannot be read.
            InvalidTokensFile: a line has another form, or the file names no client at all.

        """
        names: dict[bytes, str] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            entry = _LINE.fullmatch(line.strip())
            if entry is None:
                raise InvalidTokensFile(f"{path}:{number}: is not of the form name:sha256 (64 hexadecimal digits)")
            names[bytes.fromhex(entry[2])] = entry[1]
        if not names:
            raise InvalidTokensFile(f"{path}: has no token; remove the setting to let every caller in")
        return cls(names)

    def identify(self, authorization: str | bytes | None) -> str:
        """Return the name of the client whose token the `authorization` metadata holds.

        Raises:
            Unauthenticated: there is no bearer token.
            PermissionDenied: no client was given this token.

        """
        if isinstance(authorization, bytes):
            authorization = authorization.decode(errors="replace")
        bearer = _BEARER.fullmatch(authorization or "")
        if bearer is None:
            raise Unauthenticated("authorization: no bearer token")
        digest = hashlib.sha256(bearer[1].encode()).digest()
        name = None
        for known, its_name in self._names.items():
            # All of them, each in constant time: how long the refusal takes must not tell how near a guess was.
            if hmac.compare_digest(known, digest):
                name = its_name
        if name is None:
            raise PermissionDenied("authorization: no client has this token")
        return name
