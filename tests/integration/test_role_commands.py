"""Every command that acts ``--as`` somebody refuses who may not, as the pack and the table of duties say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from typer.main import get_command

from api.cli import app
from district.process import Role
from tests.integration.commands import Command, Done
from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_duties import CITY, DESK, M, S, U, named, only
from tests.integration.role_matrix import CELLS, first_of_each
from tests.integration.role_routes import fill
from tests.integration.role_rules import OF_A_UNIT, STANDINGS, Cell, Place, Standing, Verdict
from tests.integration.role_things import things

__all__ = ["role_desk", "things"]

TRIED = (
    *(each for each in STANDINGS if each.role not in OF_A_UNIT),
    *(Standing(role, Place.LEAD) for role in sorted(OF_A_UNIT)),
    Standing(Role.UNIT_LEAD, Place.CO),
    Standing(Role.UNIT_OFFICER, Place.STRANGER),
)
"""A command is a start of the whole program: one of each kind."""
SAYS = {Verdict.REFUSED: "错误：不能", Verdict.UNSEEN: "错误：没有找到办件", Verdict.CONFLICT: "错误：当前状态"}
ELSEWHERE = ("articles", "notices")
"""Groups of the knowledge room: test_article_life, test_day_notices."""
BY_THE_PACK = "cases do"


@dataclass(frozen=True)
class Order:
    """A command with what is given to it, and whom it is for."""

    words: str
    given: str
    roles: frozenset[Role]


ORDERS = (
    Order("automatic on", "$category --reason 测试", only(S, M)),
    Order("automatic off", "$category --reason 测试", only(S, M)),
    Order("calendars recount", "", only(S, M)),
    Order("cases migrate", "", only(S, M)),
    Order("cases migrate", "--dry-run", only(S, M, U)),
    Order("cases migrate", "--case $case", only(S, M)),
    Order("city return", "$ticket --text 不属本区", named(CITY, "returned_by")),
    Order("correct", "$assessed --category $category", DESK),
)


@pytest.fixture
def run(role_desk: RoleDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(role_desk.desk.home, monkeypatch, capsys)


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """All commands below this one, with the words that call them."""
    below = getattr(group, "commands", None)
    if below is None:
        yield " ".join(words), group
        return
    for word, each in sorted(below.items()):
        yield from commands(each, (*words, word))


def test_every_command_that_acts_as_somebody_says_whom_it_is_for() -> None:
    acting = {
        words
        for words, each in commands(get_command(app))
        if any("--as" in option.opts for option in each.params) and words.split(" ")[0] not in ELSEWHERE
    }
    assert acting == {order.words for order in ORDERS} | {BY_THE_PACK}, "a command without a row, or a row without one"


def finished(desk: RoleDesk, done: Done) -> tuple[Done, bool]:
    """With whether anything was changed; the desk is as it was prepared again."""
    changed = desk.seen() != desk.before
    if changed or done.code == 0:
        desk.put_back()
    return done, changed


@pytest.mark.parametrize("order", ORDERS, ids=lambda each: f"{each.words} {each.given}")
def test_a_command_refuses_every_role_that_it_is_not_for(
    role_desk: RoleDesk, things: dict[str, str], run: Command, order: Order
) -> None:
    wrong = []
    for who in TRIED:
        given = fill(order.given, things).split()
        done, changed = finished(role_desk, run(*order.words.split(), *given, "--as", who.login))
        refused = done.code == 1 and done.err.startswith(("错误：不能", "错误：没有找到"))
        if refused == (who.role in order.roles) or (refused and changed) or done.code not in (0, 1):
            wrong.append(f"{who}: {order.words}: {done.code} {done.err[-200:]}")
    assert not wrong, "\n".join(wrong)


def test_cases_do_does_what_the_pack_allows_and_refuses_the_rest(
    role_desk: RoleDesk, things: dict[str, str], run: Command
) -> None:
    assert things
    cells = [cell for cell in first_of_each(CELLS) if (cell.life, cell.act) == ("case", "move")]
    found = [words for cell in cells for who in TRIED if (words := _wrong(role_desk, run, who, cell))]
    assert not found, "\n".join(found)


def _wrong(desk: RoleDesk, run: Command, who: Standing, cell: Cell) -> str:
    said = desk.book.verdict(cell, who, in_hand=desk.is_in_hand(cell))
    options = [
        part for name, value in desk.given(cell.given).items() for part in (f"--{name.replace('_', '-')}", value)
    ]
    done, changed = finished(desk, run("cases", "do", desk.key(cell), cell.name, *options, "--as", who.login))
    if said in (Verdict.MOVES, Verdict.ASKS):
        good = done.code == 0 and changed
    else:
        good = done.code == 1 and done.err.startswith(SAYS[said]) and not changed
    return "" if good else f"{who}: {cell}: the pack says {said}; {done.code} {done.err[-200:]}"
