"""What a failed call says, wherever it is told."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from talmach.client import Cause, NotConnected, RpcFailed
from talmach.client.failures import Violation

REFUSED = RpcFailed(
    "INVALID_ARGUMENT",
    "texts: is empty",
    reason="INVALID_REQUEST",
    metadata={"limit": "20"},
    violations=[Violation("texts", "EMPTY", "is empty")],
    retry_after_s=1.5,
)
GONE = NotConnected("talmach:50051", Cause.REFUSED, proxy="proxy:3128 (http_proxy)")


@pytest.mark.parametrize("failure", [REFUSED, GONE], ids=["refused", "not connected"])
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])  # noqa: S301
def test_a_copy_says_the_same(failure: RpcFailed, how: type) -> None:
    """The sentence, and everything that a caller may look at."""
    copied = how(failure)
    assert (type(copied), str(copied), vars(copied)) == (type(failure), str(failure), vars(failure))


def test_a_failure_comes_back_from_a_process() -> None:
    """As itself; one that could not be read again broke the whole pool."""
    program = "from talmach.client import Client\nClient('127.0.0.1:1').health(timeout_s=60)"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(NotConnected) as caught:
            pool.submit(exec, program).result(timeout=300)
        assert (caught.value.cause, caught.value.may_pass) == (Cause.REFUSED, True)
        assert pool.submit(len, "ok").result(timeout=300) == 2
