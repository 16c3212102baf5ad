"""The clients that are let in: a TOML file says who they are and how much they may ask for; no token is stored."""

import hashlib
import hmac
import re
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from talmach.access.quotas import Account, Quotas
from talmach.access.watched import Watched, read
from talmach.errors import PermissionDenied, Unauthenticated, UnusableFile
from talmach.metrics import Metrics

SETTING = "TALMACH_CLIENTS_FILE"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_PLACE = re.compile(r"at line \d+, column \d+|at end of document")
_MAX_QUOTA = 1_000_000_000


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class _Entry(_Table):
    """One `[[client]]`."""

    name: str = Field(pattern=f"^{NAME.pattern}$")
    token_sha256: list[Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = Field(min_length=1)
    requests_per_second: float | None = Field(None, gt=0, le=_MAX_QUOTA)
    concurrent_calls: int | None = Field(None, ge=1, le=_MAX_QUOTA)
    characters_per_minute: int | None = Field(None, ge=1, le=_MAX_QUOTA)


class _File(_Table):
    client: list[_Entry] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Client:
    """One client."""

    name: str
    quotas: Quotas


class Clients:
    """Finds the client that a token was given to."""

    def __init__(self, by_digest: Mapping[bytes, Client]) -> None:
        """`by_digest` maps the SHA-256 of each token to its client."""
        self._by_digest = by_digest

    @classmethod
    def load(cls, path: Path) -> "Clients":
        """Read a clients file.

        Raises:
            UnusableFile: it cannot be read, or something in it is wrong; names client and key, or the line.

        """
        entries = _parse(path)
        by_digest: dict[bytes, Client] = {}
        names: set[str] = set()
        for entry in entries:
            quotas = Quotas(entry.requests_per_second, entry.concurrent_calls, entry.characters_per_minute)
            digests = {bytes.fromhex(each) for each in entry.token_sha256}
            if entry.name in names:
                raise UnusableFile(f"{SETTING}: {path}: client {entry.name}: name: is another client's too")
            if digests & by_digest.keys():
                raise UnusableFile(f"{SETTING}: {path}: client {entry.name}: token_sha256: is another client's too")
            names.add(entry.name)
            by_digest |= dict.fromkeys(digests, Client(entry.name, quotas))
        return cls(by_digest)

    def identify(self, authorization: str | bytes | None) -> Client:
        """Return the client whose token the `authorization` metadata holds.

        Raises:
            Unauthenticated: there is no bearer token.
            PermissionDenied: no client was given this token.

        """
        if isinstance(authorization, bytes):
            authorization = authorization.decode(errors="replace")
        bearer = _BEARER.fullmatch(authorization or "")
        if bearer is None:
            raise Unauthenticated("authorization: no bearer token")
        digest = bytes.fromhex(sha256_of(bearer[1]))
        client = None
        for known, its_client in self._by_digest.items():
            # All of them, each in constant time: the time of a refusal must not tell how close a guess was.
            if hmac.compare_digest(known, digest):
                client = its_client
        if client is None:
            raise PermissionDenied("authorization: no client has this token")
        return client


class ClientRegistry:
    """The clients of a file, which is read again when it changes, and the account of each by its name."""

    def __init__(self, path: Path, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises UnusableFile as `Clients.load` does; `clock` is that of the quotas, in seconds."""
        self._clients = Watched("clients", [path], lambda: Clients.load(path))
        self._metrics = metrics
        self._clock = clock
        self._accounts: dict[str, Account] = {}

    def is_outdated(self) -> bool:
        """Say whether the file cannot be used as it is now, and the clients are those of before."""
        return self._clients.is_outdated()

    def authenticate(self, authorization: str | bytes | None) -> Account:
        """Return the account of the caller, with the quotas of now; raises what `Clients.identify` raises."""
        client = self._clients.current().identify(authorization)
        account = self._accounts.get(client.name)
        if account is None:
            account = Account(client.name, client.quotas, self._metrics, self._clock)
            self._accounts[client.name] = account
        account.quotas = client.quotas
        return account


def sha256_of(token: str) -> str:
    """Return what the clients file holds of a token."""
    # JSON can write half of a surrogate pair; it is a wrong token like any other.
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _parse(path: Path) -> list[_Entry]:
    content = read(SETTING, path)
    try:
        tables = tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        # Without the rest of the message: somebody may have put the token itself there.
        place = _PLACE.search(str(error))
        raise UnusableFile(f"{SETTING}: {path}: is not TOML{f' ({place[0]})' if place else ''}") from error
    try:
        return _File.model_validate(tables).client
    except ValidationError as error:
        problems = "; ".join(_problems(error, tables))
        raise UnusableFile(f"{SETTING}: {path}: {problems}") from error


def _problems(error: ValidationError, tables: Mapping[str, Any]) -> Iterator[str]:
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        location = each["loc"]
        is_unknown = each["type"] == "extra_forbidden"
        what = "is not a known key" if is_unknown else each["msg"].replace("Input should", "should")
        inside = len(location) > 1 and isinstance(location[1], int)
        place = [_named(location[1], tables), *location[2:3]] if inside else location[:1]
        yield ": ".join([*map(str, place), what])


def _named(position: int | str, tables: Mapping[str, Any]) -> str:
    """Return what to call the client at a position: its name if it has a valid one, else its number, from 1."""
    entry = tables["client"][position]
    name = entry.get("name") if isinstance(entry, dict) else None
    is_name = isinstance(name, str) and NAME.fullmatch(name)
    return f"client {name}" if is_name else f"client number {int(position) + 1}"
