"""``docs/casework.md`` and its Chinese sister: every change of a rule that they show is made and tried."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from _pytest.outcomes import Failed
from sqlalchemy import select

import packs
from casework import requests, rules
from casework.actors import Given
from casework.errors import CaseworkError, NeedMissing, NotAllowed, RequestLimit
from casework.tables import Case, Clock, Request
from district.checks import check
from district.pack import load
from storage.database import Database
from tests.unit.casework.conftest import DISPATCHER, NOW, SUPERVISOR, Bench, category_of

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = re.compile(
    r"^### (?P<title>.+?)\n.*?^`(?P<file>\w+\.yaml)`:\n```diff\n(?P<diff>.*?)^```", re.MULTILINE | re.DOTALL
)
JUNE = date(2026, 6, 1)
UNSOLVED = {"reached": True, "contacted": True, "resolved": False, "satisfaction": "dissatisfied"}


def examples(page: str) -> list[tuple[str, str, str]]:
    """Title, file and change of every example of a page, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [(found["title"], found["file"], found["diff"]) for found in EXAMPLE.finditer(text)]


def changed(folder: Path, file: str, diff: str) -> Path:
    """A copy of the demo pack with the change made: runs of old lines give way to the lines that stand for them."""
    pack = folder / "ours"
    shutil.copytree(Path(packs.__file__).parent / "demo", pack)
    text = (pack / file).read_text(encoding="utf-8")
    for block in re.findall(r"(?:^[ -].*\n)+(?:^\+.*\n)*", diff, re.MULTILINE):
        lines = block.splitlines()
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"{file} has {text.count(old)} times:\n{old}"
        text = text.replace(old, new)
    (pack / file).write_text(text, encoding="utf-8")
    return pack


def a_return(bench: Bench, case_id: str, **changes: str) -> dict[str, str]:
    given = {"reason": "not_my_duty", "proposed_unit": bench.lead(case_id).unit, "directory_line": "DL-0001"}
    return given | changes


def ask(bench: Bench, case_id: str, kind: str, **given: Any) -> str:
    with bench.database.write.begin() as session:
        case, lead = session.get_one(Case, case_id), bench.lead(case_id)
        made = requests.ask(session, bench.district, case, kind, actor=lead, now=NOW, given=Given(**given))
        return made.id


def approve(bench: Bench, key: str, actor: object) -> None:
    with bench.database.write.begin() as session:
        found = requests.get(session, key)
        requests.decide(session, bench.district, found, approve=True, actor=actor, now=NOW)  # type: ignore[arg-type]


def of_a_deadline(bench: Bench) -> None:
    case_id = bench.case()
    query = select(Clock).where(Clock.case_id == case_id, Clock.name == "answer")
    due = bench.look(lambda session: session.scalars(query).one()).due_at
    assert due.astimezone(bench.district.calendars.zone).replace(tzinfo=None) == datetime(2026, 3, 27, 9, 30)


def of_a_transition(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    approve(bench, ask(bench, case_id, "suspension", reason="经费未到位", review_date=JUNE), SUPERVISOR)
    assert bench.state(case_id) == "suspended"
    bench.do(case_id, "resume", lead)
    assert bench.state(case_id) == "in_progress"


def of_a_state(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "go_on_site", lead, text="已到现场")
    assert bench.state(case_id) == "on_site"
    with pytest.raises(NotAllowed):
        bench.do(case_id, "leave_site", DISPATCHER)
    bench.do(case_id, "leave_site", lead)
    assert bench.state(case_id) == "in_progress"


def of_a_return(bench: Bench) -> None:
    case_id = bench.case()
    with pytest.raises(NeedMissing):
        ask(bench, case_id, "return", **a_return(bench, case_id))
    key = ask(bench, case_id, "return", **a_return(bench, case_id, reason="not_here", text="现场没有"))
    approve(bench, key, DISPATCHER)
    waiting = select(Request.kind).where(Request.case_id == case_id, Request.state == "pending")
    assert bench.look(lambda session: list(session.scalars(waiting))) == ["arbitration"]
    bench.do(case_id, "arbitrate", SUPERVISOR, unit=category_of(bench.district)[1], text="会商决定")
    with pytest.raises(RequestLimit):
        ask(bench, case_id, "return", **a_return(bench, case_id, text="仍不属于"))


def of_an_extension(bench: Bench) -> None:
    case_id = bench.case()
    bench.do(case_id, "sign", bench.lead(case_id))
    key = ask(bench, case_id, "extension", reason="需要采购备件")
    with pytest.raises(NotAllowed):
        approve(bench, key, DISPATCHER)
    approve(bench, key, SUPERVISOR)


def of_rework(bench: Bench) -> None:
    case_id = bench.answered()
    bench.call_back(case_id, **UNSOLVED)
    bench.do(case_id, "answer", bench.lead(case_id), text="您好，已再次处理。")
    bench.call_back(case_id, **UNSOLVED)
    assert bench.state(case_id) == "closed"


TRIES: tuple[Callable[[Bench], None], ...] = (
    of_a_deadline,
    of_a_transition,
    of_a_state,
    of_a_return,
    of_an_extension,
    of_rework,
)


@pytest.mark.parametrize("page", ["casework.md", "casework.zh-CN.md"])
def test_both_pages_show_the_same_changes(page: str) -> None:
    assert [each[1:] for each in examples(page)] == [each[1:] for each in examples("casework.md")]
    assert len(examples(page)) == len(TRIES)


@pytest.mark.parametrize("number", range(len(TRIES)), ids=[each.__name__ for each in TRIES])
def test_a_rule_is_changed_without_code(sqlite_database: Database, tmp_path: Path, number: int) -> None:
    _, file, diff = examples("casework.md")[number]
    pack = changed(tmp_path, file, diff)
    assert check(pack).problems == ()
    district = load(pack)
    with sqlite_database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    TRIES[number](Bench(sqlite_database, district))


@pytest.mark.parametrize("number", range(len(TRIES)), ids=[each.__name__ for each in TRIES])
def test_what_is_tried_does_not_hold_by_the_rules_of_before(sqlite_database: Database, number: int) -> None:
    district = load(Path(packs.__file__).parent / "demo")
    with sqlite_database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    with pytest.raises((AssertionError, CaseworkError, Failed)):
        TRIES[number](Bench(sqlite_database, district))
