"""The pages in a headless browser: when something is drawn, what shifts, what blocks, and what it complains of."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Browser, Error, sync_playwright

from benchmarks.figures import Figure
from benchmarks.page_views import BARE, View

CHROMIUM = "/usr/bin/chromium"
WIDE = {"width": 1440, "height": 900}
TIMES, SETTLED = 3, 700
"""How often each page is opened, and the milliseconds after its load in which what comes late is still watched."""
BUDGET = (
    ("drawn", "ms", 1000.0),
    ("shift", "", 0.02),
    ("blocked", "ms", 200.0),
    ("requests", "", 15.0),
    ("complaints", "", 0.0),
)
"""First contentful paint, layout shift, longest task, requests, and what the console says; each with its limit."""
ENTRANCE = "/login in the same browser"
WATCH = """
window.budget = { shift: 0, blocked: 0 };
new PerformanceObserver(list => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.budget.shift += each.value;
}).observe({ type: 'layout-shift', buffered: true });
new PerformanceObserver(list => {
  for (const each of list.getEntries()) window.budget.blocked = Math.max(window.budget.blocked, each.duration);
}).observe({ type: 'longtask', buffered: true });
"""
READ = """() => ({
  drawn: (performance.getEntriesByName('first-contentful-paint')[0] || { startTime: -1 }).startTime,
  shift: window.budget.shift, blocked: window.budget.blocked,
})"""


def watched(url: str, views: Sequence[View], *, password: str) -> list[Figure]:
    """Figures of each page beside those of the sign-in page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        found = {view: each for view in views if (each := _watch(browser, url, view, password)) is not None}
        browser.close()
    bare = found[BARE]
    return [
        Figure(f"browser.{view.name}.{name}", each[name], unit, ENTRANCE, bare[name], "lower", aim)
        for view, each in found.items()
        for name, unit, aim in BUDGET
    ]


def _watch(browser: Browser, url: str, view: View, password: str) -> dict[str, float] | None:
    """Medians over some openings, each by a browser that has seen nothing yet; None where there is no such page."""
    rounds = []
    for _ in range(TIMES):
        seen = _open(browser, url, view, password)
        if seen is None:
            return None
        rounds.append(seen)
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def _open(browser: Browser, url: str, view: View, password: str) -> dict[str, float] | None:
    context = browser.new_context(viewport=WIDE, locale="zh-CN")  # type: ignore[arg-type]
    complaints: list[str] = []
    asked: list[str] = []
    try:
        if view.login:
            context.request.post(f"{url}/login", form={"login": view.login, "password": password})
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        answer = page.goto(f"{url}{view.path}")
        if answer is None or not answer.ok:
            return None
        page.wait_for_timeout(SETTLED)
        seen: dict[str, Any] = page.evaluate(READ)
        return {**seen, "requests": len(asked), "complaints": len(complaints)}
    except Error as problem:
        raise AssertionError(f"{view.path}: {problem}") from problem
    finally:
        context.close()
