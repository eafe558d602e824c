"""Values that no honest page sends: each is refused in words, and nothing is stored that a page could not show again."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from district.process import Role
from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_rules import Place, Standing
from tests.integration.role_things import things

__all__ = ["role_desk", "things"]

ADMINISTRATOR, SUPERVISOR, DISPATCHER = (
    Standing(each) for each in (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.DISPATCHER)
)
LEAD = Standing(Role.UNIT_LEAD, Place.LEAD)
HALF = "\ud800"
EDGES = (
    ("9999-12-30T00:00:00+00:00", "9999-12-31T23:59:00+00:00"),
    ("9999-12-30T00:00:00-12:00", "9999-12-31T23:59:00-12:00"),
)


def refused(desk: RoleDesk, answer: httpx.Response, kind: str, status: int = 422) -> None:
    assert answer.status_code == status, (answer.status_code, answer.text[:300])
    if answer.headers["content-type"] == "application/problem+json":
        assert answer.json()["title"] == kind
    assert desk.seen() == desk.before


def send(desk: RoleDesk, who: Standing, path: str, body: dict[str, Any]) -> httpx.Response:
    """With every character that is not ASCII escaped: so half a character comes through."""
    headers = {"authorization": f"Bearer {desk.tokens[who][0]}", "content-type": "application/json"}
    return desk.client.post(path, content=json.dumps(body).encode(), headers=headers)


@pytest.mark.parametrize(("starts", "ends"), EDGES)
def test_a_time_at_the_edge_of_the_calendar_is_not_kept(
    role_desk: RoleDesk, things: dict[str, str], starts: str, ends: str
) -> None:
    times = {"starts": starts, "ends": ends}
    away = {"login": things["officer"], "stand_in": things["lead"], **times}
    refused(role_desk, role_desk.send(ADMINISTRATOR, "POST", "/api/v1/absences", away), "unfit")
    shift = {"login": "agent", "position": 1, **times}
    refused(role_desk, role_desk.send(SUPERVISOR, "POST", "/api/v1/duty", shift), "unfit")
    assert role_desk.submit(SUPERVISOR, "GET", "/duty").status_code == 200
    assert role_desk.submit(ADMINISTRATOR, "GET", "/absences").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/duty?from=9999-12-31T23:00:00Z",
        "/api/v1/duty?from=0001-01-01T00:00:00%2B14:00",
        "/events/$event?from=0001-01-01",
        "/events/$event?to=9999-12-31T23:59:00-12:00",
    ],
)
def test_a_question_about_the_edge_of_the_calendar_is_refused(
    role_desk: RoleDesk, things: dict[str, str], path: str
) -> None:
    path = path.replace("$event", things["event"])
    way = role_desk.send if path.startswith("/api/") else role_desk.submit
    answer = way(SUPERVISOR, "GET", path)
    refused(role_desk, answer, "unfit")
    assert "超出了可用的范围" in answer.text


@pytest.mark.parametrize("field", ["cases", "unit", "text"])
@pytest.mark.parametrize("text", ["a\0b", HALF])
def test_a_batch_with_a_text_that_is_none_dispatches_nothing(
    role_desk: RoleDesk, things: dict[str, str], field: str, text: str
) -> None:
    body: dict[str, Any] = {"cases": [things["open_case"]], "unit": things["unit"], "text": "按目录"}
    body[field] = [things["open_case"], text] if field == "cases" else text
    answer = send(role_desk, DISPATCHER, "/api/v1/cases/dispatch", body)
    assert answer.json()["title"] in ("unfit", "invalid")
    refused(role_desk, answer, answer.json()["title"])


@pytest.mark.parametrize("co_unit", ["a\0b", HALF, "长" * 61])
def test_a_co_handler_that_is_no_name_is_refused(role_desk: RoleDesk, things: dict[str, str], co_unit: str) -> None:
    body = {"unit": things["unit"], "co_units": [co_unit], "text": "按目录"}
    path = f"/api/v1/cases/{things['open_case']}/transitions/dispatch"
    answer = send(role_desk, DISPATCHER, path, body)
    refused(role_desk, answer, answer.json()["title"])


def test_co_handlers_are_not_the_whole_district(role_desk: RoleDesk, things: dict[str, str]) -> None:
    body = {"unit": things["unit"], "co_units": [things["stranger"]] * 51, "text": "按目录"}
    path = f"/api/v1/cases/{things['open_case']}/transitions/dispatch"
    refused(role_desk, role_desk.send(DISPATCHER, "POST", path, body), "invalid")


def test_a_form_with_nul_is_refused_on_every_database(role_desk: RoleDesk, things: dict[str, str]) -> None:
    for way in ({}, {"x-csrf-token": role_desk.tokens[SUPERVISOR][1]}):
        answer = role_desk.client.post(
            f"/cases/{things['case']}/leaders-notes",
            data={
                "leader": "王\0区长",
                "office": "区政府",
                "noted_on": "2026-03-23",
                "text": "请速办",
                "csrf": "" if way else role_desk.tokens[SUPERVISOR][1],
            },
            headers={"cookie": f"yingsheng_session={role_desk.tokens[SUPERVISOR][0]}", **way},
        )
        refused(role_desk, answer, "unfit")
        assert "NUL" in answer.text


def test_an_answer_that_is_too_long_is_refused_and_not_cut(role_desk: RoleDesk, things: dict[str, str]) -> None:
    for name in ("text", "record"):
        form = {"text": "已经修好", "record": "已经修好", name: "修" * 5001}
        answer = role_desk.submit(LEAD, "POST", f"/cases/{things['case']}/do/answer", form)
        refused(role_desk, answer, "too-large", 413)
        assert "内容过长" in answer.text


def test_an_end_of_line_counts_once_in_an_answer(role_desk: RoleDesk, things: dict[str, str]) -> None:
    form = {"text": "修好了。\r\n" * 1000, "record": "现场已恢复"}
    answer = role_desk.submit(LEAD, "POST", f"/cases/{things['case']}/do/answer", form)
    assert answer.status_code in (200, 303), answer.text[:300]
    role_desk.put_back()


def test_a_word_about_an_inspection_is_refused_and_not_cut(role_desk: RoleDesk, things: dict[str, str]) -> None:
    points = {f"points-{code}": str(most) for code, most in (("A1", 39), ("A2", 25), ("A3", 20), ("A4", 15))}
    scored = role_desk.submit(
        SUPERVISOR, "POST", f"/inspection/{things['drawn']}/score", {**points, "comment": "评" * 2001}
    )
    refused(role_desk, scored, "too-large", 413)
    decided = role_desk.submit(
        SUPERVISOR, "POST", f"/inspection/{things['objected']}/decision", {"verdict": "stands", "text": "定" * 2001}
    )
    refused(role_desk, decided, "too-large", 413)


def test_a_case_is_not_merged_into_itself_and_told_so(role_desk: RoleDesk, things: dict[str, str]) -> None:
    case = things["other_case"]
    answer = role_desk.send(DISPATCHER, "POST", f"/api/v1/cases/{case}/merge", {"into": case})
    refused(role_desk, answer, "merge-ring", 409)
    assert "它自己" in answer.json()["detail"]


def test_a_decision_about_a_person_takes_no_nul(role_desk: RoleDesk, things: dict[str, str]) -> None:
    path = f"/api/v1/person-requests/{things['person_request']}/decision"
    body = {"approve": False, "text": "材料\0不全", "confirm": True}
    refused(role_desk, role_desk.send(SUPERVISOR, "POST", path, body), "unfit")
