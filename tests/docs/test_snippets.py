"""Every block of code in README and docs/ is run here as it stands, or says above itself why it cannot be.

Such a block has the comment `<!-- not run: WHY -->` in the line above. The others run in an empty directory with an
article, on a network of their own, where a server listens at the ports that the pages name. Lines that install are left
out: the tests run where everything is installed. So is `talmach bulk`, which needs Ray: tests/bulk runs it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from talmach.access.clients import Clients
from tests.e2e.program import environment

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^(?P<above>[^\n]*)\n```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_WHY = re.compile(r"<!-- not run: (.+) -->")
_LEFT_OUT = re.compile(r"^(pip install [^&\n]*|talmach bulk .*)$", re.MULTILINE)
_READERS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": lambda text: list(yaml.safe_load_all(text)),
}
ARTICLE = "Горад адкрыў новую школу.\n\nУ ёй будуць вучыцца дзеці з трох раёнаў. Заняткі пачнуцца восенню.\n"
# Servers in the background end with the block. Between the line in their log and the first call is a moment; a server
# with TLS does not tell of it.
PRELUDE = """
set -euo pipefail
ip link set lo up
serving() {
    until grep -q models.loaded log; do kill -0 $!; sleep 0.2; done
    while [ "$(talmach health 2> /dev/null)" = NOT_SERVING ]; do kill -0 $!; sleep 0.2; done
}
"""
SERVER = "TALMACH_HTTP_ADDRESS=127.0.0.1:5000 TALMACH_METRICS_ADDRESS=127.0.0.1:9464 talmach serve 2> log & serving\n"


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code on a page."""

    page: str
    line: int
    language: str
    text: str
    why_not: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """Find all of them."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            why = _WHY.fullmatch(found["above"])
            line = text.count("\n", 0, found.start("text")) + 1
            yield Block(page.name, line, found["language"], found["text"], why[1] if why else "")


BLOCKS = list(blocks())
RUN = [block for block in BLOCKS if not block.why_not]


def in_own_network(script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a script of bash where nothing listens but what it starts."""
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        [
            "/usr/bin/unshare",
            "--map-root-user",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "bash",
            "-c",
            PRELUDE + script,
        ],
        cwd=directory,
        env=environment({"PATH": paths, "CURL_HOME": str(directory)}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def script_of(block: Block) -> str:
    """Return what is run of a block of shell or Python: servers go to the background."""
    if block.language == "python":
        return f"{SERVER}python - <<'END'\n{block.text}END\n"
    text, starts = re.subn(
        r"^([^#\n]*talmach serve\b[^#\n&]*?)\s*&?\s*(#.*)?$", r"\1 2> log & serving", block.text, flags=re.MULTILINE
    )
    needs = not starts and re.search(r"127\.0\.0\.1:(50051|5000|9464)", block.text)
    return (SERVER if needs else "") + _LEFT_OUT.sub("", text)


def test_all_blocks_are_found() -> None:
    """As many as there are fences on the pages."""
    fences = sum(len(re.findall(r"^```", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in PAGES)
    assert len(BLOCKS) * 2 == fences
    assert {block.language for block in BLOCKS} <= {"sh", "python", *_READERS}


@pytest.mark.skipif(not shutil.which("unshare") or not shutil.which("ip"), reason="no network of its own can be made")
@pytest.mark.parametrize("block", [each for each in RUN if each.language not in _READERS], ids=str)
def test_a_block_runs(block: Block, tmp_path: Path) -> None:
    """To its end, with status 0."""
    (tmp_path / "article.txt").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "page.html").write_text(f"<p>{ARTICLE}</p>", encoding="utf-8")
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n", encoding="ascii")
    done = in_own_network(script_of(block), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", [each for each in RUN if each.language in _READERS], ids=str)
def test_a_block_is_read(block: Block, tmp_path: Path) -> None:
    """By the reader of its language; clients also by the server's own."""
    assert _READERS[block.language](block.text)
    if block.text.startswith("[[client]]"):
        (tmp_path / "clients.toml").write_text(block.text, encoding="utf-8")
        assert Clients.load(tmp_path / "clients.toml")
