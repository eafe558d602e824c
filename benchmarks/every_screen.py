"""Takes a picture of every page of a demo desk, on a desk's screen and a phone's, in light and dark: ``docs/screens/``.

The pages are those of ``tests/e2e/every_page``; ``screen_things`` has what their addresses name. The pictures are for
looking at and are not kept with the source.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Page as Tab

from api.desk import Desk
from api.setting_up import DEMO_PASSWORD
from api.settings import Settings
from benchmarks import screen_things
from district.process import Role
from tests.e2e.every_page import PAGES, Page

SCREENS = {"1440": {"width": 1440, "height": 900}, "390": {"width": 390, "height": 844}}
COLOURS = ("light", "dark")
COLOURS_KEPT = 128
FULL = 2400
"""Pixels of a picture's height at most: below that a long list says nothing new."""
LONGEST = 30.0
"""Seconds that a page's charts may take."""
STILL = 0.4
"""Seconds without a stroke after which the charts are drawn."""
DRAWING = """() => {
  if (document.querySelector("[data-board][data-pending]")) return null;
  const plots = [...document.querySelectorAll("[data-plot]")].filter((plot) => plot.clientWidth);
  if (plots.some((plot) => plot.dataset.drawn === undefined)) return null;
  const drawings = plots.flatMap((plot) => [...plot.querySelectorAll("canvas")]);
  return drawings.map((each) => each.toDataURL()).join() || (plots.length ? "nothing to draw" : "");
}"""
"""What the visible charts of a page look like; null while one of them is not begun."""


def keep(picture: bytes, file: Path) -> None:
    """Write a picture with as many colours as a page has: a third of the bytes, and nobody sees a difference."""
    with Image.open(io.BytesIO(picture)) as drawn:
        drawn.convert("RGB").quantize(COLOURS_KEPT, dither=Image.Dither.NONE).save(file, optimize=True)


def drawn(tab: Tab) -> None:
    """Wait until every chart that is seen is there and nothing was drawn for a moment; at once where there is none."""
    until, before = time.monotonic() + LONGEST, None
    while (now := tab.evaluate(DRAWING)) != "":
        if now is not None and now == before:
            return
        if time.monotonic() > until:
            print(f"charts not drawn: {tab.url}", flush=True)
            return
        before = now
        tab.wait_for_timeout(STILL * 1000)


def _addresses(things: dict[str, str]) -> Iterator[tuple[str, Page]]:
    """The pages that this desk has, each with its address."""
    for page in PAGES:
        names = set(re.findall(r"\$(\w+)", page.address))
        if missing := sorted(names - things.keys()):
            print(f"left out, the demo has no {', '.join(missing)}: {page}", flush=True)
            continue
        yield re.sub(r"\$(\w+)", lambda found: things[found[1]], page.address), page


def _name(page: Page) -> str:
    plain = re.sub(r"[^\w]+", "-", page.address.replace("$", "")).strip("-") or "start"
    return f"{plain}-{page.who.role}" if page.who else plain


def _login(page: Page, unit: str) -> str:
    if page.who is None:
        return ""
    return f"lead-{unit}" if page.who.role is Role.UNIT_LEAD else screen_things.LOGINS[str(page.who.role)]


def _each(browser: Browser, url: str) -> Callable[[str, str, str], BrowserContext]:
    """Windows, one for each login, screen and colour; a login is entered once."""
    kept: dict[tuple[str, str, str], BrowserContext] = {}
    entered: dict[str, Any] = {}

    def window(login: str, screen: str, colour: str) -> BrowserContext:
        key = (login, screen, colour)
        if key not in kept:
            context = browser.new_context(
                viewport=SCREENS[screen], color_scheme=colour, locale="zh-CN", storage_state=entered.get(login)
            )
            if login and login not in entered:
                context.request.post(f"{url}/login", form={"login": login, "password": DEMO_PASSWORD})
                entered[login] = context.storage_state()
            kept[key] = context
        return kept[key]

    return window


def take_every(browser: Browser, url: str, home: Path, into: Path) -> int:
    """All pictures; return how many."""
    into.mkdir(parents=True, exist_ok=True)
    desk = Desk(Settings(home=home))
    try:
        things, unit = screen_things.found(desk)
        things |= screen_things.made(url, desk)
    finally:
        desk.close()
    window, taken = _each(browser, url), 0
    for address, page in _addresses(things):
        for screen in SCREENS:
            for colour in COLOURS:
                tab = window(_login(page, unit), screen, colour).new_page()
                tab.goto(f"{url}{address}", wait_until="load")
                tab.wait_for_timeout(150)
                drawn(tab)
                tall = min(int(tab.evaluate("document.documentElement.scrollHeight")), FULL)
                clip = {"x": 0, "y": 0, "width": SCREENS[screen]["width"], "height": tall}
                keep(tab.screenshot(full_page=True, clip=clip), into / f"{_name(page)}-{screen}-{colour}.png")
                tab.close()
                taken += 1
    print(f"{into}: {taken} pictures", flush=True)
    return taken
