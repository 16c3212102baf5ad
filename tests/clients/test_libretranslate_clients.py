"""Clients of LibreTranslate that nobody here wrote, unchanged, against the real server.

Needs the extra `clients`, and the packages of npm in the folder that NODE_PATH names; `.ci/run` has both.
"""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Site

libretranslatepy = pytest.importorskip("libretranslatepy")
TEXT = "Горад адкрыў новую школу."
LANGUAGES = [
    {"code": "be", "name": "Belarusian", "targets": ["en", "ru"]},
    {"code": "en", "name": "English", "targets": ["be", "ru"]},
    {"code": "ru", "name": "Russian", "targets": ["be", "en"]},
]
needs_npm = pytest.mark.skipif(
    not (os.environ.get("NODE_PATH") and shutil.which("node")), reason="needs node, and packages in NODE_PATH"
)


def translation(site: Site) -> str:
    """Return what our own API makes of the text."""
    content = {"texts": [TEXT], "options": {"sourceLanguageCode": "be", "targetLanguageCode": "en"}}
    fields = {"content-type": "application/json", "authorization": f"Bearer {site.key}"}
    request = urllib.request.Request(f"{site.address}/v1/translate", json.dumps(content).encode(), fields)  # noqa: S310
    with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
        return str(json.load(answer)["translations"][0]["translatedText"])


def test_libretranslatepy(site: Site) -> None:
    """The client of PyPI: every call that it has; its wrong key is a 403."""
    wanted = translation(site)
    client: Any = libretranslatepy.LibreTranslateAPI(site.address, site.key or None)
    assert client.translate(TEXT, "be", "en") == wanted
    assert client.translate(TEXT, "auto", "en", timeout=300) == wanted
    assert client.detect(TEXT)[0]["language"] == "be"
    assert client.languages() == LANGUAGES
    with pytest.raises(urllib.error.HTTPError, match="400"):
        client.translate(TEXT, "xx", "en")
    if site.key:
        stranger: Any = libretranslatepy.LibreTranslateAPI(site.address, "nobody")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            stranger.translate(TEXT, "be", "en")


@needs_npm
def test_packages_of_npm(site: Site) -> None:
    """libretranslate-ts, libretranslate and translate, in one program."""
    wanted = translation(site)
    program = Path(__file__).with_name("clients.mjs")
    done = subprocess.run(
        ["node", str(program), site.address, site.key, TEXT],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    got = json.loads(done.stdout)
    assert got["languages"] == LANGUAGES
    assert (got["detected"]["status"], got["detected"]["language"]) == (200, "be")
    assert got["detected"]["confidence"] > 90
    assert got["sdk"] == {"status": 200, "translatedText": wanted, "alternatives": []}
    assert got["simple"] == (None if site.key else wanted)
    assert got["fluent"] == wanted
    if site.key:
        assert got["refused"]["error"] == "Invalid API key"
