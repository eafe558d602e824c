"""Registering in a real browser: a call with the keys alone, a counter's sheet with faults, and for those who cannot see."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.axe import violations
from tests.e2e.browsing import DESKTOP, PHONE, Window
from tests.e2e.test_live_calls import Line

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180), pytest.mark.xdist_group("registering")]

SHEET = """日期,时间,姓名,联系电话,诉求内容,地点
2026-03-05,09:10,李先生,13900000001,路灯不亮好几天了,惠风里小区
2026-02-30,09:20,王女士,12,垃圾没人清,惠风里小区
2026-03-05,09:30,,,=6*7,
"""


def keys(page: Page, *pressed: str) -> None:
    for each in pressed:
        page.keyboard.press(each)


def test_a_call_is_registered_with_the_keys_alone(window: Window) -> None:
    page = window.enter("agent")
    page.locator("h1").first.wait_for()
    keys(page, "n")
    page.wait_for_url("**/register")
    expect(page.get_by_label("来电号码")).to_be_focused()
    page.keyboard.type("13900138166")
    keys(page, "Tab", "Tab")
    expect(page.get_by_label("诉求内容")).to_be_focused()
    page.keyboard.type("路灯不亮，晚上看不清路，都好几天了")
    expect(page.locator("#beside .ask-for")).to_contain_text("具体位置")
    keys(page, "Tab")
    place = page.get_by_role("combobox", name="地点")
    expect(place).to_be_focused()
    page.keyboard.type("惠风")
    expect(page.get_by_role("option").first).to_be_visible()
    keys(page, "ArrowDown")
    expect(place).to_have_attribute("aria-activedescendant", "place-0")
    picked = page.get_by_role("option").first.get_attribute("data-written") or "?"
    keys(page, "Enter")
    expect(place).to_have_value(picked)
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.type("3号楼")
    expect(page.locator("#beside .ask-for")).to_have_count(0)
    keys(page, "Alt+2")
    second = page.locator('[data-category="2"]')
    expect(second).to_be_checked()
    chosen = second.get_attribute("value")
    keys(page, "Control+Enter")
    page.wait_for_url("**/register/done**")
    expect(page.locator(".number")).to_have_text(re.compile(r"\d{8}-\d{4}"))
    expect(page.locator(".read-out")).to_contain_text("查询码")
    ticket = page.locator(".number").inner_text()
    expect(page.get_by_role("button", name="下一个")).to_be_focused()
    keys(page, "Enter")
    page.wait_for_url("**/register")
    page.goto(f"{window.url}/tickets/{ticket}")
    expect(page.locator(".said.ask")).to_contain_text(f"坐席记录 地点：{picked}3号楼")
    expect(page.locator(f'#accept input[value="{chosen}"]')).to_be_checked()


def test_the_form_follows_a_call_until_the_agent_writes_himself(window: Window, url: str) -> None:
    line = Line(url)
    line.send(caller="13900138177")
    page = window.enter("agent")
    page.goto(f"{url}/calls/demo/{line.call_id}")
    page.get_by_role("link", name="登记这通来电").click()
    expect(page.get_by_label("来电号码")).to_have_value("13900138177")
    line.say(1, "惠风里小区3号楼前的路灯不亮")
    expect(page.get_by_label("诉求内容")).to_have_value("惠风里小区3号楼前的路灯不亮")
    expect(page.get_by_label("地点")).to_have_value("惠风里小区3号楼")
    page.get_by_label("诉求内容").fill("路灯不亮，盼尽快修")
    line.say(2, "已经三天了")
    expect(page.locator(".transcript")).to_contain_text("已经三天了")
    expect(page.get_by_label("诉求内容")).to_have_value("路灯不亮，盼尽快修")
    page.get_by_role("button", name="登记").click()
    page.wait_for_url("**/register/done**")


def test_a_counters_sheet_is_seen_before_it_is_registered_and_its_faults_come_back(window: Window) -> None:
    page = window.enter("agent")
    page.goto(f"{window.url}/counter/sheet")
    brought = {"name": "三月.csv", "mimeType": "text/csv", "buffer": SHEET.encode("utf-8-sig")}
    page.get_by_label("登记表").set_input_files(brought)
    page.get_by_role("button", name="上传并预览").click()
    faults = page.get_by_role("region", name="要改的行")
    expect(faults.locator("tbody tr")).to_have_count(2)
    expect(faults).to_contain_text("没有“2026-02-30”这一天")
    expect(page.get_by_role("region", name="可以登记的行").locator("tbody tr")).to_have_count(1)
    with page.expect_download() as coming:
        page.get_by_role("link", name="下载要改的 2 行").click()
    assert coming.value.suggested_filename == "要改的行.xlsx"
    assert violations(page) == []
    page.get_by_role("button", name="登记这 1 行").click()
    expect(page.locator("#progress")).to_contain_text("已登记 1 行", timeout=20_000)
    page.goto(f"{window.url}/counter/sheet")
    page.get_by_label("登记表").set_input_files(brought)
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_text("以前登记过", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="登记这")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nobody_is_kept_from_registering(browser: Browser, url: str, size: dict[str, int], scheme: str) -> None:
    window = Window(browser, url, size)
    page = window.enter("agent")
    page.emulate_media(color_scheme=scheme)
    found: list[str] = []
    for path in ("/register", "/counter"):
        page.goto(f"{url}{path}")
        page.get_by_label("联系电话" if path == "/counter" else "来电号码").fill("13900138199")
        page.get_by_label("诉求内容").fill("路灯不亮，晚上看不清路。另外小区门口的垃圾桶满了没有人清运")
        page.locator("#beside .categories").wait_for()
        found += violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    page.get_by_role("button", name="登记").first.click()
    page.wait_for_url("**/register/done**")
    found += violations(page)
    page.goto(f"{url}/counter/sheet")
    found += violations(page)
    window.close()
    assert found == []
    assert window.complaints == []


def test_without_scripts_a_call_is_registered_by_plain_forms(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{url}/login")
    page.get_by_label("用户名").fill("agent")
    page.get_by_label("密码").fill("yuquan-demo")
    page.get_by_role("button", name="登录").click()
    page.goto(f"{url}/register")
    page.get_by_label("诉求内容").fill("惠风里小区3号楼前的路灯不亮")
    page.get_by_role("button", name="研判一下").click()
    expect(page.get_by_label("地点")).to_have_value("惠风里小区3号楼")
    page.get_by_label("路灯不亮").check()
    page.get_by_role("button", name="登记").click()
    expect(page.locator(".number")).to_have_text(re.compile(r"\d{8}-\d{4}"))
    context.close()
