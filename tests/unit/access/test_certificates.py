"""When a certificate expires, as the library that made it says."""

import re
from datetime import UTC, datetime

import pytest
import trustme

from talmach.access.certificates import expires_at

START = datetime(1990, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "end",
    ["1999-12-31T23:59:59", "2026-11-26T22:55:00", "2049-12-31T23:59:59", "2050-01-01T00:00:00", "9999-12-31T23:59:59"],
)
def test_the_end_is_read_to_the_second(end: str) -> None:
    """In both notations of time: from 2050 on the year has four digits."""
    when = datetime.fromisoformat(f"{end}+00:00")
    made = trustme.CA().issue_cert("talmach.example.org", not_before=START, not_after=when)
    assert expires_at(made.cert_chain_pems[0].bytes()) == when.timestamp()


def test_the_first_certificate_counts() -> None:
    """A chain begins with the server's own; what stands around the blocks, and between their lines, is nothing."""
    authority = trustme.CA()
    first, second = (
        authority.issue_cert("localhost", not_before=START, not_after=datetime(year, 1, 1, tzinfo=UTC)).cert_chain_pems[
            0
        ]
        for year in (2030, 2040)
    )
    chain = b"subject=CN = localhost\n\n" + first.bytes().replace(b"\n", b"\r\n") + second.bytes()
    assert expires_at(chain) == datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    trusted = re.sub(b"(BEGIN|END) CERT", rb"\1 TRUSTED CERT", first.bytes())
    assert expires_at(trusted) == datetime(2030, 1, 1, tzinfo=UTC).timestamp()
