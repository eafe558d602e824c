"""The board in a real browser: charts under the strict policy, its renewal by itself, and who has no eyes or script."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e import axe
from tests.e2e.browsing import PHONE, Window, say, staff
from tests.e2e.staff import Staff, eventually

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(240), pytest.mark.xdist_group("e2e-board")]

PATHS = ("/board", "/board?wall=1", "/board/behind?what=in", "/board/table?panel=hours", "/board/report")
DRAWN = (
    "() => [...document.querySelectorAll('[data-plot]')].every(plot => !plot.clientWidth || 'drawn' in plot.dataset)"
)


@pytest.fixture
def board(window: Window, url: str) -> Page:
    """A supervisor before a board whose charts are drawn."""
    page = window.enter("supervisor")
    words = f"玉泉街道泉眼井社区{secrets.token_hex(3)}号楼下的路灯不亮了，三天没人修"
    say(url, words)
    dispatcher = Staff(url, "dispatcher")
    eventually(lambda: judged(dispatcher, words), what="the judged ticket")
    opened(page, f"{url}/board")
    expect(page.locator('[data-plot="flows"] canvas')).to_be_attached(timeout=90_000)  # it counts what is judged
    return page


def judged(dispatcher: Staff, words: str) -> bool:
    return any(each["state"] != "received" for each in dispatcher.get("/tickets", q=words)["items"])


@pytest.fixture
def phone(browser: Browser, url: str) -> Iterator[Window]:
    made = Window(browser, url, PHONE)
    yield made
    made.close()
    assert made.complaints == []


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_function(DRAWN, timeout=90_000)  # the first figures of all are computed while one waits
    return page


def counted(page: Page, url: str) -> int:
    """How many came today, once the board shows them all: the message of this test, and those of the tests before."""
    number = page.locator('[data-number="in"]')
    with staff(url, "supervisor") as reader:
        found = re.search(r'class="count">(\d+) ', reader.get("/board/behind", params={"what": "in"}).text)
    assert found
    expect(number).to_have_text(found[1], timeout=90_000)
    return int(found[1])


def middle(page: Page, key: str, finder: str, value: str) -> tuple[float, float]:
    """Where a chart has drawn a mark, in the window."""
    plot = page.locator(f'[data-plot="{key}"]')
    plot.scroll_into_view_if_needed()
    at = page.evaluate(
        f"echarts.getInstanceByDom(document.querySelector('[data-plot=\"{key}\"]')).convertToPixel({finder}, {value})"
    )
    box = plot.bounding_box()
    assert box is not None
    return box["x"] + at[0], box["y"] + at[1]


def test_every_chart_is_drawn_and_nothing_breaks_the_policy(board: Page) -> None:
    assert board.locator("[data-plot] canvas").count() >= 7
    assert board.evaluate("document.querySelectorAll('[data-plot] [style*=\"display\"]').length") == 0


def test_a_new_ticket_is_counted_while_one_looks_on_and_nothing_shifts(board: Page, url: str) -> None:
    number = board.locator('[data-number="in"]')
    before, place = counted(board, url), number.bounding_box()
    say(url, "甘露园社区门口的垃圾桶满了没人收")
    expect(number).to_have_text(str(before + 1), timeout=90_000)
    after = number.bounding_box()
    assert place is not None
    assert after is not None
    assert (after["x"], after["y"]) == (place["x"], place["y"])


def test_a_chart_without_anything_to_count_says_so(window: Window, url: str) -> None:
    page = window.enter("supervisor")
    page.goto(f"{url}/board?period=2025-03")
    expect(page.locator('[data-plot="flows"]')).to_have_text("这个考核期还没有可统计的工单", timeout=90_000)


def test_a_board_that_is_still_computed_is_asked_for_until_it_is_there(window: Window, url: str) -> None:
    page = window.enter("supervisor")
    opened(page, f"{url}/board")

    def as_yet_unknown(route: Route) -> None:
        body = route.fetch().text().replace('id="board"', 'id="board" data-pending', 1)
        assert "data-pending" in body
        route.fulfill(body=body, content_type="text/html")

    page.route("**/board", as_yet_unknown, times=1)
    page.route("**/board/data?*", lambda route: route.fulfill(body='{"ready": false}'), times=1)
    page.goto(f"{url}/board")
    assert page.locator("[data-pending]").count() == 1
    expect(page.locator("[data-plot] canvas").first).to_be_attached(timeout=90_000)
    assert page.locator("[data-pending]").count() == 0


def test_figures_that_did_not_come_are_asked_for_again(window: Window, url: str) -> None:
    page = window.enter("supervisor")
    page.route("**/board/data?*", lambda route: route.fulfill(body="no figures"), times=1)
    page.goto(f"{url}/board?wall=1")
    expect(page.locator("[data-plot] canvas").first).to_be_attached(timeout=30_000)  # half of what a silent desk takes


@pytest.mark.parametrize("wall", ["", "?wall=1"])
def test_a_board_whose_reader_is_signed_out_says_so_and_asks_no_more(window: Window, url: str, wall: str) -> None:
    page = opened(window.enter("supervisor"), f"{url}/board{wall}")
    page.context.clear_cookies()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/board/data?" in request.url else None)
    say(url, f"玉泉街道泉眼井社区{secrets.token_hex(3)}号楼下的路灯不亮了")
    expect(page.locator("#live-state")).to_contain_text("登录已失效", timeout=30_000)
    before = len(asked)
    page.wait_for_timeout(12_000)  # twice as long as a board waits before it asks again
    assert len(asked) == before
    window.complaints.clear()  # the browser's own line on the refusal


def test_a_mark_of_a_chart_opens_its_list(board: Page) -> None:
    at = board.evaluate(
        "(() => { const marks = echarts.getInstanceByDom(document.querySelector('[data-plot=\"hours\"]'))"
        ".getOption().series[0].data; const mark = marks[marks.length - 1]; return mark.value; })()"
    )
    x, y = middle(board, "hours", "{seriesIndex: 0}", f"[{at[0]}, {at[1]}]")
    board.mouse.click(x, y)
    board.wait_for_url("**/board/behind?**")
    expect(board.locator("h1 .count")).to_have_text(re.compile(r"[1-9]\d* 件"))
    assert int(board.locator("h1 .count").inner_text().split()[0]) >= at[2]  # what came since is in the list too


def test_a_table_opens_by_the_keyboard_and_leads_to_a_list(board: Page) -> None:
    details = board.locator(".board-hours details")
    details.locator("summary").focus()
    board.keyboard.press("Enter")
    link = details.locator("table a").first
    expect(link).to_be_visible()
    link.focus()
    board.keyboard.press("Enter")
    board.wait_for_url("**/board/behind?**")


def test_a_chart_is_saved_as_a_picture(board: Page) -> None:
    with board.expect_download() as saved:
        board.locator('[data-save="ageing"]').click()
    assert saved.value.suggested_filename == "在办时长.png"
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")


def test_the_kind_of_unit_and_the_maps_measure_are_chosen_on_the_page(board: Page, url: str) -> None:
    opened(board, f"{url}/board?by=unit")
    board.get_by_label("地图颜色").select_option("score")
    expect(board.get_by_label("单位类别")).to_be_attached()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_used_by_everybody(window: Window, url: str, scheme: str) -> None:
    page = window.enter("supervisor")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    faults = {path: axe.violations(opened(page, f"{url}{path}")) for path in PATHS}
    assert not any(faults.values()), faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_used_by_everybody_on_a_phone(phone: Window, url: str, scheme: str) -> None:
    page = phone.enter("supervisor")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    faults = {path: axe.violations(opened(page, f"{url}{path}")) for path in PATHS}
    assert not any(faults.values()), faults
    for path in PATHS:
        opened(page, f"{url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_without_a_script_the_numbers_and_the_tables_are_there(browser: Browser, window: Window, url: str) -> None:
    page = window.enter("supervisor")
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto(f"{url}/board")
    assert plain.locator("[data-number]").count() == 6
    plain.locator(".board-flow summary").click()
    plain.locator(".board-flow .as-table a").click()
    expect(plain.locator("table.board-table")).to_be_visible()
    context.close()
