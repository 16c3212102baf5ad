"""A tab of a real Chromium with the page in it, and everything that it did which a page must not do."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="needs the extra browser")
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, Request, expect, sync_playwright

__all__ = ["Tab", "browsing", "chromium", "context", "expect"]

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# In the page before anything of its own: what its policy forbade.
_WATCH = """
window.watched = { violations: [] };
document.addEventListener("securitypolicyviolation", (event) => {
  window.watched.violations.push(event.violatedDirective);
});
"""
PATIENCE_MS = 120_000  # with whatever else the machine does
expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str | None:
    """Return the path of the browser, None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start the browser, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS), timeout=PATIENCE_MS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Tab:
    """A tab; playwright's own way to run scripts in it is what the page's policy forbids, so they go past the page."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)  # errors of scripts, dialogs, requests to elsewhere
    _session: Any = None

    def open(self, path: str = "/") -> None:
        """Load the page and wait until it has met the server."""
        self._session = self.page.context.new_cdp_session(self.page)
        self.page.add_init_script(_WATCH)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", self.note_dialog)
        self.page.on("request", self._check)
        self.page.goto(f"http://{self.address}{path}")
        expect(self.page.locator("body")).to_have_attribute("data-face", "compose")

    def note_dialog(self, dialog: Dialog) -> None:
        """Close a dialog, which no page of ours has, and remember it."""
        self.faults.append(dialog.message)
        dialog.dismiss()

    def _check(self, request: Request) -> None:
        if not request.url.startswith((f"http://{self.address}/", f"blob:http://{self.address}/")):
            self.faults.append(f"a request to {request.url}")

    def find(self, selector: str) -> Locator:
        """Return what the page has there."""
        return self.page.locator(selector)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression."""
        parameters = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = self._session.send("Runtime.evaluate", parameters)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def paste(self, selector: str, text: str) -> None:
        """Put a text on the clipboard and paste it as a person does."""
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.evaluate(f"navigator.clipboard.writeText({json.dumps(text)})")
        self.find(selector).first.focus()
        self.page.keyboard.press("Control+V")

    def drop(self, path: Path) -> None:
        """Drag a file into the window and let it go."""
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self._session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})

    def translate(self, body: str, headline: str = "", target: str = "en") -> None:
        """Have an article translated and wait until all of it is there."""
        self.find("#headline").fill(headline)
        self.find("#body").fill(body)
        self.find("#to").select_option(target)
        self.find("#go").click()
        self.wait_until_done()

    def wait_until_done(self) -> None:
        """Wait for the last sentence, and for the summary when it was asked for."""
        expect(self.find("#go")).to_be_visible()
        expect(self.find("#rows .target .sentence").first).to_be_visible()
        if self.find("#with-summary").is_checked():
            expect(self.find("#summary-state")).to_be_empty()

    def remember(self, selector: str) -> None:
        """Keep every text that an element shows from now on, however briefly."""
        self.evaluate(f"""{{
          const element = document.querySelector({json.dumps(selector)});
          window.watched.shown = [];
          const keep = () => window.watched.shown.push(element.textContent);
          new MutationObserver(keep).observe(element, {{ childList: true }});
        }}""")

    def remembered(self) -> list[str]:
        """Return those texts."""
        shown: list[str] = self.evaluate("window.watched.shown")
        return shown

    def texts(self, selector: str) -> list[str]:
        """Return what a reader sees there."""
        texts: list[str] = self.find(selector).all_inner_texts()
        return texts

    @contextmanager
    def timing(self) -> Iterator[list[float]]:
        """Yield a list that at the end has the milliseconds of the processor that each task of the pages took.

        Not those of the clock, in which anything else on the machine has its share.
        """
        browser, took_ms = self.page.context.browser, list[float]()
        assert browser is not None
        browser.start_tracing(page=self.page, categories=["toplevel"])
        yield took_ms
        events = json.loads(browser.stop_tracing())["traceEvents"]
        named = [each for each in events if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"]
        threads = {(each["pid"], each["tid"]) for each in named}
        for each in events:
            if each["name"].endswith("RunTask") and (each["pid"], each["tid"]) in threads:
                took_ms.append(each.get("tdur", 0) / 1_000)

    def verify(self) -> None:
        """Check that the page did nothing that no page may do."""
        self.faults += self.evaluate("window.watched.violations")
        assert self.faults == []


@contextmanager
def context(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """Open a window of its own, as wide as a desktop's unless `options` say otherwise."""
    opened = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 860}, **options})
    opened.set_default_timeout(PATIENCE_MS)
    try:
        yield opened
    finally:
        opened.close()
