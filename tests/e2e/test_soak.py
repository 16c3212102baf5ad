"""A quarter of a minute of everything at once, as `python -m benchmarks.soak` does it for hours."""

from tests.e2e.program import benchmark


def test_a_short_soak_finds_a_steady_server() -> None:
    """Memory, open files, the queue and every status code are as they should be, and the server ends well."""
    # All of it is warm-up: only what would fill a machine is growth.
    done = benchmark("soak", "--minutes", "0.25", "--allowed-mib", "256")
    assert done.status == 0, done.stdout + done.stderr
    assert "verdict  steady" in done.stdout
    assert "OK " in done.stdout
    assert "HTTP 200 " in done.stdout
    assert "INVALID_ARGUMENT " in done.stdout
