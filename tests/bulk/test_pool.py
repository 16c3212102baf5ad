"""How many actors, and how large."""

import sys

import pytest

pytest.importorskip("pyarrow", reason="needs the extra bulk")

from talmach.bulk import cluster
from talmach.bulk.cluster import Pool
from talmach.bulk.desk import tuned
from talmach.bulk.job import ClusterFailure
from talmach.config import load_settings


def cpu(*cores: int) -> list[dict[str, float]]:
    """Return nodes with so many cores."""
    return [{"CPU": each, "memory": 1e9} for each in cores]


@pytest.mark.parametrize(
    ("nodes", "set_", "actors", "cores", "workers"),
    [
        (cpu(2), {}, 1, 2, 2),
        (cpu(1), {}, 1, 1, 1),
        (cpu(16), {}, 4, 4, 4),
        (cpu(64, 64, 6), {}, 33, 4, 4),
        (cpu(0, 8), {}, 2, 4, 4),  # a head without cores for work
        (cpu(8, 2), {}, 5, 2, 2),
        (cpu(8), {"workers": 8}, 1, 8, 8),
        (cpu(2), {"threads_per_worker": 2}, 1, 2, 1),
        (cpu(16), {"workers": 1, "threads_per_worker": 2}, 8, 2, 1),
    ],
)
def test_actors_fill_the_nodes(
    nodes: list[dict[str, float]], set_: dict[str, int], actors: int, cores: int, workers: int
) -> None:
    """Up to four cores each, and no core twice; what is set is kept."""
    pool = Pool.of(load_settings(**set_), nodes, None)
    assert (pool.actors, pool.cores, pool.gpus) == (actors, cores, 0)
    assert (pool.settings.workers, pool.settings.device) == (workers, "cpu")
    assert Pool.of(load_settings(**set_), nodes, 7).actors == 7


def test_gpus_have_an_actor_each_unless_the_device_is_the_cpu() -> None:
    """The actors are told which device they have, so that none takes a GPU that it was not given."""
    nodes = [{"CPU": 8.0, "GPU": 2.0}, {"CPU": 8.0}]
    pool = Pool.of(load_settings(), nodes, None)
    assert (pool.actors, pool.cores, pool.gpus, pool.settings.device) == (2, 2, 1, "cuda")
    pool = Pool.of(load_settings(device="cpu"), nodes, None)
    assert (pool.actors, pool.cores, pool.gpus, pool.settings.device) == (4, 4, 0, "cpu")
    nodes = [{"CPU": 3.0, "GPU": 4.0}, {"GPU": 2.0}, {"CPU": 8.0, "GPU": 1.0}]
    assert Pool.of(load_settings(), nodes, None).actors == 2  # the others would wait for cores for ever


def test_a_cluster_that_lacks_what_is_set_says_so() -> None:
    """Ray itself would wait for it for ever."""
    with pytest.raises(ClusterFailure, match="TALMACH_DEVICE: is cuda, and Ray knows of no GPU"):
        Pool.of(load_settings(device="cuda"), cpu(4), None)
    with pytest.raises(ClusterFailure, match=r"no node has 8 cores for one actor \(has: 4\)"):
        Pool.of(load_settings(workers=8), cpu(4, 4), None)
    nodes = [{"CPU": 1.0, "GPU": 1.0}, {"CPU": 8.0}]
    with pytest.raises(ClusterFailure, match=r"no node has a GPU and 2 cores for one actor$"):
        Pool.of(load_settings(), nodes, None)


def test_archives_have_settings_of_their_own_where_nothing_is_set() -> None:
    """Larger batches, patience with Redis, and a queue that refuses nothing."""
    tuned_ = tuned(load_settings())
    assert (tuned_.max_batch_tokens, tuned_.max_batch_size, tuned_.redis_timeout_ms) == (2_048, 64, 2_000)
    tuned_ = tuned(load_settings(max_batch_tokens=512, redis_timeout_ms=50, max_queue_tokens=2_000))
    assert (tuned_.max_batch_tokens, tuned_.max_batch_size, tuned_.redis_timeout_ms) == (512, 64, 50)
    assert tuned_.max_queue_tokens == 100_000_000


@pytest.mark.parametrize("kind", [Exception, RuntimeError, OSError])  # as Ray does; the first of them after a while
def test_why_ray_does_not_start_is_one_sentence(monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    """In its own words, which are often more than a line, and sometimes pages."""
    ray = pytest.importorskip("ray", reason="needs the extra bulk")

    def give_up(**_options: object) -> None:
        raise kind("Version mismatch:\n    Ray: 1\n" + 900 * "and more ")

    for name in (*cluster._ENVIRONMENT, *cluster._alone()):
        monkeypatch.setenv(name, "0")  # so that what is set here ends with the test
    monkeypatch.setattr(ray, "init", give_up)
    with pytest.raises(ClusterFailure) as caught, cluster.connected(None):
        pytest.fail("it has not started")
    told = str(caught.value)
    assert told.startswith("Ray on this machine cannot be used: Version mismatch: Ray: 1 and more")
    assert told.endswith(" ...")
    assert len(told) < 400


def test_a_package_that_ray_lacks_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as pandas, where ray was installed without what its data need."""
    pytest.importorskip("ray", reason="needs the extra bulk")
    for name in (*cluster._ENVIRONMENT, *cluster._alone()):
        monkeypatch.setenv(name, "0")  # so that what is set here ends with the test
    monkeypatch.setitem(sys.modules, "ray.data.exceptions", None)
    with (
        pytest.raises(ClusterFailure, match=r"^Ray cannot be used: .*ray\.data.*; pip install 'talmach\[bulk\]'$"),
        cluster.connected(None),
    ):
        pytest.fail("it is not there")


@pytest.mark.parametrize("host", [f"{'a' * 70}.example", "a..example"])
def test_an_address_that_is_no_host_name_is_one_sentence(host: str) -> None:
    """Not what the encoder of such names says."""
    with (
        pytest.raises(ClusterFailure, match=rf"^--address: no Ray at {host}:6379 \(not a host name\)$"),
        cluster.connected(f"{host}:6379"),
    ):
        pytest.fail("nobody is there")
