"""The real server with more models than its memory may hold: which are there, what callers see, what it takes."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from talmach.catalog import default_models_dir
from talmach.client import AsyncClient, RpcFailed, TranslationOptions
from tests.e2e.program import TIMEOUT_S, Server, talmach
from tests.own_models import copy_embedded

TEXT = "Горад адкрыў новую школу."
OWN = ("own-a", "own-b", "own-c")
WEIGHTS_MIB = [path.stat().st_size / (1 << 20) for path in (default_models_dir() / "embedded").glob("*/model.bin")]
ROOM_FOR_ONE_MIB = int(sum(WEIGHTS_MIB)) + 1  # beside the encoder


@pytest.fixture(name="server")
def _server(start: Callable[..., Server], tmp_path: Path) -> Server:
    for name in OWN:
        copy_embedded(tmp_path, name, ["be-en"])
    return start(
        TALMACH_MODELS_DIR=str(tmp_path),
        TALMACH_MODELS_MEMORY_MIB=str(ROOM_FOR_ONE_MIB),
        TALMACH_DEVICE="cpu",
        TALMACH_CACHE_MIB="0",
    )


def rss_mib(server: Server) -> float:
    """Return what the process holds."""
    return server.metric("process_resident_memory_bytes") / (1 << 20)


async def in_memory(client: AsyncClient) -> set[str]:
    """Return the translation models that the server says are there."""
    return {model.id for model in (await client.info()).models if model.in_memory} - {"talmach-encoder"}


async def test_models_come_and_go_within_the_limit(server: Server, tmp_path: Path) -> None:
    """Every call gets the model that it names, and the process stays as small as with one."""
    assert sorted(server.logged("models.loaded")[0]["at_need"]) == ["own-b", "own-c", "talmach-translation"]
    limit = {"TALMACH_MODELS_DIR": str(tmp_path), "TALMACH_MODELS_MEMORY_MIB": str(ROOM_FOR_ONE_MIB)}
    listed = talmach("models", "list", **limit).stdout.splitlines()
    assert ["47 MiB, loaded at the start" in line for line in listed[:3]] == [True, False, False]
    assert ["47 MiB, loaded at need" in line for line in listed[:3]] == [False, True, True]
    async with AsyncClient(server.address) as client:
        assert await in_memory(client) == {"own-a"}
        answers = [await translate(client, name) for name in (*OWN, "talmach-translation")]
        assert len(set(answers)) == 1
        before = rss_mib(server)
        for name in OWN * 4:
            assert await translate(client, name) == answers[0]
            assert await in_memory(client) == {name}
        together = await asyncio.gather(*(translate(client, OWN[number % 3]) for number in range(30)))
        assert set(together) == {answers[0]}
    assert server.metric("talmach_model_weights_bytes") <= ROOM_FOR_ONE_MIB << 20
    loads = int(server.metric("talmach_model_loads_total"))
    assert len(server.logged("model.loaded", at_least=loads)) == loads >= 14
    assert rss_mib(server) < before + max(WEIGHTS_MIB)  # without `malloc.limit_arenas` some hundred more


async def test_a_model_that_is_damaged_meanwhile_fails_alone(server: Server, tmp_path: Path) -> None:
    """Its callers are told, its health says so, and everything else goes on; mended, it serves again."""
    weights = tmp_path / "own-b" / "model.bin"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    async with AsyncClient(server.address) as client:
        with pytest.raises(RpcFailed) as failed:
            await translate(client, "own-b")
        assert (failed.value.code, failed.value.reason) == ("FAILED_PRECONDITION", "MODEL_UNUSABLE")
        assert "sha256" in server.logged("model.not_loaded")[0]["problem"]
        server.wait_until(lambda: server.health("models/own-b") == "NOT_SERVING")
        healthy = ("", "models/own-a", "directions/be-en")
        assert [server.health(part) for part in healthy] == ["SERVING"] * 3
        assert await translate(client, "own-a")
        weights.write_bytes(whole)
        assert await translate(client, "own-b")
    server.wait_until(lambda: server.health("models/own-b") == "SERVING")


async def translate(client: AsyncClient, model: str) -> str:
    """Return the translation that a model makes."""
    options = TranslationOptions(source_language_code="be", target_language_code="en", model=model)
    reply = await client.translate_texts([TEXT], options, timeout_s=TIMEOUT_S)
    assert list(reply.model_ids) == [model]
    return "".join(segment.translated_text for segment in reply.translations[0].segments)
