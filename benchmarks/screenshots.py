"""Takes the pictures of the documents, and one of every page: a demo desk in a real browser, the pages as they are.

    python -m benchmarks.screenshots [--home FOLDER] [--into docs/images] [--every docs/screens] [--only-documents]

Without ``--home`` a demo desk is set up in a temporary folder, which takes about two minutes. A desk that is given is
worked on: three tickets are dispatched, and a resident writes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from api.setting_up import DEMO_PASSWORD
from benchmarks.every_screen import drawn, keep, take_every
from drills.served import Served

CHROMIUM = "/usr/bin/chromium"
LARGEST = 250_000
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
MESSAGE = "玉泉大街30号院门口的路灯三天不亮了，晚上看不清路"
CALL = "我们小区3号楼的电梯坏了两天，老人上不去楼"
PERIOD = timedelta(days=270)
SURE = 0.7


class Camera:
    """A browser that signs in, opens a page and keeps its picture."""

    def __init__(self, browser: Browser, url: str, into: Path) -> None:
        self._browser = browser
        self._url = url
        self._into = into

    def take(
        self,
        name: str,
        path: str,
        *,
        login: str = "",
        phone: bool = False,
        first: Callable[[Page], object] | None = None,
    ) -> None:
        """The page at ``path`` as this user sees it; ``first`` is done before the picture is taken."""
        context = self._browser.new_context(
            viewport=PHONE if phone else WIDE, locale="zh-CN", device_scale_factor=2 if phone else 1, has_touch=phone
        )
        if login:
            context.request.post(f"{self._url}/login", form={"login": login, "password": DEMO_PASSWORD})
        page = context.new_page()
        page.goto(f"{self._url}{path}")
        page.wait_for_load_state("networkidle")
        if first is not None:
            first(page)
        file = self._into / f"{name}.png"
        keep(page.screenshot(), file)
        context.close()
        size = file.stat().st_size
        print(f"{file}  {size / 1000:.0f} kB", flush=True)
        if size > LARGEST:
            raise SystemExit(f"{file} is larger than {LARGEST // 1000} kB")


class Reader:
    """One user of the API, to find pages worth a picture."""

    def __init__(self, url: str, login: str) -> None:
        session = httpx.post(f"{url}/api/v1/sessions", json={"login": login, "password": DEMO_PASSWORD}, timeout=30)
        token = session.raise_for_status().json()["token"]
        self._client = httpx.Client(base_url=f"{url}/api/v1", headers={"authorization": f"Bearer {token}"}, timeout=30)

    def get(self, path: str, **query: str) -> Any:
        return self._client.get(path, params=query).raise_for_status().json()

    def post(self, path: str) -> Any:
        return self._client.post(path, json={}).raise_for_status().json()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()


def waiting(reader: Reader) -> list[dict[str, Any]]:
    """Tickets of the queue with a suggestion, whole."""
    briefs = reader.get("/tickets", queue="true")["items"]
    whole = (reader.get(f"/tickets/{brief['id']}") for brief in briefs if not brief["case_id"])
    return [ticket for ticket in whole if ticket["suggestion"] and ticket["suggestion"]["unit"]]


def telling(ticket: dict[str, Any]) -> float:
    """How much of what a suggestion can show this ticket shows."""
    suggestion = ticket["suggestion"]
    marked = len({reason["start"] for reason in suggestion["reasons"] if reason["end"] > reason["start"]})
    shown = (
        len(suggestion["matters"]) == 1,
        bool(suggestion["articles"]),
        "place" not in suggestion["missing"],
        ticket["request_type"] == "投诉",
    )
    return float(suggestion["category"][0]["probability"]) + min(marked, 3) / 3 + sum(shown)


def busy_unit(reader: Reader) -> str:
    """The unit most of the queue goes to, given its first three tickets to sign."""
    work: dict[str, list[str]] = {}
    for ticket in waiting(reader):
        if ticket["suggestion"]["category"][0]["probability"] > SURE:
            work.setdefault(ticket["suggestion"]["unit"][0]["code"], []).append(ticket["id"])
    if not work:
        raise SystemExit("no waiting ticket has a sure suggestion")
    unit, tickets = max(work.items(), key=lambda item: len(item[1]))
    for ticket in tickets[:3]:
        reader.post(f"/tickets/{ticket}/accept")
    return unit


def write_and_read(page: Page) -> None:
    """Be the resident once, unless somebody was before."""
    if page.locator("#chat .bubble").count() == 0:
        page.get_by_label("消息", exact=True).fill(MESSAGE)
        page.get_by_role("button", name="发送").click()
        page.locator("#chat .bubble.in").first.wait_for()
    page.locator("h1").click()


def call(page: Page) -> None:
    """Play a call as far as a ticket is about to come of it."""
    page.get_by_role("button", name="拨打", exact=True).click()
    page.get_by_label("来电人说").fill(CALL)
    page.get_by_label("来电人说").press("Enter")
    page.locator("#chat .bubble.out").first.wait_for()
    page.get_by_role("button", name="这种情况从什么时候开始的").click()
    page.locator("#chat .bubble.in").nth(1).wait_for()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser whose own words, those of fields for dates and files, are Chinese where chromium-l10n is installed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--lang=zh-CN"],
            env=os.environ | {"LANGUAGE": "zh_CN"},
        )
        yield browser
        browser.close()


def take_documents(browser: Browser, url: str, into: Path) -> None:
    """The pictures that README and documents show."""
    camera = Camera(browser, url, into)
    with Reader(url, "dispatcher") as reader:
        ticket = max(waiting(reader), key=telling)["number"]
        camera.take("ticket", f"/tickets/{ticket}", login="dispatcher")
        camera.take("queue", "/tickets?queue=1", login="dispatcher")
        unit = busy_unit(reader)
    today = date.today()  # noqa: DTZ011  the desk of this machine
    period = urlencode({"from": today - PERIOD, "to": today, "by": "unit"})
    camera.take("todo-phone", "/todo", login=f"lead-{unit}", phone=True)
    camera.take("rates", f"/rates?{period}", login="supervisor")
    camera.take("board", f"/board?period={today:%Y-%m}", login="supervisor", first=drawn)
    camera.take("city", "/city", login="dispatcher")
    camera.take("simulator", "/simulator", first=write_and_read)
    camera.take("simulator-call", "/simulator/hotline", first=call)


@contextmanager
def desk_home(given: Path | None) -> Iterator[Path]:
    """The home given, or a fresh demo district."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="yingsheng-shots-") as folder:
        environment = os.environ | {"YINGSHENG_HOME": folder, "OMP_NUM_THREADS": "1"}
        subprocess.run([sys.executable, "-m", "api.cli", "demo", "--no-serve"], check=True, env=environment)
        yield Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a demo desk's home that is there already")
    parser.add_argument("--into", type=Path, default=Path("docs/images"), help="where the documents' pictures go")
    parser.add_argument("--every", type=Path, default=Path("docs/screens"), help="where those of every page go")
    parser.add_argument("--only-documents", action="store_true", help="not every page")
    given = parser.parse_args()
    if not Path(CHROMIUM).exists():
        raise SystemExit(
            "Chromium is not here: apt-get install chromium chromium-l10n fonts-noto-cjk fonts-noto-color-emoji"
        )
    given.into.mkdir(parents=True, exist_ok=True)
    with desk_home(given.home) as home, Served(home, {}, YINGSHENG_DEMO="true") as served, chromium() as browser:
        take_documents(browser, served.url, given.into)
        if not given.only_documents:
            take_every(browser, served.url, home, given.every)


if __name__ == "__main__":
    main()
