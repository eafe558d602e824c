"""Every transition and request of the pack, for everybody who can sign in: what the pack allows, and nothing else.

The cells are generated from ``workflow.yaml``, and what must come of each is read there too.
"""

from __future__ import annotations

import re

import pytest

from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_matrix import CELLS, by_form, by_script, complaints, first_of_each
from tests.integration.role_rules import LEADS, OF_A_UNIT, ROLES, STANDINGS, Verdict

__all__ = ["role_desk"]


@pytest.mark.parametrize("act", ["ticket move", "case move", "case ask", "case decide"])
def test_the_api_does_what_the_pack_allows_and_refuses_the_rest(role_desk: RoleDesk, act: str) -> None:
    cells = [cell for cell in CELLS if f"{cell.life} {cell.act}" == act]
    assert cells
    found = complaints(role_desk, cells, by_script)
    assert not found, "\n".join(found)


def test_the_forms_do_what_the_pack_allows_and_refuse_the_rest(role_desk: RoleDesk) -> None:
    found = complaints(role_desk, first_of_each(CELLS), by_form)
    assert not found, "\n".join(found)


def test_the_matrix_has_every_role_every_standing_and_every_verdict(role_desk: RoleDesk) -> None:
    """That nothing is tried, or nothing refused, would pass the tests above as well."""
    assert {who.role for who in STANDINGS} == set(ROLES)
    assert all({who.place for who in STANDINGS if who.role is role} > LEADS for role in OF_A_UNIT)
    assert {cell.name for cell in CELLS if cell.act == "move"} == {
        move["name"] for life in ("ticket", "case") for move in role_desk.book.moves(life)
    }
    assert {cell.name for cell in CELLS if cell.act == "ask"} == set(role_desk.book.kinds)
    assert {cell.name for cell in CELLS if cell.act == "decide"} == set(role_desk.book.kinds)
    for life in ("ticket", "case"):
        said = {
            role_desk.book.verdict(cell, who, in_hand=role_desk.is_in_hand(cell))
            for cell in CELLS
            if cell.life == life
            for who in STANDINGS
        }
        assert said >= {Verdict.MOVES, Verdict.REFUSED, Verdict.UNSEEN}


def test_the_queue_of_requests_has_what_its_reader_decides_and_nothing_else(role_desk: RoleDesk) -> None:
    cells = [cell for cell in CELLS if cell.act == "decide"]
    for who in STANDINGS:
        his = {
            role_desk.key(cell)
            for cell in cells
            if role_desk.book.verdict(cell, who, in_hand=role_desk.is_in_hand(cell)) is Verdict.MOVES
        }
        told = role_desk.send(who, "GET", "/api/v1/requests").json()
        assert {item["id"] for item in told["items"]} == his, who


def test_a_cases_page_offers_nobody_what_he_may_not_do(role_desk: RoleDesk) -> None:
    doors = {"do": "move", "ask": "ask"}
    cells = {(cell.act, cell.name, cell.state): cell for cell in CELLS if cell.life == "case"}
    offered, wrong = 0, []
    for state in role_desk.book.states("case"):
        for who in STANDINGS:
            page = role_desk.submit(who, "GET", f"/cases/{role_desk.keys['case', 'at', state]}")
            for door, name in re.findall(r'action="/cases/[^"/]+/(do|ask)/(\w+)"', page.text):
                offered += 1
                cell = cells.get((doors[door], name, state))
                fits = cell and role_desk.book.verdict(cell, who, in_hand=role_desk.is_in_hand(cell))
                if fits not in (Verdict.MOVES, Verdict.ASKS):
                    wrong.append(f"{who}: {state}: {door} {name}: {fits}")
    assert offered, "the pages have no such forms: they are looked for in vain"
    assert not wrong, "\n".join(wrong)


def test_a_pending_answer_is_shown_to_no_unit_that_does_not_decide_it(role_desk: RoleDesk) -> None:
    cell = next(cell for cell in CELLS if cell.act == "decide" and "unit_lead" in cell.given["decided_by"])
    key = role_desk.key(cell)
    shown = {}
    for who in STANDINGS:
        case = role_desk.send(who, "GET", f"/api/v1/cases/{role_desk.case_of(key)}")
        page = role_desk.submit(who, "GET", f"/cases/{role_desk.case_of(key)}")
        shown[who] = case.is_success and f'action="/requests/{key}/decide"' in page.text
    may = {who for who in STANDINGS if role_desk.book.verdict(cell, who, in_hand=True) is Verdict.MOVES}
    assert {who for who, is_shown in shown.items() if is_shown} == may
