"""A member of staff or a resident with a browser: every page is watched for errors and for requests that leave the box."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from api.demo.payloads import wechat_xml
from api.setting_up import DEMO_PASSWORD
from api.settings import DEMO_ACCOUNTS
from api.standins.wechat import Signer

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser that asks the network for nothing by itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


class Window:
    """One person's browser window; ``complaints`` holds what the pages should not have done."""

    def __init__(self, browser: Browser, url: str, size: Mapping[str, int] = DESKTOP) -> None:
        self.url = url
        phone = size is PHONE
        self._context = browser.new_context(viewport=dict(size), locale="zh-CN", is_mobile=phone, has_touch=phone)
        self._context.set_default_timeout(10_000)
        self.complaints: list[str] = []
        self._host = urlsplit(url).netloc
        self.page = self.tab()

    def tab(self) -> Page:
        """A further tab."""
        page = self._context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._request(request.url))
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _request(self, address: str) -> None:
        if urlsplit(address).netloc != self._host:
            self.complaints.append(f"a request left the box: {address}")

    def enter(self, login: str) -> Page:
        """Sign in by the form and be on the role's first page."""
        self._context.clear_cookies()
        self.page.goto(f"{self.url}/login")
        self.page.get_by_label("用户名").fill(login)
        self.page.get_by_label("密码").fill(DEMO_PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.get_by_role("button", name="退出").wait_for()
        self.page.wait_for_load_state()  # from then on keys work
        return self.page

    def close(self) -> None:
        self._context.close()


@contextmanager
def staff(url: str, login: str) -> Iterator[httpx.Client]:
    """A client that holds the session of this user, for what needs no eyes."""
    with httpx.Client(base_url=url, timeout=30) as client:
        entered = client.post("/login", data={"login": login, "password": DEMO_PASSWORD})
        assert entered.status_code == 303, entered.text
        yield client


def say(url: str, text: str) -> None:
    """Write by WeChat as a resident nobody has heard of before."""
    payload = wechat_xml(
        sender=f"o-{secrets.token_hex(8)}",
        at=datetime.now(UTC),
        kind="text",
        text=text,
        message_id=str(secrets.randbelow(10**18)),
    )
    signed = Signer(DEMO_ACCOUNTS["wechat"]["demo"]).request(payload)
    address = f"{url}/channels/wechat/demo"
    assert httpx.post(address, params=dict(signed.query), content=signed.body, timeout=30).status_code == 200
