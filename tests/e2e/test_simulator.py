"""Every door of the resident simulator, played once in a real browser, and its ticket on the desk."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import PHONE, Window
from tests.e2e.staff import Staff, eventually

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180), pytest.mark.xdist_group("simulator")]


@pytest.fixture
def page(window: Window) -> Page:
    return window.page


def ticket(url: str, words: str, channel: str) -> dict[str, Any]:
    """The one ticket with these words, once triage has judged it."""
    dispatcher = Staff(url, "dispatcher")

    def look() -> dict[str, Any] | None:
        found = dispatcher.get("/tickets", q=words)["items"]
        return found[0] if found and found[0]["state"] == "assessed" else None

    found = eventually(look, what=f"the judged ticket of “{words}”")
    assert found["channel"] == channel
    whole: dict[str, Any] = dispatcher.get(f"/tickets/{found['id']}")
    return whole


def open_door(page: Page, url: str, label: str) -> None:
    """By the tabs, as a visitor finds it."""
    page.goto(f"{url}/simulator?person=li")
    page.get_by_role("navigation", name="渠道").get_by_role("link", name=label).click()
    expect(page.get_by_role("link", name=label)).to_have_attribute("aria-current", "page")


def test_a_letter_is_answered_and_the_reply_joins_its_ticket(page: Page, url: str) -> None:
    open_door(page, url, "信箱")
    page.get_by_label("主题").fill("公园长椅")
    page.get_by_label("正文").fill("柳荫湖南岸的长椅断了三条，老人没有地方坐")
    page.get_by_role("button", name="寄出").click()
    page.get_by_role("button", name="回复这封信").click()
    page.get_by_label("正文").fill("补充一下，旁边的垃圾桶也倒了")
    page.get_by_role("button", name="寄出").click()
    expect(page.locator(".letter")).to_have_count(3)
    assert "垃圾桶也倒了" in ticket(url, "柳荫湖南岸的长椅", "mailbox")["text"]
    expect(page.locator("#tickets")).to_contain_text("柳荫湖南岸的长椅")


def test_a_telegram_chat_is_answered_and_its_edit_and_picture_are_on_the_ticket(window: Window, url: str) -> None:
    page = window.page
    open_door(page, url, "Telegram")
    field, send, kind = (
        page.get_by_label("消息", exact=True),
        page.get_by_role("button", name="发送"),
        page.get_by_label("消息类型"),
    )
    field.fill("惠风里小区的井盖碎了，晚上走路危险")
    send.click()
    expect(page.locator("#chat .bubble.in")).to_contain_text("工单编号", timeout=20_000)
    kind.select_option("edit")
    field.fill("惠风里小区北门的井盖碎了，晚上走路危险")
    send.click()
    expect(page.locator("#chat .bubble.out")).to_have_text(re.compile("北门.*已编辑", re.DOTALL))
    expect(kind).to_have_value("text")
    kind.select_option("image")
    send.click()
    expect(page.locator("#chat .bubble.out").last).to_contain_text("图片")
    kind.select_option("location")
    field.fill("惠风里小区北门")
    send.click()
    expect(page.locator("#chat .bubble.out").last).to_contain_text("位置")
    found = ticket(url, "惠风里小区北门的井盖碎了", "telegram")
    window.enter("agent")
    pictures = page.locator(".history img")
    eventually(lambda: page.goto(f"{url}/tickets/{found['number']}") and pictures.count(), what="the picture")


def test_a_call_played_turn_by_turn_becomes_a_ticket_and_a_late_word_joins_it(page: Page, url: str) -> None:
    open_door(page, url, "热线")
    page.get_by_role("button", name="拨打", exact=True).click()
    expect(page.locator(".bubble.in")).to_contain_text("12345热线")
    page.get_by_label("来电人说").fill("翠微亭小区3号楼的电梯坏了两天，老人上不去楼")
    page.get_by_label("来电人说").press("Enter")
    expect(page.locator(".bubble.out")).to_contain_text("电梯坏了两天")
    page.get_by_role("button", name="好的，已经为您登记").click()
    expect(page.locator(".bubble.in").last).to_contain_text("已经为您登记")
    page.get_by_role("button", name="挂断").click()
    number = page.get_by_role("status").locator(".mono").inner_text()
    page.get_by_label("来电人说").fill("物业的电话一直没有人接")
    page.get_by_role("button", name="补送").click()
    expect(page.locator(".bubble.out").last).to_contain_text("挂断后才到")
    found = ticket(url, "翠微亭小区3号楼的电梯", "hotline")
    assert found["number"] == number
    assert "没有人接" in found["text"]
    assert found["sender"] == "13800138102"


@pytest.mark.parametrize(("said", "reason"), [("", "无声电话"), ("打错了，不好意思", "打错的电话")])
def test_a_call_with_nothing_in_it_opens_no_ticket_and_says_why(page: Page, url: str, said: str, reason: str) -> None:
    page.goto(f"{url}/simulator/hotline?person=zhao")
    page.get_by_role("button", name="隐藏号码拨打").click()
    expect(page.get_by_label("电话").get_by_role("heading")).to_contain_text("通话中")  # not the call before it
    if said:
        page.get_by_label("来电人说").fill(said)
        page.get_by_label("来电人说").press("Enter")
        expect(page.locator(".bubble.out")).to_contain_text(said)
    page.get_by_role("button", name="挂断").click()
    expect(page.get_by_role("status")).to_contain_text(f"未建工单：{reason}")
    expect(page.locator("#tickets")).to_contain_text("还没有工单")


def test_a_counters_sheet_is_previewed_handed_in_and_its_bad_rows_come_back(page: Page, url: str) -> None:
    open_door(page, url, "窗口")
    page.get_by_label("诉求内容").first.fill("文渊里小区的健身器材断了一根，孩子差点摔着")
    page.get_by_role("button", name="加一行").click()
    expect(page.locator("#rows tr")).to_have_count(5)
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("status")).to_contain_text("可收 2 行，退回 1 行")
    assert Staff(url, "dispatcher").get("/tickets", q="文渊里小区的健身器材")["items"] == []
    page.get_by_role("button", name="交件").click()
    expect(page.get_by_role("status")).to_contain_text("受理 2 行")
    expect(page.locator("#report tbody tr")).to_contain_text("电话号码")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载退回的行").click()
    rows = list(load_workbook(io.BytesIO(download.value.path().read_bytes())).worksheets[0].iter_rows(values_only=True))
    assert [row[1] for row in rows] == ["姓名", "吴女士"]
    ticket(url, "文渊里小区的健身器材", "walk_in")


def test_a_counters_own_file_is_handed_in(page: Page, url: str) -> None:
    open_door(page, url, "窗口")
    sheet = "日期,姓名,电话,诉求内容\n2026-03-05,陶女士,13800138021,古井园小区门口的消火栓一直漏水\n".encode("gb18030")
    page.locator("input[type=file]").set_input_files({"name": "登记.csv", "mimeType": "text/csv", "buffer": sheet})
    page.get_by_role("button", name="交件").click()
    expect(page.get_by_role("status")).to_contain_text("受理 1 行")
    ticket(url, "古井园小区门口的消火栓", "walk_in")


def test_the_web_form_in_the_phone_is_the_residents_real_page(page: Page, url: str) -> None:
    open_door(page, url, "网页")
    form = page.frame_locator("iframe")
    form.get_by_role("textbox").fill("渠北路66号门口的路牙石塌了一段")
    form.get_by_role("button", name="下一步").click()
    form.get_by_label("具体位置").fill("渠北路66号门口")
    for step in ("照片", "怎么联系您", "核对"):
        form.get_by_role("button", name="下一步").click()
        expect(form.get_by_text(f"步：{step}")).to_be_visible()
    form.get_by_role("button", name="提交").click()
    expect(form.get_by_role("heading", name="已收到您的诉求")).to_be_visible()
    found = ticket(url, "渠北路66号门口的路牙石", "web")
    expect(page.locator("#tickets")).to_contain_text(found["number"])


def test_open311_answers_with_a_number_and_then_with_the_requests_status(page: Page, url: str) -> None:
    open_door(page, url, "Open311")
    page.get_by_label("description").fill("银杉名邸东门的指示牌倒了，挡住了人行道")
    page.get_by_role("button", name="POST /requests").click()
    expect(page.locator("#exchange .state")).to_have_text("201")
    page.get_by_role("button", name="GET /requests").click()
    expect(page.locator("#exchange pre")).to_contain_text("<status>open</status>")
    assert "demo-key" not in page.content()
    ticket(url, "银杉名邸东门的指示牌", "web")


def test_every_door_fits_a_phone(browser: Browser, url: str) -> None:
    phone = Window(browser, url, PHONE)
    phone.page.goto(f"{url}/simulator")
    doors = [
        link.get_attribute("href")
        for link in phone.page.get_by_role("navigation", name="渠道").get_by_role("link").all()
    ]
    assert len(doors) >= 7
    for door in doors:
        phone.page.goto(f"{url}{door}")
        inner, whole = phone.page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
        assert whole <= inner, door
        expect(phone.page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)
    phone.close()
    assert phone.complaints == []


def test_an_order_of_the_citys_is_received_and_withdrawn_again(page: Page, url: str) -> None:
    open_door(page, url, "市平台")
    page.get_by_label("诉求内容").fill("银杏里小区南门的井盖翘起一角，夜里绊人")
    page.get_by_role("button", name="派单").click()
    expect(page.locator("#orders")).to_contain_text("签收", timeout=30_000)
    found = ticket(url, "银杏里小区南门的井盖", "city")
    assert found["city_order"]["deadline_at"]
    page.get_by_role("button", name="撤回").click()
    expect(page.locator("#orders")).to_contain_text("已撤回")
    assert Staff(url, "dispatcher").get(f"/tickets/{found['id']}")["state"] == "withdrawn"
