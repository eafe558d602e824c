"""Forged forms, foreign addresses, others' matters and bare answers: tried on every route of the application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.app import create_app
from tests.integration.attack_table import SAFE, STRANGER, SUPERVISOR, Route, address, ask, table, who_may
from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_routes import OF_ONE_UNIT, body_of, is_public
from tests.integration.role_things import things

__all__ = ["role_desk", "things"]

pytestmark = pytest.mark.xdist_group("page-attacks")  # one desk for all of them

FORMS_OF_RESIDENTS = {
    "/login": "who signs in has no session yet",
    "/appeal": "a resident has no session",
    "/q/{code}/withdraw": "the code is what nobody else's page can send",
    "/q/{code}/confidential": "the code",
    "/q/{code}/quiet": "the code",
    "/q/{code}/verdict": "the code",
    "/q/{code}/reopen": "the code",
    "/q/{code}/again": "the code",
    "/knowledge/{key}/feedback": "a count without a person",
    "/search/{key}/opened/{number}": "a count without a person",
    "/appeal/{key}/alike": "the key of his draft",
    "/appeal/{key}/answer": "the key of his draft",
    "/appeal/{key}/check": "the key of his draft",
    "/appeal/{key}/contact": "the key of his draft",
    "/appeal/{key}/photos": "the key of his draft",
    "/appeal/{key}/photos/remove": "the key of his draft",
    "/appeal/{key}/place": "the key of his draft",
    "/appeal/{key}/words": "the key of his draft",
    "/appearance": "how pages look, in a cookie",
    "/captcha": "a resident has no session",
    "/follow": "number and code",
    "/login/code": "the half sign-in's cookie",
    "/opinions/{number}": "a signed link or browser, one answer each",
    "/q/{code}/add": "the code",
    "/q/{code}/urge": "the code",
}
"""Forms of pages that carry no token, and why; whatever else a page sends carries one."""
FOREIGN = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/%2f/evil.example",
    "/x\r\nlocation: https://evil.example",
)
BACK = ("next", "back", "to", "url", "return", "return_to", "redirect", "from_page")
"""Names under which pages say where to go on."""
LEADS_OUT = re.compile(
    r"""(?:href|action|src|formaction)\s*=\s*["']?\s*(?:https?:)?[/\\]{2}evil|javascript:alert""", re.IGNORECASE
)


@pytest.fixture(scope="module")
def routes(role_desk: RoleDesk) -> list[Route]:
    return table(create_app(role_desk.desk))


@pytest.fixture(autouse=True)
def _as_it_was(role_desk: RoleDesk, things: dict[str, str]) -> Iterator[None]:
    """Reading leaves traces too: who had a person shown is on record."""
    del things
    yield
    role_desk.put_back()


def acts(routes: list[Route]) -> list[Route]:
    """What a page of staff sends, the simulator's apart: it is there in demo mode only."""
    return [
        each for each in routes if each.is_page and each.method not in SAFE and not each.path.startswith("/simulator")
    ]


def given(route: Route, things: dict[str, str]) -> dict[str, Any]:
    return body_of(route.row[1], things) if route.row else {}


def test_a_form_without_the_pages_own_token_does_nothing(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    wrong = []
    others = role_desk.tokens[STRANGER][1]
    tried = [each for each in acts(routes) if each.path not in FORMS_OF_RESIDENTS]
    for route in tried:
        who = who_may(route) or SUPERVISOR
        for name, token in (("without a token", ""), ("with a wrong one", "x" * 43), ("with another's", others)):
            answer = ask(role_desk, who, route, address(route, things), given=given(route, things), csrf=token)
            if answer.status_code != 403:
                wrong.append(f"{route.name} {name}: {answer.status_code}")
    if role_desk.seen() != role_desk.before:
        wrong.append("something changed")
        role_desk.put_back()
    assert len(tried) > 100, "the forms are looked for in vain"
    assert not wrong, "\n".join(wrong)


def test_every_form_without_a_token_is_one_of_a_residents(routes: list[Route]) -> None:
    open_to_all = {each.path for each in acts(routes) if is_public(each.path)}
    assert open_to_all == set(FORMS_OF_RESIDENTS)


def test_a_form_without_a_token_is_taken_from_no_other_sites_page(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    wrong = []
    for route in acts(routes):
        if route.path in FORMS_OF_RESIDENTS:
            for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
                answer = role_desk.client.post(address(route, things), data=given(route, things), headers=headers)
                if answer.status_code not in (403, 422):  # 422: what it lacks is found before where it comes from
                    wrong.append(f"{route.name} {headers}: {answer.status_code}")
    if role_desk.seen() != role_desk.before:
        wrong.append("something changed")
        role_desk.put_back()
    assert not wrong, "\n".join(wrong)


def test_a_session_of_a_cookie_is_none_for_the_interface_without_its_token(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    wrong = []
    for route in routes:
        if not route.path.startswith("/api/") or route.method in SAFE or is_public(route.path):
            continue
        cookie = {"cookie": f"yingsheng_session={role_desk.tokens[who_may(route) or SUPERVISOR][0]}"}
        path = address(route, things)
        answers = [
            role_desk.client.request(route.method, path, json=given(route, things), headers=cookie),
            role_desk.client.request(route.method, path, data={"a": "b"}, headers=cookie),
            role_desk.client.request(
                route.method, path, content=b"{}", headers=cookie | {"content-type": "text/plain"}
            ),
        ]
        wrong += [f"{route.name}: {each.status_code}" for each in answers if each.status_code != 403]
    assert role_desk.seen() == role_desk.before
    assert not wrong, "\n".join(wrong)


def leads_out(answer: httpx.Response) -> str:
    """Where an answer would lead that is not this desk; empty where it stays."""
    for name in ("location", "hx-redirect", "hx-location", "refresh"):
        target = answer.headers.get(name, "")
        if target and not re.fullmatch(r"/(?![/\\]).*", target):
            return f"{name}: {target}"
    if answer.headers.get("content-type", "").startswith("text/html") and LEADS_OUT.search(answer.text):
        return f"a link: {LEADS_OUT.search(answer.text)}"
    return ""


def test_no_form_leads_to_another_host(role_desk: RoleDesk, things: dict[str, str], routes: list[Route]) -> None:
    """Every act is done once with foreign words under each name; those that say where to go on with each spelling."""
    wrong, gone_on = [], 0
    for route in acts(routes):
        named = [name for name in BACK if name in route.fields]
        for number, foreign in enumerate(FOREIGN):
            if number and not (named or route.path.startswith(("/cases/{key}/do", "/login"))):
                break
            form = given(route, things) | dict.fromkeys(BACK, foreign)
            headers = {"referer": "https://evil.example/x"}
            if route.path == "/login":
                form |= {"login": STRANGER.login, "password": "known-to-everybody"}
            answer = ask(role_desk, who_may(route), route, address(route, things), given=form, headers=headers)
            gone_on += answer.status_code == 303
            if out := leads_out(answer):
                wrong.append(f"{route.name} with {foreign!r}: {out}")
            if role_desk.seen() != role_desk.before:
                role_desk.put_back()
    assert gone_on > 50, "nothing was done: nothing could lead anywhere"
    assert not wrong, "\n".join(wrong)


def test_no_page_offers_a_way_to_another_host(role_desk: RoleDesk, things: dict[str, str], routes: list[Route]) -> None:
    wrong = []
    for route in routes:
        if not route.is_page or route.method != "GET" or route.is_endless:
            continue
        for foreign in FOREIGN[:6]:
            query = dict.fromkeys((*BACK, *route.query), foreign)
            path = address(route, things).split("?")[0]
            answer = role_desk.client.get(path, params=query, headers=_cookie(role_desk, route))
            if out := leads_out(answer):
                wrong.append(f"{route.name} with {foreign!r}: {out}")
    assert not wrong, "\n".join(wrong)


def _cookie(desk: RoleDesk, route: Route) -> dict[str, str]:
    who = who_may(route)
    return {"cookie": f"yingsheng_session={desk.tokens[who][0]}"} if who else {}


def test_anothers_matter_is_as_unknown_as_one_that_is_not_there(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    """Else a unit could count the others' cases, or learn that one exists."""
    wrong, tried = [], 0
    for route in routes:
        if route.row is None or route.row[1].on not in OF_ONE_UNIT or not route.keys:
            continue
        door, nothing = route.row[1], things | {route.row[1].on: things["nothing"]}
        told = []
        for these in (things, nothing):
            path = address(route, these)
            answer = ask(role_desk, STRANGER, route, path, given=body_of(door, things))
            words = re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", answer.text)
            told.append((answer.status_code, re.sub(r"\d\d-\d\d \d\d:\d\d", "", words)))
        tried += 1
        if told[0] != told[1] or told[0][0] not in (403, 404):
            wrong.append(f"{route.name}: {told[0][0]} and {told[1][0]}")
    assert role_desk.seen() == role_desk.before
    assert tried > 50
    assert not wrong, "\n".join(wrong)


def test_a_visitor_without_a_session_learns_of_no_matter(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    wrong = []
    for route in routes:
        if is_public(route.path):
            continue
        answer = ask(role_desk, None, route, address(route, things), given=given(route, things))
        entrance = answer.status_code == 303 and answer.headers["location"].startswith("/login")
        if answer.status_code != 401 and not entrance:
            wrong.append(f"{route.name}: {answer.status_code}")
        if things["number"] in answer.text:
            wrong.append(f"{route.name} names the case")
    assert role_desk.seen() == role_desk.before
    assert not wrong, "\n".join(wrong)


POLICY = ("default-src 'self'", "frame-ancestors 'self'", "base-uri 'none'", "form-action 'self'")


def test_every_answer_says_how_a_browser_may_use_it(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    """Also what is refused, and also files; what staff see is kept by no browser."""
    wrong = []
    for route in routes:
        if route.is_endless or route.path == "/health/ready":  # this desk has no model and is never ready
            continue
        who = who_may(route)
        # A form without its token: its answer has the same headers, and nothing is done.
        answer = ask(role_desk, who, route, address(route, things), csrf="")
        wrong += [f"{route.name}: {each}" for each in faults(route, answer, staff=who is not None)]
        if role_desk.seen() != role_desk.before:
            role_desk.put_back()
    static = role_desk.client.get("/static/desk.css")
    wrong += faults(Route("GET", "/static/desk.css", "", (), ()), static, staff=False)
    assert not wrong, "\n".join(wrong)


def faults(route: Route, answer: httpx.Response, *, staff: bool) -> list[str]:
    """What an answer's headers lack."""
    found, headers = [], answer.headers
    policy = headers.get("content-security-policy", "")
    found += [f"the policy lacks {each}" for each in POLICY if each not in policy]
    found += [f"the policy has {each}" for each in ("unsafe-", "*", "http:") if each in policy]
    if headers.get("x-content-type-options") != "nosniff":
        found.append("no nosniff")
    if headers.get("referrer-policy") not in ("same-origin", "no-referrer", "strict-origin"):
        found.append("no referrer-policy")
    page = headers.get("content-type", "").startswith("text/html") and route.is_page
    if staff and page and answer.is_success and "no-store" not in headers.get("cache-control", ""):
        found.append(f"cache-control: {headers.get('cache-control')}")
    if route.path.startswith("/api/") and answer.content and "json" not in headers.get("content-type", "json"):
        kind = headers["content-type"]
        if not kind.startswith(("text/csv", "application/", "text/event-stream", "image/")):
            found.append(f"content-type: {kind}")
    if answer.status_code >= 500:
        found.append(f"{answer.status_code}")
    return found
