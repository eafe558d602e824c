"""The board from outside: its pages, its data, its files, and what they must not show."""

from __future__ import annotations

import csv
import io
import re
import time
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import update

from casework import board_report
from casework.tables import Case, Clock, Ticket
from district import formulas
from storage import change_log
from storage.audit import AuditRow
from tests.integration.interface import World, signed_in, world
from tests.integration.test_live_talks import listening

__all__ = ["world"]
pytestmark = [
    pytest.mark.parametrize("world", ["sqlite"], indirect=True),
    pytest.mark.timeout(120),
    pytest.mark.xdist_group("board"),
]

SEES = ("supervisor", "admin", "auditor")
PANELS = ("rates", "course", "flow", "ageing", "hours", "flows", "map")
FORMULA = "=HYPERLINK(0)|燃气泄漏"


@pytest.fixture(scope="module")
def browser(world: World) -> httpx.Client:
    """A supervisor's, on a desk with cases of which one is late and one is an emergency."""
    first, second = world.case(), world.case("U002")
    world.received()
    late = world.desk.now() - timedelta(days=2)
    with world.desk.database.write.begin() as session:
        clocks = update(Clock).where(Clock.case_id == first, Clock.state == "running")
        session.execute(clocks.values(due_at=late, started_at=late - timedelta(days=1)))
        street = world.desk.district.units.streets[0].code
        session.execute(update(Case).where(Case.id == first).values(title=FORMULA, street=street))
        session.execute(update(Ticket).where(Ticket.case_id == first).values(title=FORMULA, text=FORMULA))
        session.execute(update(Ticket).where(Ticket.case_id == second).values(urgency="emergency"))
        change_log.record(session, "tickets", first, "test", now=world.desk.now())
    return signed_in(world, "supervisor")


def data(browser: httpx.Client, **asked: str) -> dict[str, Any]:
    answer = browser.get("/board/data", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["ready"]
    return found


def total(page: str) -> int:
    found = re.search(r'<span class="count">(\d+) 件</span>', page)
    assert found is not None, page
    return int(found[1])


def links(document: Any) -> list[tuple[str, int]]:
    """The lists that a table's figures lead to, with the figures; weighted numerators are no counts."""
    found = re.findall(r'<a href="(/board/behind[^"]+)">(\d+)</a>', document)
    return [(unescape(href), int(number)) for href, number in found]


@pytest.mark.parametrize("login", SEES)
def test_it_is_in_the_menu_of_who_sees_it(world: World, browser: httpx.Client, login: str) -> None:
    del browser
    page = signed_in(world, login).get("/board")
    assert page.status_code == 200
    assert 'href="/board" aria-current="page"' in page.text
    assert ("进行中的群体事件" in page.text) is (login != "admin"), "administrators do not see events"


def test_a_supervisor_starts_there_and_an_agent_does_not_find_it(world: World, browser: httpx.Client) -> None:
    assert browser.get("/").url.path == "/board"
    page = signed_in(world, "agent").get("/tickets")
    assert 'href="/board"' not in page.text


def test_each_number_opens_to_as_many_lines(browser: httpx.Client) -> None:
    numbers = data(browser)["numbers"]
    page = browser.get("/board").text
    for key, number in numbers.items():
        href = re.search(rf'<a href="([^"]+)" data-number="{key}">(\d+)</a>', page)
        assert href is not None
        assert int(href[2]) == number
        assert total(browser.get(unescape(href[1])).text) == number
    assert numbers["in"] >= 3
    assert numbers["overdue"] == numbers["emergency"] == 1


@pytest.mark.parametrize(
    ("panel", "by"), [*((each, "street") for each in PANELS), ("rates", "unit"), ("rates", "top_category")]
)
def test_each_figure_of_a_table_opens_to_as_many_lines(browser: httpx.Client, panel: str, by: str) -> None:
    page = browser.get("/board/table", params={"panel": panel, "by": by}).text
    found = links(page)
    assert found or panel in ("rates", "course"), "nobody was called back yet"
    for href, number in found[:12]:
        assert total(browser.get(href).text) == number, href


def test_the_data_has_every_panel_and_no_words_of_a_resident(browser: httpx.Client) -> None:
    found = data(browser)
    assert tuple(found["panels"]) == PANELS
    assert "燃气泄漏" not in str(found["panels"])
    names = {each["name"] for each in found["panels"]["map"]["marks"]}
    outlines = browser.get("/board/map.json").json()
    assert {each["properties"]["name"] for each in outlines["features"]} == names


def test_a_period_that_has_not_begun_or_is_none_is_refused(browser: httpx.Client) -> None:
    assert browser.get("/board", params={"period": "2990-01"}).status_code == 422
    assert browser.get("/board", params={"period": "2026-13"}).status_code == 422
    assert browser.get("/board", params={"period": "soon"}).status_code == 422
    assert browser.get("/board/report", params={"day": "2990-01-01"}).status_code == 422
    assert browser.get("/board/report", params={"day": "0001-01-01"}).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "what=weather",
        "what=open&age=9",
        "what=rate&rate=weather",
        "what=in&hour=24",
        "what=in&category=%25",
        "what=open&late=2",
    ],
)
def test_a_list_of_nothing_that_is_counted_is_refused(browser: httpx.Client, query: str) -> None:
    assert browser.get(f"/board/behind?{query}").status_code in (404, 422)


def test_a_list_has_pages_that_lead_through_all_of_it(world: World, browser: httpx.Client) -> None:
    from api.web import overview_behind

    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overview_behind, "PAGE", 2)
        href: str | None = "/board/behind?what=in"
        while href:
            page = browser.get(href).text
            seen += re.findall(r'<a class="mono" href="/tickets/([^"]+)"', page)
            following = re.search(r'href="(\?[^"]+)" rel="next"', page)
            href = f"/board/behind{unescape(following[1])}" if following else None
    assert len(seen) == len(set(seen)) == data(browser)["numbers"]["in"]


def test_the_wall_shows_the_numbers_without_words_of_a_menu(browser: httpx.Client) -> None:
    page = browser.get("/board?wall=1").text
    assert '<body class="wall"' in page
    assert "退出大屏" in page
    assert 'data-number="overdue">1<' in page


def test_a_table_is_a_page_and_a_piece(browser: httpx.Client) -> None:
    whole = browser.get("/board/table?panel=hours").text
    piece = browser.get("/board/table?panel=hours", headers={"hx-request": "true"}).text
    assert "<html" in whole
    assert "<html" not in piece
    assert browser.get("/board/table?panel=weather").status_code == 404


def test_a_list_behind_a_rate_says_what_list_it_is_and_leads_to_its_other_parts(browser: httpx.Client) -> None:
    def of(part: str) -> str:
        return browser.get("/board/behind", params={"what": "rate", "rate": "satisfaction_rate", "part": part}).text

    assert "<h1>满意率的分母：有效回访 <" in of("denominator")
    assert "<h1>满意率的分子：满意、基本满意（按 0.9 计） <" in of("numerator")
    rest = of("rest")
    assert "<h1>满意率未计入分子：有效回访，但不是满意、基本满意（按 0.9 计） <" in rest
    assert re.search(r'part=rest" aria-current="true">未计入分子</a>', rest)
    assert re.search(r'href="/board/behind\?[^"]*part=numerator">分子</a>', rest)


@pytest.mark.parametrize(
    ("by", "said"), [("street", "街道按诉求发生地计"), ("unit", "按承办单位计，街道一行是街道承办的工单")]
)
def test_the_board_and_the_rates_say_by_what_a_row_is_counted_and_the_period_in_words(
    world: World, browser: httpx.Client, by: str, said: str
) -> None:
    told = r"\d{4} 年 \d+ 月考核期：\d\d-19 12:00 至 \d\d-19 12:00"
    for page in ("/board", "/rates"):
        text = browser.get(page, params={"by": by}).text
        assert said in text, page
        assert re.search(told, text), page
    start, end = formulas.period(world.desk.now(), world.desk.district.formulas, world.desk.district.calendars.zone)
    page = browser.get("/rates").text
    first, last = re.findall(r'<input type="date" name="(?:from|to)" value="([^"]*)"', page)
    assert (first, last) == (f"{start:%Y-%m-%d}", f"{end - timedelta(days=1):%Y-%m-%d}"), "they show what applies"
    assert re.search(told, browser.get("/rates", params={"from": first, "to": last}).text), "and mean the same"
    assert f"{first} 12:00 至 " in browser.get("/rates", params={"from": first, "to": first}).text


# Files


def test_what_is_overdue_is_a_file_as_the_list_of_cases_is(browser: httpx.Client) -> None:
    page = browser.get("/board/behind?what=overdue").text
    href = re.search(r'href="(/export/behind\.csv\?[^"]+)" download', page)
    assert href is not None
    head, *lines = rows(browser.get(unescape(href[1])))
    assert head == rows(browser.get("/export/cases.csv"))[0]
    assert len(lines) == total(page) == 1
    assert lines[0][1].lstrip("'") == FORMULA
    tickets = rows(browser.get("/export/behind.csv?what=in"))
    assert len(tickets) - 1 == total(browser.get("/board/behind?what=in").text)


def rows(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("panel", ["flow", "ageing", "hours", "flows"])
def test_a_charts_file_says_what_its_table_says(browser: httpx.Client, panel: str) -> None:
    head, *lines = rows(browser.get("/export/board.csv", params={"panel": panel}))
    assert lines
    assert {len(line) for line in lines} == {len(head)}
    if panel == "ageing":
        assert sum(int(line[3]) for line in lines) == data(browser)["numbers"]["open"]
    if panel == "flow":
        assert head == ["考核日", "来件", "办结", "办结率", "办结率分子", "办结率分母"]


def test_the_morning_report_is_a_page_and_a_workbook_with_the_same_numbers(world: World, browser: httpx.Client) -> None:
    day = board_report.last_whole_day(world.desk.district, world.desk.now()).isoformat()
    page = browser.get("/board/report", params={"day": day})
    assert page.status_code == 200
    assert f"考核日 {day}" in page.text
    answer = browser.get("/export/board-report.xlsx", params={"day": day})
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["概况", "三率", "排名", "逾期", "突发", "群体事件", "退单"]
    about = {row[0].value: row[1].value for row in book["概况"].iter_rows()}
    assert about["考核日"] == day
    assert about["逾期"] == "1"
    assert '逾期 <span class="count">1 件</span>' in page.text


def test_a_workbook_evaluates_nothing_that_a_resident_wrote(world: World, browser: httpx.Client) -> None:
    del world
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/export/board-report.xlsx").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    assert {cell.data_type for cell in cells} == {"s"}


def test_what_leaves_the_desk_is_on_record(world: World, browser: httpx.Client) -> None:
    from sqlalchemy import func, select

    def exports() -> int:
        return world.count(select(func.count()).select_from(AuditRow).where(AuditRow.act == "export"))

    before = exports()
    browser.get("/export/board.csv?panel=ageing")
    browser.get("/export/board-report.xlsx")
    assert exports() == before + 2


# Live


def test_a_board_whose_charts_are_older_than_its_numbers_says_so(world: World, browser: httpx.Client) -> None:
    """Charts cost more and are held for longer: a browser that is not told asks again only after a minute."""
    figures = world.desk.board_figures
    data(browser)
    month = formulas.period_month(world.desk.now(), world.desk.district.formulas, world.desk.district.calendars.zone)
    kept = figures._periods[month, False]
    assert kept._last is not None
    kept._last = replace(kept._last, took=60.0)
    world.ticket()
    until = time.monotonic() + 20
    while (moment := figures.moment(patience=5)) is None or moment.tip < world.desk.feed.tip():
        assert time.monotonic() < until, "the numbers do not catch up"
        time.sleep(0.1)
    assert data(browser)["behind"]
    kept._last = None
    assert not data(browser)["behind"]


def test_a_change_is_told_to_an_open_board_without_any_words(world: World, browser: httpx.Client) -> None:
    with listening(browser, "/board/live") as events:
        assert next(events)["event"] == "here"
        world.ticket()
        event = next(each for each in events if each.get("event") == "changed")
        assert event["data"] == event["id"]


@pytest.mark.parametrize("login", ["agent", "dispatcher", "callback", "officer-U001", "lead-U001", ""])
def test_nobody_else_follows_it(world: World, browser: httpx.Client, login: str) -> None:
    del browser
    client = signed_in(world, login) if login else world.stack.enter_context(httpx.Client(base_url=world.url))
    assert client.get("/board/live").status_code == (403 if login else 303)
