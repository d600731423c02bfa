"""A real browser, a fresh profile for each session, and a page that may not make a sound."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Opener = Callable[..., "Page"]


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Chromium: of `CHROMIUM`, or the one that the system has."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only the lane has it

    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> Iterator[Opener]:
    """Open HTML as a file; whatever it says on the console, or asks for, fails the test."""
    heard: list[str] = []
    contexts: list[BrowserContext] = []

    def open_(html: str, *, width: int = 1280, scheme: str = "light") -> "Page":
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        contexts.append(context)
        page = context.new_page()

        def said(message: "ConsoleMessage") -> None:
            heard.append(f"console: {message.text}")

        def asked(request: "Request") -> None:
            if request.url != file.as_uri():
                heard.append(f"request: {request.url}")

        page.on("console", said)
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("request", asked)
        page.goto(file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert heard == []
