"""A hard month of the demo district, written act by act: clocks, states and rates equal a sheet worked by hand."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import packs
from casework import rates, rules
from casework.rates import RateRow
from district import formulas
from district.pack import District, load
from storage.database import Database
from tests.walks.player import Player, acts_of, case_rows, clock_rows, moment_of, ticket_rows

MONTH = Path(__file__).parent / "hard_month"
SHOWN = ("response_rate", "resolution_rate", "satisfaction_rate")


@pytest.fixture(scope="module")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


@pytest.fixture
def played(sqlite_database: Database, district: District) -> Player:
    player = Player(sqlite_database, district)
    first = next(acts_of(MONTH / "acts.csv"))
    with sqlite_database.write.begin() as session:
        rules.keep(session, district, now=first.at)
    player.play(MONTH / "acts.csv")
    return player


def sheet(name: str) -> list[tuple[str, ...]]:
    """The rows of a sheet worked by hand, without its heading and its last column, which says why."""
    with (MONTH / name).open(encoding="utf-8", newline="") as lines:
        _, *rows = csv.reader(lines)
    return sorted(tuple(cell.strip() for cell in row[:-1]) for row in rows if row)


def test_the_month_is_as_hard_as_it_should_be() -> None:
    acts = list(acts_of(MONTH / "acts.csv"))
    cases = {row[0] for row in sheet("cases.csv")}
    assert len(cases) >= 40
    reporters: dict[str, int] = {}
    for each in acts:
        if each.act == "merge":
            reporters[each.details["into"]] = reporters.get(each.details["into"], 1) + 1
    assert max(reporters.values()) >= 60
    done = {each.act for each in acts} | {each.details["kind"] for each in acts if each.act == "ask"}
    assert {"return", "arbitration", "co_answer", "suspension", "exclusion", "extension", "withdraw"} <= done
    assert any("order" in each.details for each in acts)
    assert max(int(row[5]) for row in sheet("cases.csv")) == 2, "a case that was reworked twice"
    assert max(int(row[4]) for row in sheet("cases.csv")) == 2, "a case that was returned twice"


def test_clocks_states_and_three_rates_equal_the_sheets_to_the_last_digit(played: Player, district: District) -> None:
    assert played.look(lambda session: clock_rows(session, played.cases)) == sheet("clocks.csv")
    assert played.look(lambda session: case_rows(session, played.cases)) == sheet("cases.csv")
    assert played.look(lambda session: ticket_rows(session, played.tickets)) == sheet("tickets.csv")
    assert played.look(lambda session: rate_rows(session, district)) == sheet("rates.csv")


def rate_rows(session: Session, district: District) -> list[tuple[str, ...]]:
    """The three rates and the score by unit and over all, without and with what was excluded."""
    start, end = moment_of("2026-09-19 12:00"), moment_of("2026-10-19 12:00")
    rows: list[tuple[str, ...]] = []
    for excluded in ("without", "with"):
        table = rates.compute(session, district, start=start, end=end, by="unit", with_excluded=excluded == "with")
        for row in (*table.rows, table.pooled):
            rows += _lines(row, excluded)
    return sorted(rows)


def _lines(row: RateRow, excluded: str) -> Sequence[tuple[str, ...]]:
    if not row.rates["response_rate"].denominator:
        return []
    key = row.key or "all"
    lines = []
    for name in SHOWN:
        value = row.rates[name]
        counted = _plain(value.numerator), _plain(value.denominator)
        lines.append((excluded, key, name, *counted, formulas.percent(value.value)))
    return [*lines, (excluded, key, "composite", "", "", formulas.points(row.composite))]


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
