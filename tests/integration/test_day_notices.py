"""Stored notices by interface, page and command: who may, what residents and agents are told, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import pipeline
from drills.payloads import wechat_text
from tests.integration.commands import Command, alone, json_lines, worked_home
from tests.integration.interface import MAIN, NUMBERS, World, csrf, problem, signed_in, world

__all__ = ["alone", "worked_home", "world"]

HOUR = timedelta(hours=1)


def moment(hours: float) -> str:
    return (datetime.now(UTC) + hours * HOUR).isoformat()


def given(**changes: Any) -> dict[str, Any]:
    return {
        "text": "管网抢修停水",
        "area": "玉泉街道",
        "unit": "U001",
        "begins": moment(-1),
        "ends": moment(5),
    } | changes


def entered(world: World, login: str = "editor", **changes: Any) -> dict[str, Any]:
    made = world.as_(login).post("/day-notices", json=given(**changes))
    assert made.status_code == 200, made.text
    told: dict[str, Any] = made.json()
    return told


def test_a_notice_is_entered_read_changed_ended_and_restored(world: World) -> None:
    editor, agent = world.as_("editor"), world.as_("agent")
    made = entered(world)
    assert (made["state"], made["places"], made["subject"], made["may_write"]) == ("current", ["U100"], "水", True)
    number = made["number"]
    seen = agent.get(f"/day-notices/{number}").json()
    assert (seen["text"], seen["area"], seen["may_write"]) == ("管网抢修停水", "玉泉街道", False)
    changed = editor.put(f"/day-notices/{number}", json=given(text="主管停水", version=made["version"])).json()
    assert changed["text"] == "主管停水"
    stale = editor.put(f"/day-notices/{number}", json=given(version=made["version"]))
    problem(stale, 409, "changed-meanwhile")
    assert editor.post(f"/day-notices/{number}/withdraw").json()["state"] == "withdrawn"
    assert editor.post(f"/day-notices/{number}/restore").json()["state"] == "current"
    assert editor.post(f"/day-notices/{number}/end").json()["state"] == "past"
    problem(editor.post(f"/day-notices/{number}/end"), 409, "wrong-state")
    listed = agent.get("/day-notices", params={"state": "past"}).json()["items"]
    assert number in [row["number"] for row in listed]


def test_a_lead_enters_for_his_unit_alone_and_agents_not_at_all(world: World) -> None:
    entered(world, "lead-U001")
    problem(world.as_("lead-U002").post("/day-notices", json=given()), 403, "not-own-unit")
    problem(world.as_("agent").post("/day-notices", json=given()), 403, "not-allowed")
    problem(world.as_("").get("/day-notices"), 401)
    refused = problem(world.as_("editor").post("/day-notices", json=given(ends=moment(24 * 70))), 422, "unfit-notice")
    assert "60 天" in refused["detail"]
    problem(world.as_("editor").get("/day-notices/TG-9999"), 404, "unknown-notice")
    problem(world.as_("editor").post("/day-notices", json=given(ends="2026-11-30T10:00:00")), 422)


def test_the_page_enters_keeps_what_was_written_and_offers_the_undo(world: World) -> None:
    editor = signed_in(world, "editor")
    page = editor.get("/day-notices/new")
    soon = f"{datetime.now(UTC) + 9 * HOUR:%Y-%m-%dT%H:%M}"  # in the district's zone an hour ahead
    late = f"{datetime.now(UTC) + 12 * HOUR:%Y-%m-%dT%H:%M}"
    form = {"csrf": csrf(page.text), "base": "", "subject": "电", "text": "<b>线路检修", "area": "云溪街道、北里",
            "source": "供电公司", "unit": "U001 某委", "begins": late, "ends": soon}  # fmt: skip
    again = editor.post("/day-notices/new", data=form)
    assert again.status_code == 422
    assert "结束时间须在开始时间之后" in again.text
    assert "&lt;b&gt;线路检修" in again.text
    made = editor.post("/day-notices/new", data=form | {"begins": soon, "ends": late})
    assert "已登记" in made.text
    assert made.url.params["show"] == "coming"
    number = made.url.params["number"]
    copy = editor.get("/day-notices/new", params={"copy": number}).text
    assert 'value="云溪街道、北里"' in copy
    assert 'name="begins" value=""' in copy
    gone = editor.post(f"/day-notices/{number}/withdraw", data={"csrf": form["csrf"]})
    assert f"/day-notices/{number}/restore" in gone.text
    back = editor.post(f"/day-notices/{number}/restore", data={"csrf": form["csrf"]})
    assert "已恢复" in back.text
    edited = editor.get(f"/day-notices/{number}/edit").text
    assert f'value="{soon}"' in edited
    stale = editor.post(f"/day-notices/{number}/edit", data=form | {"begins": soon, "ends": late, "base": "1"})
    assert stale.status_code == 422
    assert "他人改动" in stale.text
    assert editor.post(f"/day-notices/{number}/withdraw").status_code == 403, "without the form's token"
    agent = signed_in(world, "agent")
    assert agent.get("/day-notices").status_code == 200
    assert agent.get("/day-notices/new").status_code == 403


def test_it_stands_beside_a_ticket_of_its_place_and_matter_and_on_the_public_page(world: World) -> None:
    number = entered(world, text="泵站检修停水至夜间")["number"]
    elsewhere = entered(world, text="云溪泵房停水", area="云溪街道")["number"]

    payload = wechat_text(next(NUMBERS), "玉泉街道这边怎么停水了，几点来水？")
    ticket = pipeline.take(world.desk, MAIN, payload).receipts[0].ticket_id
    agent = signed_in(world, "agent")
    page = agent.get(f"/tickets/{ticket}").text
    assert number in page
    assert "泵站检修停水至夜间" in page
    assert elsewhere not in page
    over = agent.post(f"/tickets/{ticket}/do/withdraw", data={"csrf": csrf(page)})
    assert "已撤诉" in over.text
    assert number not in over.text, "a ticket that is over needs none"
    public = world.stack.enter_context(httpx.Client(base_url=world.url))
    assert "泵站检修停水至夜间" in public.get("/search").text
    world.as_("editor").post(f"/day-notices/{number}/end")
    assert "泵站检修停水至夜间" not in public.get("/search").text


def test_the_bot_tells_the_stored_ones_first_and_ended_ones_never(alone: Command) -> None:
    def said() -> dict[str, Any]:
        (line,) = alone("answer", "--lines", "-", stdin=json_lines({"text": "玉泉街道今天停水到几点？"})).lines
        return dict(line)

    options = ["--as", "editor", "--text", "管网抢修停水", "--area", "玉泉街道", "--unit", "U001"]
    done = alone("notices", "add", *options, "--begins", moment(-1), "--ends", moment(5))
    assert done.code == 0, done.err
    (row,) = alone("notices", "list", "--json").document
    assert (row["number"], row["state"]) == ("TG-0001", "current")
    assert said()["why"] == "notice"
    assert "管网抢修停水（玉泉街道）" in said()["text"]
    assert "已结束" in alone("notices", "end", "TG-0001", "--as", "editor").err
    assert said()["why"] != "notice"
    assert "TG-0001" in alone("notices", "withdraw", "TG-0001", "--as", "editor").refused()


def test_a_file_is_taken_whole_or_not_at_all_and_once(alone: Command, tmp_path: Path) -> None:
    sound, faulty = given(), given(ends=moment(-2))
    lines = tmp_path / "a.jsonl"
    lines.write_bytes(json_lines(sound, faulty, given(text=5)))
    refused = alone("notices", "import", lines, "--as", "editor").refused()
    assert f"{lines}:2: 结束时间" in refused
    assert f"{lines}:3: text 应为文字" in refused
    assert alone("notices", "list", "--json").document == []
    table = tmp_path / "b.csv"
    table.write_bytes(
        f"内容,范围,开始,结束,责任单位,事项\n线路检修,玉泉街道,{moment(-1)},{moment(5)},U001,停电\n".encode("gb18030")
    )
    for told in ("登记 1 条，已有 0 条", "登记 0 条，已有 1 条"):
        assert told in alone("notices", "import", table, "--as", "editor").err
    (row,) = alone("notices", "list", "--json").document
    assert (row["subject"], row["places"]) == ("电", ["U100"])


@pytest.mark.parametrize("content", [b"\xe5\x86\x85\xe5\xae\xb9\n\xe7\x94\xb2\n", b"a\0b", b'"'])
def test_a_file_that_is_no_table_of_notices_is_refused(alone: Command, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert str(path) in alone("notices", "import", path, "--as", "editor").refused()
