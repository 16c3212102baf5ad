"""The tier in the process, and the keys of all tiers."""

import gc
import tracemalloc

import pytest

from talmach.cache import HypothesisCache, LocalTier, fingerprint
from talmach.cache.hypothesis_cache import key_of
from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.metrics import Metrics
from talmach.pb.segment_pb2 import Segment

RUSSIAN = Direction("ru", "en")
GREEDY = DecodeOptions()


def hypothesis(text: str = "The town opened a new school.", *, truncated: bool = False) -> Hypothesis:
    """Return a hypothesis with that text."""
    return Hypothesis(text, -0.5, 300, truncated=truncated)


def key(number: int) -> bytes:
    """Return the key of a numbered sentence."""
    return key_of("model", GREEDY, RUSSIAN, f"Предложение {number}.")


async def test_the_least_recently_used_goes_first() -> None:
    """Room for three: the fourth pushes out the one that nobody has asked for."""
    one = LocalTier(1 << 20, Metrics())
    await one.put_many({key(0): hypothesis()})
    tier = LocalTier(3 * one.bytes_held, Metrics())
    for number in range(3):
        await tier.put_many({key(number): hypothesis()})
    assert set(await tier.get_many([key(0)])) == {key(0)}
    await tier.put_many({key(3): hypothesis()})
    assert set(await tier.get_many([key(number) for number in range(4)])) == {key(0), key(2), key(3)}


async def test_the_bound_holds_whatever_is_put() -> None:
    """Also for one value that is larger than the whole, and for a value that replaces another."""
    metrics = Metrics()
    tier = LocalTier(10_000, metrics)
    for number in range(100):
        await tier.put_many({key(number): hypothesis("x" * number)})
        assert tier.bytes_held <= 10_000
    assert metrics.registry.get_sample_value("talmach_cache_bytes") == tier.bytes_held > 5_000
    await tier.put_many({key(99): hypothesis("short")})
    before = tier.bytes_held
    await tier.put_many({key(99): hypothesis("other")})
    assert tier.bytes_held == before
    await tier.put_many({key(200): hypothesis("x" * 10_000)})
    assert tier.bytes_held == 0
    assert not await tier.get_many([key(99), key(200)])


async def test_the_bound_holds_when_texts_have_been_used() -> None:
    """A message that is made of a text makes it larger; the tier has as many as before."""
    counts = []
    for is_used in (False, True):
        tier = LocalTier(50_000, Metrics())
        for number in range(1_000):
            text = f"Горад адкрыў новую школу нумар {number}."
            await tier.put_many({key(number): hypothesis(text)})
            if is_used:
                Segment(translated_text=text)
        counts.append(len(await tier.get_many([key(number) for number in range(1_000)])))
    assert counts[0] == counts[1] > 50


@pytest.mark.parametrize("letter", ["a", "ж", "😀"])
async def test_the_estimate_is_honest(letter: str) -> None:
    """What the allocator says is within a fifth of what the tier believes, when the texts have been used."""
    tier = LocalTier(1 << 30, Metrics())
    gc.collect()
    tracemalloc.start()
    for number in range(5_000):
        text = letter * (40 + number % 120)
        await tier.put_many({key(number): Hypothesis(text, -number / 7, 300 + number, truncated=False)})
        Segment(translated_text=text)  # which leaves a copy in UTF-8 inside the text
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.8 < taken / tier.bytes_held < 1.2


def test_every_part_of_a_key_tells() -> None:
    """Other weights, options, directions and texts have other keys; equal ones have the same."""
    text = "Город открыл школу."
    keys = {
        key_of("model", GREEDY, RUSSIAN, text),
        key_of("other", GREEDY, RUSSIAN, text),
        key_of("model", DecodeOptions(beam_size=4), RUSSIAN, text),
        key_of("model", DecodeOptions(repetition_penalty=1.2), RUSSIAN, text),
        key_of("model", DecodeOptions(no_repeat_ngram_size=4), RUSSIAN, text),
        key_of("model", GREEDY, Direction("be", "en"), text),
        key_of("model", GREEDY, Direction("ru", "be"), text),
        key_of("model", GREEDY, RUSSIAN, f"{text} "),
    }
    assert len(keys) == 8
    assert key_of("model", DecodeOptions(), Direction("ru", "en"), text) in keys


def test_a_fingerprint_is_that_of_weights_and_runtime() -> None:
    """The order of the files is no part of it; their names, their sums and what runs them are."""
    files = {"model.bin": "0" * 64, "vocabulary": "1" * 64}
    same = fingerprint(dict(reversed(files.items())), "CTranslate2 4.8", "int8")
    assert fingerprint(files, "CTranslate2 4.8", "int8") == same
    assert len(same) == 64
    others = {
        fingerprint({**files, "model.bin": "2" * 64}, "CTranslate2 4.8", "int8"),
        fingerprint(files, "CTranslate2 4.9", "int8"),
        fingerprint(files, "CTranslate2 4.8", "float32"),
        fingerprint({**files, "more": "1" * 64}, "CTranslate2 4.8", "int8"),
    }
    assert len(others | {same}) == 5


async def test_only_what_is_complete_is_kept() -> None:
    """A sentence that was cut off or came to nothing gets another try."""
    cache = HypothesisCache([LocalTier(1 << 20, Metrics())], {"m": "fingerprint"})
    keys = [cache.key("m", GREEDY, RUSSIAN, text) for text in ("cut", "empty", "good")]
    for each, value in zip(keys, (hypothesis(truncated=True), hypothesis(""), hypothesis()), strict=True):
        await cache.put(each, value)
    assert await cache.get_many(keys) == {keys[2]: hypothesis()}


async def test_a_near_tier_learns_from_a_far_one() -> None:
    """And the far one is asked only for what the near one lacks."""
    metrics = Metrics()
    near, far = LocalTier(1 << 20, Metrics()), LocalTier(1 << 20, metrics)
    cache = HypothesisCache([near, far], {})
    await far.put_many({key(0): hypothesis()})
    await near.put_many({key(1): hypothesis()})
    for _ in range(2):
        assert set(await cache.get_many([key(0), key(1)])) == {key(0), key(1)}
    assert metrics.registry.get_sample_value("talmach_cache_lookups_total", {"tier": "local", "result": "hit"}) == 1
    assert metrics.registry.get_sample_value("talmach_cache_lookups_total", {"tier": "local", "result": "miss"}) == 0
