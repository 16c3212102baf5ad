"""`python tests/browser/pictures.py`: makes docs/pictures from the real page, the real server and the embedded model.

The pictures differ between machines by the fonts that they have: those in the repository were made with Debian's
Chromium and fonts-paratype.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.browser.tab import Tab, browsing, context, expect
    from tests.e2e.program import Server, free_address
else:
    # Other projects install a package `tests`, which would be found before ours.
    sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
    from program import Server, free_address
    from tab import Tab, browsing, context, expect

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
MAX_BYTES = 150_000
# Each in another language of the page and from another language of the article.
SHOTS: Mapping[str, Mapping[str, Any]] = {
    "page-light": {"locale": "en-GB", "color_scheme": "light", "article": "be", "target": "en"},
    "page-dark": {"locale": "be-BY", "color_scheme": "dark", "article": "en", "target": "be"},
    "page-narrow": {"locale": "ru-RU", "color_scheme": "light", "article": "be", "target": "ru", "width": 390},
}
HEIGHT = 740


def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(exist_ok=True)
    address = free_address()
    with tempfile.TemporaryDirectory() as directory:
        server = Server.start(Path(directory), TALMACH_HTTP_ADDRESS=address)
        try:
            with browsing() as browser:
                for name, shot in SHOTS.items():
                    _make(browser, address, PICTURES / f"{name}.png", **shot)
        finally:
            server.kill()


def _make(
    browser: Any, address: str, path: Path, *, article: str, target: str, width: int = 1080, **options: Any
) -> None:
    headline, _, body = (ROOT / "examples" / f"article.{article}.txt").read_text(encoding="utf-8").partition("\n\n")
    with context(browser, viewport={"width": width, "height": HEIGHT}, **options) as window:
        tab = Tab(window.new_page(), address)
        tab.open()
        tab.translate(body, headline, target)
        tab.find("#rows .body .target .sentence").nth(1).hover()
        expect(tab.find(".row .pointed")).to_have_count(2)
        tab.page.screenshot(path=path)
        tab.verify()
    size = path.stat().st_size
    assert size <= MAX_BYTES, f"{path.name}: has {size} bytes (limit {MAX_BYTES})"
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")  # noqa: T201 - a command prints what it made


if __name__ == "__main__":
    main()
