"""What the site has beside the pages in docs/: README and CHANGELOG, and the reference of the contract."""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
# Files of the repository that are pages of the site, from docs/ and from the top.
_PAGES = {"../README.md": "index.md", "../CHANGELOG.md": "changes.md", "../proto/talmach/v1": "contract.md"}


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages that are made here."""
    sys.path.insert(0, str(ROOT / "proto"))
    from reference import reference  # noqa: PLC0415 - a script beside the contract

    made = {
        "index.md": _from_the_top((ROOT / "README.md").read_text(encoding="utf-8")),
        "changes.md": _from_the_top((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")),
        "contract.md": reference(),
    }
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links to files that are no pages into their names."""
    return re.sub(r"(?<!!)\[([^\]]+)\]\((\.\./[^)#]+)(#[^)]*)?\)", _link, markdown)


def _from_the_top(text: str) -> str:
    """Return a page of the top directory as if it stood in docs/."""
    text = re.sub(r"\]\((?!https?:|#|docs/)([^)]+)\)", r"](../\1)", text)
    return text.replace("](docs/", "](")


def _link(found: re.Match[str]) -> str:
    text, path, anchor = found[1], found[2].rstrip("/"), found[3] or ""
    if path in _PAGES:
        return f"[{text}]({_PAGES[path]}{anchor})"
    name = path.removeprefix("../")
    return f"`{name}`" if text.strip("`") in name else f"{text} (`{name}`)"
