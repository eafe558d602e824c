"""The workflow from outside: its picture for everybody, the migration of open cases for those with a say in the rules."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from sqlalchemy import select

import packs
from api.desk import Desk
from api.setting_up import tell_states_in_use
from casework import rules
from casework.tables import Case
from district.pack import load
from tests.integration.commands import Command, run, worked_home
from tests.integration.interface import World, csrf, problem, signed_in, unjudged
from tests.unit.casework.conftest import DISPATCHER, Bench
from tests.unit.casework.rule_bench import newer, without

__all__ = ["run", "unjudged", "worked_home"]

MAY = ("supervisor", "admin")
OTHERS = ("agent", "dispatcher", "callback", "editor", "officer-U001", "lead-U001")
FIRST = count(1000, 100)
"""Messages of each bench have numbers of their own."""
DEMO = Path(packs.__file__).parent / "demo"


@pytest.fixture
def changed(unjudged: World) -> Iterator[tuple[World, Bench]]:
    """The world with a bench that still works by the old rules; the desk itself has a newer pack."""
    desk = unjudged.desk
    began_with = desk.district
    bench = Bench(desk.database, began_with, now=desk.now(), _count=next(FIRST))
    with desk.database.write.begin() as session:
        rules.keep(session, began_with, now=desk.now())
    desk.district = newer(began_with, answer="6 wd office")
    yield unjudged, bench
    with desk.database.write.begin() as session:
        for case in session.scalars(select(Case).where(Case.closed_at.is_(None))):
            case.closed_at = desk.now()
    desk.district = began_with


def number(bench: Bench, key: str) -> str:
    return str(bench.look(lambda session: session.get_one(Case, key).number))


def test_everybody_signed_in_sees_the_picture_and_the_text(unjudged: World) -> None:
    for login in (*OTHERS, *MAY, "auditor"):
        client = signed_in(unjudged, login)
        page = client.get("/workflow").text
        start = page.index("<svg ")
        picture = ET.fromstring(page[start : page.index("</svg>") + 6])
        assert "待派单" in "".join(picture.itertext())
        assert unjudged.desk.district.workflow.version in page
        assert ("在办件的流程版本" in page) is (login in (*MAY, "auditor"))
    assert client.get("/workflow/graph.svg").headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert client.get("/workflow/graph.mmd").text.startswith("stateDiagram-v2")
    assert unjudged.as_("agent").get("/workflow").json()["mermaid"].startswith("stateDiagram-v2")


@pytest.mark.parametrize("path", ["/workflow", "/workflow/graph.svg", "/workflow/graph.mmd"])
def test_nobody_sees_it_without_signing_in(unjudged: World, path: str) -> None:
    answer = httpx.get(f"{unjudged.url}{path}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_preview_and_migration_by_script(changed: tuple[World, Bench]) -> None:
    world, bench = changed
    first, second = bench.case(), bench.case()
    supervisor = world.as_("supervisor")
    preview = supervisor.get("/workflow/migration").json()
    assert (preview["movable"], preview["stays"]["count"]) == (2, 0)
    assert [(each["state_label"], each["count"], each["movable"]) for each in preview["groups"]] == [("待签收", 2, 2)]
    assert preview["deadlines_moved_by_recount"] == 2
    one = supervisor.post("/workflow/migration", json={"cases": [number(bench, first)]}).json()
    assert (one["moved"], one["deadlines_moved"]) == ([number(bench, first)], 0)
    rest = supervisor.post("/workflow/migration", json={"recount": True}).json()
    assert (rest["moved"], rest["deadlines_moved"]) == ([number(bench, second)], 1)
    assert supervisor.post("/workflow/migration", json={}).json()["moved"] == []
    told = supervisor.get("/workflow").json()
    assert told["waiting"] == 0
    assert [run["moved"] for run in told["runs"][:2]] == [1, 1]
    timeline = supervisor.get(f"/cases/{number(bench, second)}").json()["timeline"]
    assert any(step["label"] == "流程版本更新" and "答复时限由" in step["text"] for step in timeline)


def test_preview_and_migration_by_page(changed: tuple[World, Bench]) -> None:
    world, bench = changed
    bench.case()
    client = signed_in(world, "admin")
    assert "1 件在办件仍按立案时的旧版本办理" in client.get("/workflow").text
    page = client.get("/workflow?preview=true&recount=true").text
    assert "更新 1 件并重新计算时限" in page
    done = client.post("/workflow/migration", data={"csrf": csrf(page), "recount": "true"}).text
    assert "1 件已更新到现行版本" in done
    assert "在办件都按现行版本办理" in done
    assert "更新记录" in done


def test_every_role_that_may_not_migrate_is_refused(changed: tuple[World, Bench]) -> None:
    world, bench = changed
    key = bench.case()
    for login in (*OTHERS, "auditor"):
        problem(world.as_(login).post("/workflow/migration", json={}), 403, "not-allowed")
        named = {"cases": [number(bench, key)]}
        assert world.as_(login).post("/workflow/migration", json=named).status_code == 403
        client = signed_in(world, login)
        page = client.get("/workflow?preview=true").text
        assert "更新 1 件" not in page
        answer = client.post("/workflow/migration", data={"csrf": csrf(page)}, headers={"accept": "text/html"})
        assert answer.status_code == 403
    for login in OTHERS:
        problem(world.as_(login).get("/workflow/migration"), 403, "not-allowed")
    assert bench.look(lambda session: session.get_one(Case, key).rule_version) == bench.district.rule_version


def test_a_state_in_use_is_told_and_refused(changed: tuple[World, Bench]) -> None:
    world, bench = changed
    desk: Desk = world.desk
    desk.district = newer(bench.district, without("dispatched"))
    key = bench.case()
    said: list[str] = []
    tell_states_in_use(desk, said.append)
    assert said == [line for line in said if "新流程取消了状态“待签收”，仍有 1 件在办件停在此状态" in line]
    assert len(said) == 1
    page = signed_in(world, "admin").get("/workflow?preview=true").text
    assert "新流程取消了状态“待签收”" in page
    assert "新流程没有办件状态“待签收”" in page
    refused = world.as_("admin").post("/workflow/migration", json={"cases": [number(bench, key)]})
    assert "待签收" in problem(refused, 409, "state-in-use")["detail"]
    assert world.as_("admin").post("/workflow/migration", json={}).json()["stays"]["count"] == 1
    assert world.as_("supervisor").get(f"/cases/{number(bench, key)}").status_code == 200
    assert signed_in(world, "supervisor").get(f"/cases/{number(bench, key)}").status_code == 200
    bench.do(key, "recall", DISPATCHER, text="派错了")
    said.clear()
    tell_states_in_use(desk, said.append)
    assert said == []


def test_a_version_that_never_was_is_refused(changed: tuple[World, Bench]) -> None:
    world, _ = changed
    client = world.as_("admin")
    problem(client.get("/workflow/migration", params={"from": "zzz"}), 404, "unknown-rule-version")
    problem(client.post("/workflow/migration", json={"from": "zzz"}), 404, "unknown-rule-version")


# the command


def newer_pack(folder: Path, *edits: tuple[str, str]) -> Path:
    """A copy of the demo pack with words of its workflow and clocks replaced."""
    copy = Path(shutil.copytree(DEMO, folder / "newer", ignore=shutil.ignore_patterns("__pycache__")))
    for old, new in edits:
        for file in ("workflow.yaml", "clocks.yaml"):
            path = copy / file
            path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return copy


def test_the_graph_is_drawn_by_the_files_suffix(run: Command, tmp_path: Path) -> None:
    for name, begins in (("flow.svg", "<svg "), ("flow.mmd", "stateDiagram-v2")):
        assert run("pack", "check", DEMO, "--graph", tmp_path / name).code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    assert ".svg 或 .mmd" in run("pack", "check", DEMO, "--graph", tmp_path / "flow.png").refused()
    assert "flow.svg" in run("pack", "check", DEMO, "--graph", tmp_path / "no" / "flow.svg").refused()


def test_a_pack_is_checked_against_the_cases_in_hand(run: Command, tmp_path: Path) -> None:
    assert run("pack", "check", DEMO, "--against-database").code == 0
    # Everything in 待签收 now goes by another name.
    renamed = newer_pack(
        tmp_path,
        ("unit_dispatched", "unit_told"),
        ("dispatched", "handed_over"),
        ("handed_over_notice", "dispatched_notice"),
        ("unit_told", "unit_dispatched"),
    )
    assert "新流程取消了状态“待签收”，仍有 1 件" in run("pack", "check", renamed, "--against-database").refused()
    assert run("pack", "check", renamed).code == 0


def test_open_cases_are_migrated_by_command(run: Command, tmp_path: Path) -> None:
    pack = newer_pack(
        tmp_path, ("standard: 5 wd office", "standard: 6 wd office"), ("consult: 1 wd office", "consult: 2 wd office")
    )
    run.environment = {**run.environment, "YINGSHENG_PACK": str(pack)}
    assert "没有这项权限" in run("cases", "migrate", "--as", "agent", "--dry-run").refused()
    assert "只有督办和管理员" in run("cases", "migrate", "--as", "auditor").refused()
    preview = run("cases", "migrate", "--as", "supervisor", "--dry-run", "--json").document
    assert (preview["movable"], preview["stays"]["count"]) == (1, 0)
    doctor = {each["words"] for each in run("doctor", "--json").document if each["check"] == "流程版本"}
    assert doctor == {"1 件在办件按旧版本办理"}
    text = run("cases", "migrate", "--as", "supervisor", "--dry-run")
    assert "待签收\t1\t1" in text.out
    done: dict[str, Any] = run("cases", "migrate", "--as", "supervisor", "--recount", "--json").document
    assert len(done["moved"]) == 1
    assert done["deadlines_moved"] >= 1
    assert run("cases", "migrate", "--as", "supervisor", "--json").document["moved"] == []
    shown = run("cases", "show", done["moved"][0], "--json").document
    assert "流程版本更新" in [step["label"] for step in shown["timeline"]]
    assert load(pack).rule_version != load(DEMO).rule_version


def test_one_case_is_migrated_by_its_number(run: Command, tmp_path: Path) -> None:
    pack = newer_pack(tmp_path, ('version: "2026.1"', 'version: "2026.3"'))
    run.environment = {**run.environment, "YINGSHENG_PACK": str(pack)}
    (case,) = run("cases", "list", "--json").document
    done = run("cases", "migrate", "--as", "admin", "--case", case["number"], "--json").document
    assert done["moved"] == [case["number"]]
    assert "没有找到办件" in run("cases", "migrate", "--as", "admin", "--case", "nothing").refused()
