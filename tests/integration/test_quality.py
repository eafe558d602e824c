"""The quality of suggestions and the queue that teaches, from outside: the API, the pages, CSV and the command."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from api.desk import Desk
from casework.judgements import Judgement
from casework.tables import Ticket, TicketFacts
from storage.audit import AuditRow
from tests.integration.commands import Command, alone, run, worked_home
from tests.integration.interface import World, problem, signed_in, world

__all__ = ["alone", "run", "worked_home", "world"]

SEES = ("supervisor", "admin", "auditor")
OTHERS = ("agent", "dispatcher", "callback", "editor", "officer-U001", "lead-U001")
PERIOD = {"from": "2025-03-03", "to": "2025-03-16"}
"""Two weeks from Monday, long before anything else in this world."""


@pytest.fixture(scope="module")
def codes(world: World) -> list[str]:
    return [leaf.code for leaf in world.desk.district.taxonomy.leaves[:3]]


@pytest.fixture(scope="module")
def judged(world: World, codes: list[str]) -> list[str]:
    """Two decisions in the first week, the second at its last moment in China, and one in the next; ticket ids."""
    a, b, _ = codes
    rows = [
        (datetime(2025, 3, 3, 4, tzinfo=UTC), a, 0.9),
        (datetime(2025, 3, 9, 15, 59, 59, tzinfo=UTC), b, 0.6),
        (datetime(2025, 3, 9, 16, tzinfo=UTC), a, 0.75),
    ]
    return [decision(world.desk, world.ticket(), at, a, final, probability) for at, final, probability in rows]


def decision(desk: Desk, key: str, at: datetime, suggested: str, final: str, probability: float) -> str:
    with desk.database.write.begin() as session:
        session.add(
            Judgement(
                ticket_id=key,
                at=at,
                model="2025-03-01.1",
                suggested_category=suggested,
                probability=probability,
                suggested_unit="U001",
                final_category=final,
                final_unit="U001",
                decision="review",
                mode="person",
                outcome="right" if suggested == final else "wrong",
                by="u-dispatcher",
                decided_at=at,
            )
        )
    return key


def quality(world: World, **asked: Any) -> dict[str, Any]:
    answer = world.as_("auditor").get("/models/quality", params=PERIOD | asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# Who sees it


@pytest.mark.parametrize("login", OTHERS)
def test_nobody_else_sees_anything_of_it(world: World, login: str) -> None:
    problem(world.as_(login).get("/models/quality"), 403, "not-allowed")
    browser = signed_in(world, login)
    for path in ("/quality", "/quality/tickets", "/export/quality.csv"):
        answer = browser.get(path)
        assert answer.status_code == 403, path
        assert "研判件数" not in answer.text
    assert 'href="/quality"' not in browser.get("/").text


@pytest.mark.parametrize("login", SEES)
def test_supervisors_administrators_and_auditors_see_it(world: World, login: str) -> None:
    assert world.as_(login).get("/models/quality").status_code == 200
    browser = signed_in(world, login)
    assert browser.get("/quality").status_code == 200
    assert 'href="/quality"' in browser.get("/rates").text


# The figures


def test_weeks_begin_on_monday_in_the_districts_own_time(world: World, judged: list[str]) -> None:
    found = quality(world)
    assert len(judged) == found["total"]["judged"] == 3
    assert [(row["key"], row["judged"], row["category"]["right"]) for row in found["rows"]] == [
        ("2025-03-03", 2, 1),
        ("2025-03-10", 1, 1),
    ]
    assert found["total"]["category"]["accuracy"] == pytest.approx(2 / 3)
    assert found["total"]["mean_probability"] == pytest.approx(0.75)
    assert found["total"]["gap"] == pytest.approx(0.75 - 2 / 3)
    assert [each["n"] for each in found["reliability"]] == [0, 0, 0, 0, 0, 0, 1, 1, 0, 1]
    assert found["calibration_error"] == pytest.approx((0.6 + 0.25 + 0.1) / 3)


def test_months_versions_and_categories_are_groups_of_the_same_decisions(
    world: World, judged: list[str], codes: list[str]
) -> None:
    assert judged
    (month,) = quality(world, by="month")["rows"]
    assert (month["key"], month["label"], month["judged"]) == ("2025-03-03", "2025-03", 3)
    (version,) = quality(world, by="model")["rows"]
    assert (version["key"], version["judged"]) == ("2025-03-01.1", 3)
    (category,) = quality(world, by="category")["rows"]
    assert (category["key"], category["judged"], category["before"]["judged"]) == (codes[0], 3, 0)
    assert (category["confusion"]["code"], category["confusion"]["n"]) == (codes[1], 1)
    assert category["before"]["category"] == {"right": 0, "accuracy": None, "wilson": None}


def test_days_without_decisions_give_null_and_no_nought(world: World) -> None:
    found = quality(world, **{"from": "2024-01-01", "to": "2024-01-31"})
    total = found["total"]
    shares = (total["auto"]["share"], total["unit"]["accuracy"], total["top3"]["accuracy"], total["corrected"]["share"])
    assert {*shares, total["category"]["accuracy"], total["mean_probability"], found["calibration_error"]} == {None}
    assert (found["drift"]["psi"], found["drift"]["verdict"]) == (None, "none")
    page = signed_in(world, "auditor").get("/quality?from=2024-01-01&to=2024-01-31").text
    assert "无数据" in page
    assert "0.0%" not in page


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"from": "2025-03-16", "to": "2025-03-03"}, "bad-period"),
        ({"from": "0001-01-01"}, "bad-period"),
        ({"from": "2020-01-01", "to": "2025-01-01", "by": "week"}, "too-many-periods"),
        ({"by": "day"}, ""),
        ({"from": "yesterday"}, ""),
    ],
)
def test_days_that_cannot_be_counted_are_refused_with_a_sentence(
    world: World, asked: dict[str, str], kind: str
) -> None:
    problem(world.as_("auditor").get("/models/quality", params=asked), 422, kind)


def test_five_years_fit_by_month(world: World) -> None:
    assert len(quality(world, by="month", **{"from": "2020-01-01", "to": "2024-12-31"})["rows"]) == 60


# The page, the tickets behind it, the file


def test_every_number_of_the_page_opens_to_as_many_tickets(world: World, judged: list[str]) -> None:
    assert judged
    browser = signed_in(world, "supervisor")
    for by in ("week", "month", "model", "category"):
        page = browser.get("/quality", params=PERIOD | {"by": by}).text
        links = re.findall(r'<a href="(/quality/tickets\?[^"]+)">(\d+)</a>', page)
        assert links
        for href, number in links:
            opened = browser.get(href.replace("&amp;", "&"))
            assert opened.text.count("<tr data-href=") == int(number), href


def test_the_page_has_a_table_for_each_chart_and_says_what_each_figure_means(world: World, judged: list[str]) -> None:
    assert judged
    page = signed_in(world, "supervisor").get("/quality", params=PERIOD).text
    assert page.count("<svg") == 2
    assert page.count("<table") >= 3
    for name in ("已判", "分类准确率", "前三命中率", "平均把握", "校准误差", "构成变化 PSI"):
        assert f"<dt>{name}</dt>" in page


def test_a_number_that_is_not_there_is_told(world: World) -> None:
    assert signed_in(world, "auditor").get("/quality/tickets?what=nothing").status_code == 404


def test_the_file_holds_the_pages_rows_and_is_on_record(world: World, judged: list[str]) -> None:
    assert judged
    answer = signed_in(world, "auditor").get("/export/quality.csv", params=PERIOD)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert (rows[0]["周"], rows[0]["已判"], rows[0]["分类准确率"]) == ("2025-03-03 起", "2", "50.0%")
    assert (rows[-1]["周"], rows[-1]["已判"], rows[-1]["分类正确"]) == ("合计", "3", "2")
    query = select(AuditRow).where(AuditRow.act == "export", AuditRow.subject_id == "研判质量")
    with world.desk.database.read() as session:
        kept = session.scalars(query).first()
    assert kept is not None
    assert kept.details["rows"] == len(rows)


# The command


def test_the_command_prints_what_the_interface_gives(run: Command) -> None:
    document = run("models", "quality", "--by", "month", "--json").document
    assert set(document) >= {"total", "rows", "reliability", "drift", "advice", "definitions"}
    assert len(document["rows"]) == 12
    assert "合计" in run("models", "quality").out
    assert "week" in run("models", "quality", "--by", "day").refused()


def test_each_version_is_listed_with_its_accuracy_in_use(run: Command) -> None:
    (row,) = run("models", "--json").document
    assert set(row["live"]) >= {"judged", "category", "unit"}
    assert "实际准确率" in run("models").out


# The queue that teaches


def made_unsure(world: World, key: str, lead: float) -> None:
    with world.desk.database.write.begin() as session:
        session.execute(update(TicketFacts).where(TicketFacts.ticket_id == key).values(lead=lead))


def test_the_queue_is_listed_by_what_teaches_most_and_paged(world: World) -> None:
    keys = [world.ticket() for _ in range(3)]
    for key, lead in zip(keys, (0.9, 0.0, 0.5), strict=True):
        made_unsure(world, key, lead)
    seen: list[str] = []
    after = ""
    while True:
        asked = {"queue": True, "sort": "teaching", "limit": 2, "after": after}
        answer = world.as_("dispatcher").get("/tickets", params=asked).json()
        seen += [each["id"] for each in answer["items"]]
        after = answer["next"]
        if not after:
            break
    assert [key for key in seen if key in keys] == [keys[1], keys[2], keys[0]]
    assert (
        len(seen)
        == len(set(seen))
        == world.as_("dispatcher").get("/tickets?queue=true&limit=200").text.count('"state_label"')
    )
    problem(world.as_("dispatcher").get("/tickets?queue=true&sort=luck"), 422)


def test_the_order_stays_in_the_address_from_the_list_to_the_next_ticket(world: World) -> None:
    keys = [world.ticket() for _ in range(2)]
    for key in keys:
        made_unsure(world, key, -0.5)
    browser = signed_in(world, "dispatcher")
    page = browser.get("/tickets?queue=1&sort=teaching").text
    assert "首选分类比次选只领先一点" in page
    assert re.search(r'<option value="teaching" selected>', page)
    numbers = re.findall(r'<tr data-href="/tickets/([\d-]+)\?sort=teaching"', page)
    with world.desk.database.read() as session:
        first, second = (session.get_one(Ticket, key).number for key in sorted(keys))
    assert numbers[:2] == [first, second]
    ticket = browser.get(f"/tickets/{first}?sort=teaching").text
    found = re.search(r'name="csrf" value="([^"]+)"', ticket)
    assert found is not None
    given = {"csrf": found[1], "following": "true", "sort": "teaching", "unit": "U001", "reason": "测试"}
    after = browser.post(f"/tickets/{first}/accept", data=given)
    assert f"/tickets/{second}?sort=teaching" in str(after.url)
    rows = browser.get("/tickets?sort=teaching").text.partition('class="list"')[2].partition("<footer")[0]
    assert "sort" not in rows, "the queue's alone"
