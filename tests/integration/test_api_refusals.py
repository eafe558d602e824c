"""What the HTTP interface refuses, and how: problem documents a person can act on, whatever was sent."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from casework.tables import Step
from tests.integration.interface import MAX_BODY, World, problem, world

__all__ = ["world"]


# Refusals


@pytest.mark.parametrize(
    ("login", "path", "body", "status", "kind"),
    [
        ("dispatcher", "/tickets/nothing/accept", {}, 404, "unknown-ticket"),
        ("dispatcher", "/cases/nothing/transitions/sign", {}, 404, "unknown-case"),
        ("dispatcher", "/cases/{case}/transitions/dance", {}, 404, "unknown-transition"),
        ("supervisor", "/requests/nothing/decision", {"approve": True}, 404, "unknown-request"),
        ("lead-U001", "/cases/{case}/transitions/answer", {"text": "好"}, 409, "wrong-state"),
        ("agent", "/cases/{case}/transitions/sign", {}, 403, "not-allowed"),
        ("auditor", "/tickets/{ticket}/accept", {}, 403, "not-allowed"),
        ("dispatcher", "/tickets/{ticket}/transitions/reject", {}, 422, "need-missing"),
        ("dispatcher", "/tickets/{ticket}/accept", {"unit": "nowhere"}, 422, "unknown-unit"),
        ("dispatcher", "/tickets/{ticket}/accept", {"category": "999999"}, 422, "unknown-category"),
        ("dispatcher", "/tickets/{ticket}/accept", {"category": "1" * 7}, 422, "invalid"),
        ("dispatcher", "/tickets/{ticket}/accept", {"request_type": "胡说"}, 422, "invalid"),
        ("callback", "/tickets/{ticket}/callbacks", {}, 422, "invalid"),
        ("lead-U001", "/cases/{case}/transitions/sign", {"review_date": "2026-13-01"}, 422, "invalid"),
        ("dispatcher", "/tickets/{ticket}/no-such-act", {}, 404, "http"),
        ("dispatcher", "/rates", {}, 405, "http"),
    ],
)
def test_every_refusal_is_a_problem_document(
    world: World, login: str, path: str, body: dict[str, Any], status: int, kind: str
) -> None:
    case, ticket = _standing(world)
    told = problem(world.as_(login).post(path.format(case=case, ticket=ticket), json=body), status, kind)
    if kind == "invalid":
        assert all(set(each) == {"field", "message"} for each in told["errors"])


_made: dict[str, tuple[str, str]] = {}


def _standing(world: World) -> tuple[str, str]:
    """A case and a ticket that no refused request changes."""
    if world.url not in _made:
        _made[world.url] = world.case("U001"), world.ticket()
    return _made[world.url]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/rates?by=weather", 422, "unknown-grouping"),
        ("/rates?from=2026-13-01", 422, "invalid"),
        ("/rates?from=2026-03-02&to=2026-03-01", 422, "bad-period"),
        ("/rates?from=0001-01-01", 422, "bad-period"),
        ("/rates?to=9999-12-31", 422, "bad-period"),
        ("/tickets?limit=0", 422, "invalid"),
        ("/tickets?limit=201", 422, "invalid"),
        ("/tickets?limit=many", 422, "invalid"),
        ("/articles/nothing", 404, "unknown-article"),
        ("/cases?q=" + "x" * 101, 422, "invalid"),
        ("/no-such-thing", 404, "http"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(world: World, path: str, status: int, kind: str) -> None:
    problem(world.as_("dispatcher").get(path), status, kind)


@pytest.mark.parametrize("cursor", ["nothing", "%00", "0" * 80, "' OR 1=1 --", "\u202e", "ffffffff-ffff-ffff"])
@pytest.mark.parametrize("path", ["/tickets", "/tickets?queue=true", "/cases", "/articles"])
def test_a_cursor_that_was_never_given_harms_nothing(world: World, path: str, cursor: str) -> None:
    answer = world.as_("dispatcher").get(path, params=httpx.URL(path).params.set("after", cursor))
    assert answer.status_code in {200, 422}, answer.text


# Bodies

BODIES: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"{half",
    "not UTF-8": b'{"text": "\xff\xfe"}',
    "an array": b"[1, 2, 3]",
    "null": b"null",
    "NaN": b'{"text": NaN, "reason": NaN}',
    "a number for a text": b'{"text": 5, "reason": []}',
    "an object for a text": b'{"text": {"$ne": 1}, "reason": {"$ne": 1}}',
    "NUL": rb'{"text": "a\u0000b", "reason": "a\u0000b"}',
    "a lone surrogate": rb'{"text": "\ud800", "reason": "\udfff"}',
    "a long text": b'{"text": "' + "字".encode() * 100_000 + b'"}',
    "deep nesting": b'{"text":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a huge number": b'{"text": ' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("name", BODIES)
def test_no_body_breaks_the_server_or_changes_anything(world: World, name: str) -> None:
    case, ticket = _standing(world)
    before = world.count(select(func.count(Step.id)))
    for login, path in (
        ("dispatcher", f"/tickets/{ticket}/transitions/reject"),
        ("dispatcher", f"/tickets/{ticket}/accept"),
        ("callback", f"/tickets/{ticket}/callbacks"),
        ("lead-U001", f"/cases/{case}/transitions/answer"),
        ("lead-U001", f"/cases/{case}/requests/extension"),
        ("dispatcher", "/sessions"),
    ):
        if path.endswith("accept") and name == "a long text":
            continue  # it has no such field
        answer = world.as_(login).post(path, content=BODIES[name], headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500, (path, answer.status_code, answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json"
    assert world.count(select(func.count(Step.id))) == before


@pytest.mark.parametrize("text", ["a\u0000b", "\u0000"])
def test_nul_is_refused_where_everything_else_would_be_done(world: World, text: str) -> None:
    case = world.case("U001")
    lead = world.as_("lead-U001")
    assert lead.post(f"/cases/{case}/transitions/sign", json={}).status_code == 200
    problem(lead.post(f"/cases/{case}/transitions/answer", json={"text": text}), 422)
    assert lead.get(f"/cases/{case}").json()["state"] == "in_progress"


def test_a_body_above_the_limit_is_too_large(world: World) -> None:
    body = b'{"text": "' + b"x" * (MAX_BODY + 1) + b'"}'
    ticket = world.received()
    for content in (body, iter([body[:1000], body[1000:]])):  # with its length declared, and without
        answer = world.as_("dispatcher").post(f"/tickets/{ticket}/transitions/reject", content=content)
        problem(answer, 413, "too-large")
