"""The documentation as a site: it builds without a warning, and its references are whole."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from talmach import client
from talmach.pb import info_pb2, summarization_pb2, translation_pb2

ROOT = Path(__file__).parents[2]
pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it; a broken link or a missing page is an error."""
    directory = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(directory)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


def page(site: Path, name: str) -> str:
    """Return a page of the site."""
    return (site / name / "index.html").read_text(encoding="utf-8")


def test_every_page_is_there(site: Path) -> None:
    """Those of docs/, README and CHANGELOG; none leads out of the site."""
    for name in ("", "changes", *(path.stem for path in (ROOT / "docs").glob("*.md"))):
        text = page(site, name)
        links = re.findall(r'(?:href|src)="([^"#:]+)[^"]*"', text)
        broken = [
            link
            for link in links
            if not link.startswith("/") and not (site / name / link).resolve().is_relative_to(site.resolve())
        ]
        assert broken == [], name


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    """A page needs no other host to be shown."""
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|img|iframe)[^>]+src="https?:[^"]+"', text) == [], path
        assert re.findall(r'<link[^>]+rel="(?:stylesheet|preconnect)"[^>]+href="https?:', text) == [], path


def test_the_contract_is_whole(site: Path) -> None:
    """Every method, message, field and enum value of the contract has its line, and links lead to headings."""
    text = page(site, "contract")
    for module in (translation_pb2, summarization_pb2, info_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            assert f'id="{service.name.lower()}"' in text
            assert all(f"<strong>{method.name}</strong>" in text for method in service.methods)
        for message in module.DESCRIPTOR.message_types_by_name.values():
            assert f'id="{message.name.lower()}"' in text
            assert all(f"<code>{field.name}</code>" in text for field in message.fields)
        for enum in module.DESCRIPTOR.enum_types_by_name.values():
            assert all(f"<code>{value.name}</code>" in text for value in enum.values)
    anchors = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= anchors


def test_the_client_is_whole(site: Path) -> None:
    """Every public method of both clients, with what it takes."""
    text = page(site, "client")
    for owner in (client.Client, client.AsyncClient):
        methods = [name for name in vars(owner) if not name.startswith("_")]
        assert methods
        missing = [name for name in methods if f'id="talmach.client.{owner.__name__}.{name}"' not in text]
        assert missing == []
