"""Signing in, one's own account, and the pages of administrators and auditors, in a real browser."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.axe import violations
from tests.e2e.browsing import DESKTOP, PHONE, Window, say
from tests.e2e.staff import Staff, eventually

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180), pytest.mark.xdist_group("signing-in")]

PAGES = (
    "/admin",
    "/admin/users",
    "/admin/users/new",
    "/admin/channels",
    "/admin/models",
    "/admin/pack",
    "/admin/pack/directory?q=路灯",
    "/admin/jobs",
    "/admin/settings",
    "/trouble",
    "/audit",
    "/password",
)
OWN = "a password of my own"


@pytest.fixture(scope="module")
def administrator(browser: Browser, url: str) -> Iterator[Window]:
    """An administrator's window that stays open."""
    opened = Window(browser, url)
    opened.enter("admin")
    yield opened
    opened.close()


def faults(page: Page, address: str) -> list[str]:
    """Of a page on a desk's screen and on a telephone, light and dark."""
    found = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found += [f"{address} {size['width']} {scheme}: {each}" for each in violations(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{address} is {wide} wide on {size['width']}"] if wide > size["width"] else []
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    return found


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_administration_is_for_everybody_who_works_there(administrator: Window, address: str) -> None:
    page = administrator.page
    answer = page.goto(f"{administrator.url}{address}")
    assert answer is not None
    assert answer.status == 200
    assert faults(page, address) == []
    assert administrator.complaints == []


def add_user(page: Page, url: str, role: str) -> tuple[str, str]:
    """Somebody new by the administrator's page: his login and one-time password."""
    login = f"new-{secrets.token_hex(4)}"
    page.goto(f"{url}/admin/users")
    page.get_by_role("link", name="添加用户").click()
    page.get_by_label("用户名（登录用").fill(login)
    page.get_by_label("姓名").fill("新来的人")
    page.get_by_label("角色").select_option(label=role)
    page.get_by_role("button", name="添加，并生成一次性密码").click()
    return login, page.locator(".told-once").inner_text()


def first_step(page: Page, url: str, login: str, password: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("用户名").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()


def test_from_the_administrators_hand_to_signing_in_by_a_code(administrator: Window, window: Window, url: str) -> None:
    login, given = add_user(administrator.page, url, "坐席")
    page = window.page
    first_step(page, url, login, given)
    expect(page.get_by_text("您用的是一次性密码")).to_be_visible()
    page.get_by_label("现在的密码").fill(given)
    page.get_by_label("新密码").fill(OWN)
    page.get_by_label("再输一次").fill(OWN)
    page.get_by_role("button", name="修改").click()
    expect(page.get_by_text("您用的是一次性密码")).to_have_count(0)

    page.goto(f"{url}/password")
    own = page.locator("#totp")
    own.get_by_label("现在的密码").fill(OWN)
    own.get_by_role("button", name="开启").click()
    expect(own.get_by_role("img", name="动态验证码的二维码")).to_be_visible()
    assert faults(page, "the QR code") == []
    secret = own.locator(".secret").inner_text().replace(" ", "")
    own.get_by_label("6 位数字").fill(pyotp.TOTP(secret).now())
    own.get_by_role("button", name="开启").click()
    expect(own.locator(".recovery li")).to_have_count(10)
    code = own.locator(".recovery li").first.inner_text()
    assert faults(page, "the recovery codes") == []

    page.get_by_role("button", name="退出", exact=True).first.click()
    first_step(page, url, login, OWN)
    expect(page.get_by_role("heading", name="请输入动态验证码")).to_be_visible()
    assert faults(page, "/login/code") == []
    page.get_by_label("手机应用里的").fill(pyotp.TOTP(secret).at(int(time.time()) + 30))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="退出", exact=True).wait_for()

    page.get_by_role("button", name="退出", exact=True).click()
    first_step(page, url, login, OWN)
    page.get_by_label("手机应用里的").fill(code)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="退出", exact=True).wait_for()
    page.goto(f"{url}/password")
    expect(page.locator("#totp")).to_contain_text("还剩 9 个恢复码")


def test_who_lost_his_telephone_is_helped_by_an_administrator_and_it_is_on_record(
    administrator: Window, url: str
) -> None:
    page = administrator.page
    login, _ = add_user(page, url, "回访员")
    page.get_by_role("button", name="停用").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.get_by_role("status")).to_contain_text("已停用")
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("status")).to_contain_text("已启用")
    page.get_by_role("button", name="重设密码").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.locator(".told-once")).to_be_visible()
    page.get_by_role("link", name="对他做过什么").click()
    rows = page.locator(".audit tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("重设密码")
    expect(rows.last).to_contain_text("添加用户")
    expect(rows.first).to_contain_text(login)


def test_the_chain_is_checked_and_a_search_is_taken_along(administrator: Window, url: str) -> None:
    page = administrator.page
    page.goto(f"{url}/audit")
    page.get_by_role("button", name="现在核对").click()
    expect(page.locator(".chain .state")).to_have_text("完整")
    page.get_by_label("操作", exact=True).fill("登录")
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".audit tbody tr").first).to_contain_text("登录")
    with page.expect_download() as taken:
        page.get_by_role("link", name="导出 CSV").click()
    assert taken.value.suggested_filename == "audit.csv"
    page.goto(f"{url}/audit")
    expect(page.locator(".audit tbody tr").first).to_contain_text("导出审计")


def test_an_auditor_reads_the_pages_and_is_offered_no_act(window: Window, url: str) -> None:
    page = window.enter("auditor")
    for address in ("/admin/users", "/admin/models", "/trouble"):
        page.goto(f"{url}{address}")
        expect(page.locator("main form[method=post]")).to_have_count(0)
    page.goto(f"{url}/admin/users")
    page.locator(".list tbody a").first.click()
    expect(page.locator("main form[method=post]")).to_have_count(0)


def test_a_person_is_shown_for_a_reason(window: Window, url: str) -> None:
    say(url, "清平里5号楼前的路灯不亮三天了，请尽快修复")
    number = eventually(lambda: Staff(url, "dispatcher").get("/tickets", q="清平里")["items"])[0]["number"]
    page = window.enter("supervisor")
    page.goto(f"{url}/tickets/{number}")
    page.locator(".opening summary").click()
    form = page.locator(".opening form")
    form.get_by_label("理由").select_option(label="须直接联系诉求人")
    form.get_by_label("用途").fill("回拨核实地址")
    form.get_by_role("button", name="显示").click()
    expect(page.locator(".opening")).to_have_count(0)
    expect(page.locator("h1 .mono")).to_have_text(re.compile(number))
