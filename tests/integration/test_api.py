"""The HTTP interface: who may what, lists that are whole, nothing done twice."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi.openapi.models import OpenAPI
from sqlalchemy import func, select

from api.setting_up import DEMO_PASSWORD
from casework.tables import Case, Step, Ticket
from storage.database import new_id
from tests.integration.interface import World, problem, world

__all__ = ["world"]


# The document, and who may come in


def test_the_interface_is_described_in_openapi_3_1(world: World) -> None:
    document = world.as_("").get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    OpenAPI.model_validate(document)
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    assert {name.rpartition("/")[2] for name in re.findall(r'"\$ref": "([^"]+)"', text)} <= set(schemas)
    operations = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(operations) == len(set(operations))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path
    for path in ("/api/v1/tickets", "/api/v1/cases/{key}/transitions/{name}", "/api/v1/articles", "/api/v1/rates"):
        assert path in document["paths"]


def test_nothing_answers_without_a_token(world: World) -> None:
    document = world.as_("").get("/openapi.json").json()
    open_ = {
        ("post", "/api/v1/sessions"),
        ("post", "/api/v1/appeals"),
        ("post", "/api/v1/appeals/{code}/verdict"),
        ("post", "/api/v1/appeals/{code}/reopening"),
        ("post", "/api/v1/appeals/{code}/again"),
        ("post", "/api/v1/public/articles/{key}/feedback"),
        ("get", "/api/v1/search/suggestions"),
    }
    asked = 0
    for path, methods in document["paths"].items():
        if not path.startswith("/api/v1/"):
            continue
        for method in set(methods) - {name for name, where in open_ if where == path}:
            place = re.sub(r"{\w+}", "x", path)
            answer = httpx.request(method, f"{world.url}{place}", json={}, headers={"authorization": "Bearer wrong"})
            problem(answer, 401, "not-signed-in")
            asked += 1
    assert asked > 15


def test_a_token_ends_at_sign_out(world: World) -> None:
    answer = world.as_("").post("/sessions", json={"login": "callback", "password": DEMO_PASSWORD})
    token = {"authorization": f"Bearer {answer.json()['token']}"}
    assert world.as_("").get("/sessions/me", headers=token).json()["role"] == "callback_agent"
    assert world.as_("").delete("/sessions", headers=token).status_code == 204
    problem(world.as_("").get("/sessions/me", headers=token), 401, "not-signed-in")
    problem(world.as_("").post("/sessions", json={"login": "callback", "password": "no"}), 401, "bad-credentials")


def test_a_unit_sees_and_moves_its_own_cases_only(world: World) -> None:
    case = world.case("U001")
    own, other = world.as_("lead-U001"), world.as_("lead-U002")
    number = own.get(f"/cases/{case}").json()["number"]
    listed = {
        login: world.as_(login).get("/cases", params={"limit": 200}).json()["items"]
        for login in ("lead-U001", "lead-U002")
    }
    assert case in {row["id"] for row in listed["lead-U001"]}
    assert all(row["lead_unit"]["code"] != "U001" for row in listed["lead-U002"])
    (ticket,) = own.get(f"/cases/{case}").json()["tickets"]
    for key in (case, number):
        assert own.get(f"/cases/{key}").json()["id"] == case
        problem(other.get(f"/cases/{key}"), 404, "unknown-case")
        problem(other.post(f"/cases/{key}/transitions/sign", json={}), 404, "unknown-case")
        problem(other.post(f"/cases/{key}/requests/extension", json={}), 404, "unknown-case")
    for key in (ticket["id"], ticket["number"]):
        assert own.get(f"/tickets/{key}").json()["id"] == ticket["id"]
        problem(other.get(f"/tickets/{key}"), 404, "unknown-ticket")
    assert own.post(f"/cases/{number}/transitions/sign", json={}).json()["state"] == "in_progress"


def test_a_unit_gets_its_own_rates_and_every_article(world: World) -> None:
    world.case("U001")
    span = {"from": "2026-01-01", "to": "2099-12-31"}
    rows = world.as_("lead-U001").get("/rates", params=span).json()
    assert {row["key"] for row in rows["rows"] if row["tickets"]} == {"U001"}
    assert world.as_("lead-U002").get("/rates", params=span).json()["pooled"]["tickets"] == 0
    article = world.as_("lead-U001").get("/articles", params={"q": "路灯不亮"}).json()["items"][0]
    assert world.as_("lead-U001").get(f"/articles/{article['id']}").json()["id"] == article["id"]


# Lists


@pytest.mark.parametrize("path", ["/tickets", "/tickets?queue=true", "/cases"])
def test_pages_are_whole_and_without_repetition_while_new_rows_arrive(world: World, path: str) -> None:
    there = {world.case("U003") for _ in range(5)} if path == "/cases" else {world.received() for _ in range(12)}
    seen: list[str] = []
    after = ""
    while True:
        params = httpx.URL(path).params.merge({"limit": "4", "after": after})
        answer = world.as_("dispatcher").get(path, params=params).json()
        seen += [row["id"] for row in answer["items"]]
        if path == "/cases":
            world.case("U004")
        else:
            world.received()
        if answer["next"] is None or len(seen) > 400:
            break
        after = answer["next"]
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_articles_are_paged_by_number(world: World) -> None:
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = world.as_("agent").get("/articles", params={"limit": 50, "after": after}).json()
        seen += [row["id"] for row in answer["items"]]
        after = answer["next"]
    assert len(seen) >= 120
    assert seen == sorted(set(seen))


# Nothing twice


def test_a_write_sent_twice_under_one_key_is_done_once(world: World) -> None:
    case = world.case("U001")
    lead, key = world.as_("lead-U001"), {"Idempotency-Key": new_id()}
    first = lead.post(f"/cases/{case}/transitions/sign", json={}, headers=key)
    again = lead.post(f"/cases/{case}/transitions/sign", json={}, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    problem(lead.post(f"/cases/{case}/transitions/sign", json={}), 409, "wrong-state")
    told = problem(lead.post(f"/cases/{case}/transitions/answer", json={"text": "好"}, headers=key), 422, "key-reused")
    assert "Idempotency-Key" in told["detail"]
    other = world.as_("dispatcher").post(f"/cases/{case}/transitions/sign", json={}, headers=key)
    assert other.status_code in {403, 409}  # another's key is another key
    assert world.count(select(func.count(Step.id)).where(Step.case_id == case, Step.move == "sign")) == 1


def test_a_refused_write_leaves_its_key_free(world: World) -> None:
    case = world.case("U001")
    lead, key = world.as_("lead-U001"), {"Idempotency-Key": new_id()}
    problem(lead.post(f"/cases/{case}/transitions/answer", json={"text": "好"}, headers=key), 409, "wrong-state")
    assert lead.post(f"/cases/{case}/transitions/sign", json={}).status_code == 200
    done = lead.post(f"/cases/{case}/transitions/answer", json={"text": "好"}, headers=key)
    assert done.status_code == 200, done.text


def test_of_writes_under_one_key_at_the_same_moment_one_is_done(world: World) -> None:
    ticket = world.ticket()
    dispatcher, key = world.as_("dispatcher"), {"Idempotency-Key": new_id()}
    body = {"unit": "U001", "reason": "测试"}

    def accept(_number: int) -> httpx.Response:
        return dispatcher.post(f"/tickets/{ticket}/accept", json=body, headers=key)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(accept, range(6)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    done = [answer.json() for answer in answers if answer.status_code == 200]
    assert done
    assert all(answer == accept(6).json() for answer in done)
    assert world.count(select(func.count(Step.id)).where(Step.ticket_id == ticket, Step.move == "receive")) == 1
    assert (
        world.count(select(func.count(Case.id)).join(Ticket, Ticket.case_id == Case.id).where(Ticket.id == ticket)) == 1
    )


def test_of_two_dispatchers_who_accept_at_once_one_is_told_that_he_is_late(world: World) -> None:
    for _ in range(4):
        ticket = world.ticket()

        def accept(unit: str, ticket: str = ticket) -> httpx.Response:
            body = {"unit": unit, "reason": "测试"}
            return world.as_("dispatcher").post(f"/tickets/{ticket}/accept", json=body)

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(accept, ("U001", "U002")), key=lambda answer: answer.status_code)
        assert answers[0].status_code == 200, answers[0].text
        problem(answers[1], 409)
        found = world.as_("dispatcher").get(f"/tickets/{ticket}").json()
        assert found["case_id"] == answers[0].json()["case_id"]
        assert found["unit"] == answers[0].json()["unit"]
