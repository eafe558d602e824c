"""Every route refuses who has not signed in, and every route of casework every role that it is not for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.app import create_app
from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_duties import DUTIES, ELSEWHERE, PUBLIC, PUBLIC_UNDER, Door, Duty
from tests.integration.role_rules import OF_A_UNIT, STANDINGS, Place, Standing
from tests.integration.role_things import things

__all__ = ["role_desk", "things"]

ROWS = {door.route: (duty, door) for duty in DUTIES for door in duty.doors}
OF_ONE_UNIT = frozenset({"ticket", "case", "told", "assessed", "second", "absence", "order", "answered_order", "note", "other_case"})
"""What another unit than its own does not come near."""
TRIED = tuple(each for each in STANDINGS if each.place in (Place.NONE, Place.LEAD, Place.STRANGER))


def routes(app: FastAPI) -> list[tuple[str, str, str]]:
    """Method, path and module of all routes, without HEAD and without mounted folders."""
    return [
        (method, path, each.endpoint.__module__)
        for each in iter_route_contexts(app.routes)
        if each.endpoint is not None
        for method in sorted(set(each.methods or ()) - {"HEAD"})
        for path in written_out(str(each.path), each.endpoint)
    ]


def written_out(path: str, endpoint: Callable[..., Any]) -> list[str]:
    """The path once for each word that stands in it: acts of one route may be for different people."""
    hints = get_type_hints(endpoint)
    for name in re.findall(r"\{(\w+)\}", path):
        words = get_args(hints.get(name)) if get_origin(hints.get(name)) is Literal else ()
        if words:
            return [path.replace(f"{{{name}}}", word) for word in words]
    return [path]


def is_public(path: str) -> bool:
    return path in PUBLIC or any(path == under or path.startswith((f"{under}/", f"{under}.")) for under in PUBLIC_UNDER)


def fill(text: str, things: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: things[found[1]], text)


def body_of(door: Door, things: dict[str, str]) -> dict[str, Any]:
    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        return fill(value, things) if isinstance(value, str) else value

    return {name: filled(value) for name, value in door.body.items()}


def address(door: Door, things: dict[str, str]) -> str:
    own = {"ticket": things["ticket"]}
    path = re.sub(r"\{(\w+)\}", lambda found: own.get(found[1]) or things[door.on or "nothing"], door.path)
    return path + fill(door.query, things)


def knock(desk: RoleDesk, who: Standing, door: Door, things: dict[str, str]) -> httpx.Response:
    path, body = address(door, things), body_of(door, things)
    if door.file:
        token, csrf = desk.tokens[who]
        headers = {"authorization": f"Bearer {token}"} if path.startswith("/api/") else {"cookie": f"yingsheng_session={token}"}
        headers["x-csrf-token"] = csrf
        return desk.client.post(path, files={"file": ("list.csv", door.file)}, headers=headers)
    way = desk.send if path.startswith("/api/") else desk.submit
    return way(who, door.method, path, None if door.method == "GET" else body)


def told(answer: httpx.Response) -> str:
    """The sentence of a problem document or of a page that is one."""
    if answer.headers.get("content-type", "").startswith("text/html"):
        found = re.search(r'class="alone">.*?<p[^>]*>(.*?)</p>|class="problem"[^>]*>(.*?)<', answer.text, re.S)
        return (found[1] or found[2] or "").strip() if found else ""
    return answer.text[:200]


def test_every_route_of_casework_says_whom_it_is_for(role_desk: RoleDesk) -> None:
    missing = sorted(
        f"{method} {path} ({module})"
        for method, path, module in routes(create_app(role_desk.desk))
        if f"{method} {path}" not in ROWS
        and not is_public(path)
        and not any(part in module.rsplit(".", 1)[-1] for part in ELSEWHERE)
    )
    assert not missing, "\n".join(("no row of role_duties.py says which roles these routes are for:", *missing))


def test_no_row_is_of_a_route_that_is_gone(role_desk: RoleDesk) -> None:
    there = {f"{method} {path}" for method, path, _ in routes(create_app(role_desk.desk))}
    assert sorted(ROWS.keys() - there) == []


def test_without_a_session_nothing_but_what_is_public_answers(role_desk: RoleDesk) -> None:
    wrong = []
    for method, path, _ in routes(create_app(role_desk.desk)):
        if is_public(path):
            continue
        given = re.sub(r"\{\w+\}", "0", path)
        answer = role_desk.client.request(method, given)
        to_entrance = answer.status_code == 303 and answer.headers["location"].startswith("/login")
        if not (answer.status_code == 401 or (to_entrance and not path.startswith("/api/"))):
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def is_for(duty: Duty, door: Door, who: Standing) -> bool:
    if who.role in OF_A_UNIT and who.place is not Place.LEAD and door.on in OF_ONE_UNIT:
        return False
    return duty.roles is not None and who.role in duty.roles


@pytest.mark.parametrize("duty", [each for each in DUTIES if each.roles is not None], ids=lambda each: each.rule[:20])
def test_a_route_refuses_every_role_that_it_is_not_for(
    role_desk: RoleDesk, things: dict[str, str], duty: Duty
) -> None:
    wrong = []
    for door in duty.doors:
        served = False
        for who in TRIED:
            answer = knock(role_desk, who, door, things)
            changed = role_desk.seen() != role_desk.before
            status = answer.status_code
            done = answer.is_success or status == 303
            if changed or done:
                role_desk.put_back()
            if is_for(duty, door, who):
                served |= done
                good = status not in (401, 403, 500)
            else:
                good = status in (403, 404) and not changed
            if not good:
                wrong.append(f"{who}: {door.route}: {status}{', changed' if changed else ''} {told(answer)}")
        if not served and not door.empty:
            wrong.append(f"{door.route}: nobody could do it, so no refusal says anything: {answer.status_code}")
    assert not wrong, "\n".join((duty.rule, *wrong))
