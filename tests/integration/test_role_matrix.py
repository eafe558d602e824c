"""Every transition and request of the pack, for everybody who can sign in: what the pack allows, and nothing else.

The cells are generated from ``workflow.yaml``, and what must come of each is read there too.
"""

from __future__ import annotations

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
    assert all(LEADS < {who.place for who in STANDINGS if who.role is role} for role in OF_A_UNIT)
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
