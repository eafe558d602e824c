"""A unit's day on a phone, the dispatcher's and the callback agent's by keys, and what axe finds on their pages."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.axe import violations
from tests.e2e.browsing import DESKTOP, PHONE, Window, say
from tests.e2e.staff import Staff, eventually
from tests.integration import photographs

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240), pytest.mark.xdist_group("unit_day")]

UNIT = "U001"
LEAD, OFFICER = f"lead-{UNIT}", f"officer-{UNIT}"
ANSWER = "您好，您反映的路灯不亮我单位已到现场查看，11月30日已更换灯泡并检查了线路，联系电话0999-5550-1007。"


@pytest.fixture
def phone(browser: Browser, url: str) -> Iterator[Window]:
    opened = Window(browser, url, PHONE)
    yield opened
    opened.close()
    assert opened.complaints == []


def dispatched(url: str, what: str = "路灯不亮") -> dict[str, Any]:
    """A fresh case with the unit, as the dispatcher sees it."""
    words = f"{what}，{secrets.token_hex(4)}号灯杆，请来看看，我的电话13800001234"
    say(url, words)
    dispatcher = Staff(url, "dispatcher")

    def judged() -> dict[str, Any] | None:
        items = dispatcher.get("/tickets", q=words[:20])["items"]
        return items[0] if items and items[0]["state"] == "assessed" else None

    ticket = eventually(judged, what="the judged ticket")
    accepted = dispatcher.post(f"/tickets/{ticket['id']}/accept", unit=UNIT, reason="按职责")
    case: dict[str, Any] = dispatcher.get(f"/cases/{accepted['case_id']}")
    assert case["state"] == "dispatched"
    return case | {"ticket": ticket["number"]}


def state(url: str, case: dict[str, Any]) -> str:
    return str(Staff(url, "dispatcher").get(f"/cases/{case['id']}")["state"])


def card(page: Page, case: dict[str, Any]) -> Any:
    return page.locator("article.card").filter(has_text=case["number"])


def test_a_case_is_signed_contacted_and_answered_with_a_photo_on_a_phone(phone: Window, url: str) -> None:
    case = dispatched(url)
    page = phone.enter(LEAD)
    expect(page.get_by_role("heading", name="我的办件")).to_be_visible()
    card(page, case).get_by_role("button", name="签收").click()
    expect(card(page, case)).to_contain_text("办理中")
    card(page, case).get_by_role("link", name="联系居民").click()
    dial = page.get_by_role("link", name="拨打 13800001234")
    assert dial.get_attribute("href") == "tel:13800001234"
    page.get_by_role("button", name="已联系上，记下").click()
    expect(page.locator("#contact")).to_contain_text("联系")
    expect(page.locator(".timeline")).to_contain_text("已电话联系居民")

    answer = page.get_by_label("答复（公开，发给居民）")
    if not answer.is_visible():
        page.locator("summary", has_text="答复").first.click()
    page.locator("summary", has_text="从模板写起").click()
    page.get_by_role("button", name="用这个").first.click()
    assert answer.input_value()
    answer.fill(ANSWER)
    form = page.locator("form[action$='/do/answer']")
    for name in ("修好后.png", "选错了.png"):
        picture = {"name": name, "mimeType": "image/png", "buffer": photographs.png()}
        form.get_by_label("选办理后照片").set_input_files([picture])
        expect(form.get_by_role("group", name="办理后照片")).to_contain_text(name)
    form.get_by_role("button", name="移除 选错了.png").click()
    form.get_by_role("button", name="答复", exact=True).click()
    page.locator("dialog").get_by_role("button", name="确定").click()
    again = page.get_by_role("button", name="仍然提交")
    expect(again.or_(page.locator(".state", has_text="已答复")).first).to_be_visible()
    if again.is_visible():
        again.click()
    expect(page.locator(".state", has_text="已答复")).to_be_visible()
    expect(page.locator(".files")).to_contain_text("办理后-修好后.png")
    expect(page.locator(".files")).not_to_contain_text("选错了")
    assert state(url, case) == "answered"


def test_many_are_signed_at_once_and_each_is_told_what_became_of_it(phone: Window, url: str) -> None:
    first, second = dispatched(url), dispatched(url)
    page = phone.enter(OFFICER)
    page.goto(f"{url}/todo?show=sign")
    for case in (first, second):
        page.get_by_label(f"选择 {case['number']}").check()
    Staff(url, LEAD).post(f"/cases/{second['id']}/transitions/sign")  # a colleague was quicker
    page.get_by_role("button", name="签收选中的 2 件").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已签收 1 件，未签收 1 件")
    expect(page.get_by_role("row").filter(has_text=second["number"])).to_contain_text("未签收")
    assert state(url, first) == "in_progress"


def test_a_return_rests_on_a_chosen_clause_and_is_approved_by_a_key(phone: Window, window: Window, url: str) -> None:
    case = dispatched(url)
    page = phone.enter(LEAD)
    card(page, case).get_by_role("link", name="退单").click()
    form = page.locator("#ask-return form")
    form.get_by_label("原因").select_option("not_my_duty")
    clause = form.get_by_label("依据的派单目录条目")
    line = clause.locator("option:not([value=''])").first.get_attribute("value")
    clause.select_option(line)
    form.get_by_label("建议承办单位").fill("U002")
    form.get_by_label("说明").fill("该处由住建部门管理")
    form.get_by_role("button", name="提交申请").click()
    expect(page.locator(".asked").filter(has_text="退单申请")).to_be_visible()

    desk = window.enter("dispatcher")
    desk.goto(f"{url}/requests?kind=return")
    judged = desk.locator("[data-judge]").filter(has_text=case["number"])
    expect(judged).to_contain_text(line or "")
    steps = [each.get_attribute("id") for each in desk.locator("[data-judge]").all()]
    for _ in range(steps.index(judged.get_attribute("id")) + 1):
        desk.keyboard.press("j")
    desk.keyboard.press("a")
    expect(judged).to_have_count(0)
    assert state(url, case) == "open"


def test_an_extension_is_refused_by_keys_and_never_without_a_reason(window: Window, url: str) -> None:
    case = dispatched(url)
    officer = Staff(url, OFFICER)
    officer.post(f"/cases/{case['id']}/transitions/sign")
    officer.post(f"/cases/{case['id']}/requests/extension", reason="等配件到货")
    desk = window.enter("dispatcher")
    desk.goto(f"{url}/requests?kind=extension")
    judged = desk.locator("[data-judge]").filter(has_text=case["number"])
    judged.focus()
    desk.keyboard.press("r")
    desk.keyboard.press("Enter")
    expect(judged).to_be_visible()
    desk.keyboard.type("配件本区有库存")
    desk.keyboard.press("Enter")
    expect(judged).to_have_count(0)
    (asked,) = Staff(url, "dispatcher").get(f"/cases/{case['id']}")["requests"]
    assert (asked["state"], asked["decision"]) == ("refused", "配件本区有库存")


def answered(url: str) -> dict[str, Any]:
    case = dispatched(url)
    lead = Staff(url, LEAD)
    for name, body in (("sign", {}), ("contact", {"text": "已联系"}), ("answer", {"text": ANSWER})):
        lead.post(f"/cases/{case['id']}/transitions/{name}", **body)
    return case


def test_a_callback_is_recorded_by_keys_alone_and_what_was_not_solved_comes_back_with_the_words(
    window: Window, url: str
) -> None:
    case = answered(url)
    page = window.enter("callback")
    page.goto(f"{url}/callbacks/{case['ticket']}")
    expect(page.get_by_text(ANSWER).first).to_be_visible()
    for key in ("1", "1", "2"):
        page.keyboard.press(key)
    page.keyboard.press("Backspace")
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.keyboard.press("t")
    page.keyboard.type("灯还是不亮")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已退回承办单位重办")
    unit = window.enter(LEAD)
    expect(card(unit, case)).to_contain_text("第 1 次重办")
    unit.goto(f"{url}/cases/{case['number']}")
    expect(unit.locator("#case")).to_contain_text("灯还是不亮")


def test_who_was_not_reached_is_called_again_at_another_hour(window: Window, url: str) -> None:
    case = answered(url)
    page = window.enter("callback")
    page.goto(f"{url}/callbacks/{case['ticket']}")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("未接通")
    page.goto(f"{url}/callbacks/{case['ticket']}")
    expect(page.locator(".attempts")).to_contain_text("未接通")


def test_a_printed_sheet_shows_the_unit_whom_to_call_and_leads_back_to_its_page(window: Window, url: str) -> None:
    case = dispatched(url)
    page = window.enter(LEAD)
    page.goto(f"{url}/cases/print?case={case['number']}&case=C00000000-0000")
    expect(page.locator(".work-order")).to_have_count(1)
    expect(page.locator(".work-order")).to_contain_text("13800001234")
    expect(page.locator(".note")).to_contain_text("C00000000-0000")
    drawn = page.locator(".work-order header img")
    assert drawn.evaluate("image => image.complete && image.naturalWidth > 0")
    assert httpx.get(f"{url}/cases/{case['number']}/qr.svg").status_code == 303


PAGES = (
    (LEAD, ("/todo", "/cases/{case}", "/cases/{case}/print", "/saved-replies")),
    ("dispatcher", ("/dispatch", "/requests")),
    ("callback", ("/callbacks", "/callbacks/{told}")),
)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_on_these_pages(browser: Browser, url: str, size: dict[str, int]) -> None:
    case, told = dispatched(url), answered(url)
    officer = Staff(url, OFFICER)
    officer.post(f"/cases/{case['id']}/transitions/sign")
    officer.post(f"/cases/{case['id']}/requests/extension", reason="等配件到货")
    found = []
    for login, paths in PAGES:
        opened = Window(browser, url, size)
        page = opened.enter(login)
        for path in paths:
            page.goto(url + path.format(case=case["number"], told=told["ticket"]))
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                found += [f"{path} {scheme}: {each}" for each in violations(page)]
        opened.close()
    assert not found, "\n".join(found)
