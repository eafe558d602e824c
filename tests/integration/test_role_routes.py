"""Every route refuses who has not signed in, and every route of casework every role that it is not for."""

from __future__ import annotations

import re

import pytest

from api.app import create_app
from district.process import Role
from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_doors import Door, Duty
from tests.integration.role_duties import DUTIES
from tests.integration.role_routes import ELSEWHERE, OF_ONE_UNIT, ROWS, TRIED, is_public, knock, routes, told
from tests.integration.role_rules import OF_A_UNIT, STANDINGS, Place, Standing
from tests.integration.role_things import things

__all__ = ["role_desk", "things"]


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
def test_a_route_refuses_every_role_that_it_is_not_for(role_desk: RoleDesk, things: dict[str, str], duty: Duty) -> None:
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


def test_nothing_that_a_stranger_reads_names_what_it_has_no_part_in(
    role_desk: RoleDesk, things: dict[str, str]
) -> None:
    strangers = [who for who in STANDINGS if who.role in OF_A_UNIT and who.place in (Place.STRANGER, Place.NONE)]
    lists = [door for duty in DUTIES for door in duty.doors if door.method == "GET" and not door.on]
    secrets = {things[name] for name in ("number", "ticket_number", "case", "ticket", "mark", "order")}
    agents = knock(role_desk, Standing(Role.AGENT), Door("GET /api/v1/cases"), things)
    assert things["number"] in agents.text, "the numbers are looked for in vain"
    wrong = [
        f"{who}: {door.route}"
        for door in lists
        for who in strangers
        if any(secret in knock(role_desk, who, door, things).text for secret in secrets)
    ]
    assert not wrong, "\n".join(wrong)
