"""The pages in a real browser: the README's five minutes, the keyboard, the phone, and who may see what."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import PHONE, Window, say, staff
from tests.e2e.staff import Staff, eventually

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180), pytest.mark.xdist_group("pages")]

README = Path(__file__).parents[2] / "README.md"
ANSWER = "路灯已于今天下午修复，并检查了整条路的线路。"


@pytest.fixture
def phone(browser: Browser, url: str) -> Iterator[Window]:
    opened = Window(browser, url, PHONE)
    yield opened
    opened.close()
    assert opened.complaints == []


def _ticket(url: str, words: str) -> dict[str, Any]:
    """The ticket of a message, once triage has judged it."""
    dispatcher = Staff(url, "dispatcher")

    def look() -> dict[str, Any] | None:
        items = dispatcher.get("/tickets", q=words)["items"]
        return items[0] if items and items[0]["state"] == "assessed" else None

    return eventually(look, what=f"the judged ticket of “{words}”")


def _case(url: str, words: str) -> dict[str, Any]:
    """A dispatched case of a fresh message."""
    say(url, words)
    dispatcher = Staff(url, "dispatcher")
    accepted = dispatcher.post(f"/tickets/{_ticket(url, words)['id']}/accept")
    case: dict[str, Any] = dispatcher.get(f"/cases/{accepted['case_id']}")
    assert case["state"] == "dispatched"
    return case


def test_the_readmes_five_minutes_can_be_followed_word_for_word(window: Window, url: str) -> None:
    written = re.search(r"write\s+`([^`]+)`", README.read_text("utf-8"))
    assert written
    message = written[1]

    resident = window.page
    resident.goto(f"{url}/simulator")
    resident.get_by_label("消息", exact=True).fill(message)
    resident.get_by_role("button", name="发送").click()
    expect(resident.locator("#chat .bubble.in").last).to_contain_text("工单编号")

    desk = window.tab()
    desk.goto(f"{url}/login")
    desk.get_by_role("button", name="派单员·何立").click()
    expect(desk.get_by_role("heading", name="待处理")).to_be_visible()
    _ticket(url, message)
    desk.reload()
    desk.get_by_role("row").filter(has_text=message).get_by_role("link").click()
    suggestion = desk.locator("#accept")
    expect(suggestion.locator(".choice").first).to_contain_text("路灯不亮")
    expect(suggestion.locator(".unit").first).to_contain_text("DL-")
    expect(desk.locator(".said mark").first).to_be_visible()
    number = desk.locator("h1 .mono").inner_text()

    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_contain_text(number)
    assert f"/tickets/{number}" not in desk.url, "the next ticket, or the empty queue, is shown"
    desk.get_by_role("link", name="办件", exact=True).click()
    first = desk.locator(".list tbody tr").first
    expect(first).to_contain_text(message[:20])
    expect(first.locator(".clock")).to_contain_text("还剩")
    unit = first.locator("td").nth(2).inner_text()
    assert unit

    desk.get_by_role("button", name="退出").click()
    desk.get_by_label("承办单位").fill(unit)
    desk.get_by_role("button", name="负责人").click()
    desk.locator(".card").filter(has_text=message[:20]).get_by_role("button", name="签收").click()
    desk.locator(".card").filter(has_text=message[:20]).get_by_role("link", name="办理").click()
    contact = desk.locator("details[open]").filter(has_text="记录联系居民")
    contact.get_by_label("联系方式").select_option(label="上门")
    contact.get_by_label("内容").fill("到场见到居民，确认灯杆编号")
    contact.get_by_role("button").click()
    answer = desk.locator("details[open]").filter(has_text="答复")
    answer.get_by_label("答复（公开").fill(ANSWER)
    answer.get_by_label("办理记录").fill("电工到场换线，灯杆编号另报")
    expect(answer.locator(".reply-warnings")).to_contain_text("没有写明单位或联系方式")
    answer.get_by_label("已看过，仍这样发出").check()
    answer.get_by_role("button", name="答复").click()
    desk.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(desk.locator("#case .state")).to_have_text("已答复")

    expect(resident.locator("#chat .bubble.in").last).to_contain_text(ANSWER)
    expect(resident.locator("#chat")).not_to_contain_text("电工到场换线")

    desk.get_by_role("button", name="退出").click()
    desk.get_by_role("button", name="回访员·许静").click()
    expect(desk.get_by_role("heading", name="回访")).to_be_visible()
    eventually(lambda: desk.reload() and desk.get_by_role("row").filter(has_text=message).count(), what="the callback")
    desk.get_by_role("row").filter(has_text=message).get_by_role("link").click()
    for choice in ("接通", "联系过", "已解决", "满意"):
        desk.get_by_label(choice, exact=True).check()
    desk.get_by_role("button", name="保存回访结果").click()
    expect(desk.locator("h1 .state")).to_have_text("已办结")

    desk.get_by_role("link", name="三率").click()
    row = desk.locator(".figures tbody tr").filter(has_text=unit)
    expect(row.locator("td").nth(2)).to_have_text("100.00")
    row.get_by_role("link", name="1", exact=True).first.click()
    expect(desk.locator(".list tbody tr")).to_contain_text(message[:20])


def test_enter_accepts_figures_choose_and_letters_move(window: Window, url: str) -> None:
    for place in ("兴业里小区", "翠微亭小区"):
        say(url, f"{place}3号楼前的垃圾桶满了三天没有人清运，臭味很大")
        _ticket(url, place)
    page = window.enter("dispatcher")
    page.keyboard.press("/")
    expect(page.locator("input[name=q]")).to_be_focused()
    page.keyboard.press("Tab")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".list tbody tr").nth(1)).to_have_class(re.compile("marked"))
    page.keyboard.press("k")
    expect(page.locator(".list tbody tr").nth(0)).to_have_class(re.compile("marked"))
    page.keyboard.press("Enter")
    expect(page.locator("#accept")).to_be_visible()

    page.goto(f"{url}/tickets?queue=1&q=翠微亭小区")
    page.locator(".list tbody a").first.click()
    expect(page.locator("#accept")).to_be_visible()  # a key pressed before goes to the page that is being left
    page.keyboard.press("2")
    expect(page.locator("#accept input[data-key='2']")).to_be_checked()
    page.keyboard.press("1")
    number = page.locator("h1 .mono").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(number)


def test_a_dispatch_just_made_can_be_taken_back(window: Window, url: str) -> None:
    words = "柳荫湖西岸的路灯连着五盏都不亮"
    say(url, words)
    ticket = _ticket(url, words)
    page = window.enter("dispatcher")
    page.goto(f"{url}/tickets/{ticket['number']}")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="撤回").click()
    expect(page.locator("#accept")).to_be_visible()
    expect(page.locator("#case .state")).to_have_text("待派单")
    waiting = Staff(url, "dispatcher").get("/tickets", queue=True)["items"]
    assert ticket["number"] in {each["number"] for each in waiting}


def test_a_second_reporter_is_merged_into_the_case_of_the_first(window: Window, url: str) -> None:
    matter = "鼓楼前大街88号门口的自来水管爆了，水流了一地，"
    case = _case(url, f"{matter}快派人来修")
    say(url, f"{matter}大家都没法走路")
    ticket = _ticket(url, f"{matter}大家都没法走路")
    page = window.enter("dispatcher")
    page.goto(f"{url}/tickets/{ticket['number']}")
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.locator("#case")).to_contain_text(case["number"])
    merged = Staff(url, "dispatcher").get(f"/cases/{case['id']}")
    assert {each["number"] for each in merged["tickets"]} == {case["tickets"][0]["number"], ticket["number"]}


def test_nothing_is_chosen_for_the_clerk_where_triage_is_unsure(window: Window, url: str) -> None:
    words = "Здравствуйте, подскажите пожалуйста"  # nothing that triage could know
    say(url, words)
    ticket = _ticket(url, words)
    page = window.enter("dispatcher")
    expect(page.get_by_role("row").filter(has_text=words)).to_contain_text("拿不准")
    page.goto(f"{url}/tickets/{ticket['number']}")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelectorAll('#accept :invalid').length") > 0
    assert Staff(url, "dispatcher").get(f"/tickets/{ticket['id']}")["state"] == "assessed"


def _fits(page: Page) -> None:
    inner, whole = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert whole <= inner, f"{page.url} is {whole} px wide on a screen of {inner}"
    expect(page.get_by_role("heading").first).to_be_visible()


@pytest.mark.parametrize(
    "login", ["agent", "dispatcher", "callback", "editor", "supervisor", "admin", "auditor", "lead-U001"]
)
def test_every_page_of_a_role_fits_a_phone(phone: Window, url: str, login: str) -> None:
    page = phone.enter(login)
    for link in [entry.get_attribute("href") for entry in page.locator("header nav a").all()]:
        page.goto(f"{url}{link}")
        _fits(page)


def test_a_ticket_a_case_and_the_residents_page_fit_a_phone(phone: Window, url: str) -> None:
    case = _case(url, "渠北路66号门口的井盖松动，汽车压过去咣当咣当响一整夜")
    ticket = case["tickets"][0]["number"]
    code = Staff(url, "dispatcher").get(f"/tickets/{ticket}")["code"]
    page = phone.enter("dispatcher")
    for path in (f"/tickets/{ticket}", f"/cases/{case['number']}", "/articles/KB-0001", "/follow", f"/q/{code}"):
        page.goto(f"{url}{path}")
        _fits(page)
    expect(page.locator(".progress")).to_contain_text("接下来")
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.progress li')).fontSize)") >= 18
    page = phone.enter(f"lead-{case['lead_unit']['code']}")
    page.goto(f"{url}/cases/{case['number']}")
    _fits(page)
    button = page.get_by_role("button", name="签收").bounding_box()
    assert button
    assert button["height"] >= 44
    assert button["y"] + button["height"] <= PHONE["height"], "the next act is there without scrolling"


def test_a_unit_cannot_open_another_units_case(url: str) -> None:
    case = _case(url, "文昌路小学门口的红绿灯不亮了，孩子过马路危险")
    others = "lead-U001" if case["lead_unit"]["code"] != "U001" else "lead-U003"
    with staff(url, others) as client:
        answer = client.get(f"/cases/{case['number']}")
        assert answer.status_code == 404
        assert "不在您的查看范围内" in answer.text
        assert client.get(f"/tickets/{case['tickets'][0]['number']}").status_code == 404
        assert case["number"] not in client.get("/cases").text
        assert case["number"] not in client.get("/export/cases.csv").text
        assert client.get("/callbacks").status_code == 403
    with staff(url, f"lead-{case['lead_unit']['code']}") as client:
        assert client.get(f"/cases/{case['number']}").status_code == 200


def test_a_forged_form_gets_a_page_that_says_so_and_changes_nothing(url: str) -> None:
    case = _case(url, "古井园小区门口的消火栓一直漏水，地上都结冰了")
    path = f"/cases/{case['number']}"
    with staff(url, f"lead-{case['lead_unit']['code']}") as client:
        for token in ("", "forged"):
            answer = client.post(f"{path}/do/sign", data={"csrf": token}, headers={"referer": f"{url}{path}"})
            assert answer.status_code == 403
            assert "页面已过期" in answer.text
            assert f'href="{path}"' in answer.text
    assert Staff(url, "dispatcher").get(f"/cases/{case['id']}")["state"] == "dispatched"


def test_an_export_shows_each_reader_what_the_page_shows_him(url: str) -> None:
    say(url, "=1+1 惠风里的路灯坏了，我的电话是13900001234，尽快联系我")
    ticket = _ticket(url, "惠风里的路灯坏了")

    def text(login: str) -> str:
        with staff(url, login) as client:
            answer = client.get("/export/tickets.csv", params={"q": "惠风里的路灯坏了"})
        assert answer.headers["content-type"].startswith("text/csv")
        [head, row] = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert row[0] == ticket["number"]
        return row[head.index("诉求")]

    assert text("dispatcher") == "'=1+1 惠风里的路灯坏了，我的电话是13900001234，尽快联系我"
    assert text("auditor") == "'=1+1 惠风里的路灯坏了，我的电话是139****1234，尽快联系我"


def test_an_unknown_unit_at_the_entrance_is_said(window: Window, url: str) -> None:
    page = window.page
    page.goto(f"{url}/login")
    page.get_by_label("承办单位").fill("没有这个局")
    page.get_by_role("button", name="负责人").click()
    expect(page.get_by_role("alert")).to_contain_text("没有承办单位“没有这个局”")
    window.complaints.clear()  # the browser notes the refusal's status itself
    page.get_by_label("承办单位").fill("路灯")
    page.get_by_role("button", name="负责人").click()
    expect(page.get_by_role("heading", name="我的办件")).to_be_visible()


def test_a_picture_from_the_residents_phone_is_seen_on_the_desk(window: Window, url: str) -> None:
    phone = window.page
    phone.goto(f"{url}/simulator?person=zhao")
    phone.get_by_label("消息", exact=True).fill("柳荫街公厕门口的井盖碎了，晚上走路很危险")
    phone.get_by_role("button", name="发送").click()
    ticket = _ticket(url, "柳荫街公厕")
    expect(phone.get_by_label("图片文件")).to_be_hidden()
    phone.get_by_label("消息类型").select_option("image")
    expect(phone.get_by_label("图片文件")).to_be_visible()
    phone.get_by_role("button", name="发送").click()
    expect(phone.locator("#chat .bubble.out").last).to_contain_text("图片")

    window.enter("agent")
    pictures = window.page.locator(".history img")
    eventually(lambda: window.page.goto(f"{url}/tickets/{ticket['number']}") and pictures.count(), what="the picture")
    pictures.scroll_into_view_if_needed()
    eventually(lambda: pictures.evaluate("picture => picture.naturalWidth"), what="the picture in the browser")
