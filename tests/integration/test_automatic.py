"""Automatic dispatch from outside: the API, the pages, the command, and several processes on one database."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import pipeline
from api.desk import Desk
from casework import automatic
from casework.judgements import AutomaticSwitch, Judgement
from casework.tables import Case, Notice, Ticket
from drills.payloads import wechat_text
from tests.integration.commands import Command, alone, run, worked_home
from tests.integration.interface import MAIN, NUMBERS, World, csrf, problem, signed_in, world

__all__ = ["alone", "run", "worked_home", "world"]

OTHERS = ("agent", "dispatcher", "callback", "auditor", "lead-U001")


def categories(desk: Desk) -> list[str]:
    return [each.code for each in desk.district.taxonomy.leaves]


def decisions(desk: Desk, category: str, *, right: int, wrong: int = 0) -> None:
    """Persons' decisions on suggestions that would have been sent, as ``judgements`` keeps them."""
    keys = [
        pipeline.receive(desk, MAIN, wechat_text(next(NUMBERS))).receipts[0].ticket_id for _ in range(right + wrong)
    ]
    with desk.database.write.begin() as session:
        for number, key in enumerate(keys):
            session.add(
                Judgement(
                    ticket_id=key,
                    at=desk.now(),
                    suggested_category=category,
                    suggested_unit="U001",
                    final_category=category,
                    decision="auto",
                    mode="person",
                    outcome="right" if number < right else "wrong",
                    by="u-dispatcher",
                    decided_at=desk.now(),
                )
            )


def switch(desk: Desk, *codes: str, on: bool = True) -> None:
    """Without asking for figures."""
    with desk.database.write.begin() as session:
        for code in codes:
            session.add(AutomaticSwitch(category=code, is_on=on, by="u", by_name="督办", at=desk.now(), reason="测试"))


@pytest.fixture(autouse=True)
def all_off(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test switched on in the world that all share is off for the next."""
    yield
    if "world" in request.fixturenames:
        desk = request.getfixturevalue("world").desk
        with desk.database.read() as session:
            turned = automatic.switched_on(session)
        switch(desk, *turned, on=False)


def taken(desk: Desk, text: str) -> Ticket:
    """The ticket of a message, judged and filed."""
    receipt = pipeline.take(desk, MAIN, wechat_text(next(NUMBERS), text)).receipts[0]
    with desk.database.read() as session:
        ticket = session.get_one(Ticket, receipt.ticket_id)
        _ = ticket.case
        return ticket


ROADS = itertools.cycle(
    [
        "玉泉大街",
        "泉水街",
        "甘露街",
        "玉华路",
        "石榴胡同",
        "清水胡同",
        "泉眼胡同",
        "汲水胡同",
        "珠市胡同",
        "翠微路",
        "龙泉路",
        "贡院后街",
        "涌金路",
        "旧马场路",
        "天福胡同",
        "云溪路",
    ]
)


def sure() -> str:
    """What a trusting model is sure of; each time another matter, lest it be taken for a duplicate."""
    return f"{next(ROADS)}路灯不亮"


def trusting(desk: Desk) -> Desk:
    """With a model that trusts itself from an even chance on: the demo's own never does, its samples are too few."""
    thresholds = desk.engine.model.category.thresholds
    thresholds.setflags(write=True)
    thresholds[:] = 0.5
    return desk


@pytest.fixture
def trusted(world: World) -> World:
    """The world of a desk whose model trusts itself."""
    trusting(world.desk)
    return world


# The way of one message


def test_a_sure_suggestion_waits_for_a_person_until_its_category_is_on(trusted: World) -> None:
    before = taken(trusted.desk, sure())
    assert (before.state, before.case_id) == ("assessed", None)
    switch(trusted.desk, before.category)
    after = taken(trusted.desk, sure())
    assert after.case is not None
    assert (after.state, after.case.state) == ("on_case", "dispatched")
    shown = trusted.as_("dispatcher").get(f"/tickets/{after.id}").json()
    assert shown["automatic"]["sampled"] is True
    assert shown["automatic"]["outcome"] == "open"
    unit = trusted.as_(f"lead-{after.case.lead_unit}").get(f"/tickets/{after.id}").json()
    assert unit["automatic"] is None


@pytest.mark.parametrize(
    "text",
    [
        "玉泉大街30号院地下室闻到很浓的燃气味，有人晕倒了，快来人",
        "玉泉大街30号院门口路灯不亮三天了。另外，新生儿医保怎么办理？还有物业乱收停车费。",
        "路灯不亮，晚上看不清路",
        "昨天跟你们提过的那一桩到现在还是老样子",
        "asdf qwer zxcv",
    ],
)
def test_what_needs_a_person_never_goes_out_alone_with_every_category_on(trusted: World, text: str) -> None:
    switch(trusted.desk, *categories(trusted.desk))
    ticket = taken(trusted.desk, text)
    assert ticket.suggestion["decision"] == "review"
    assert ticket.case is None or ticket.case.state == "open"
    with trusted.desk.database.read() as session:
        assert session.get(Judgement, ticket.id) is None


def test_a_switch_turned_by_another_process_is_seen_without_a_restart(alone: Command) -> None:
    from api.settings import Settings

    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    try:
        first = taken(trusting(desk), sure())
        assert first.case_id is None
        decisions(desk, first.category, right=36)
        turned = subprocess.run(
            [
                sys.executable,
                "-m",
                "api.cli",
                "automatic",
                "on",
                first.category,
                "--reason",
                "合格",
                "--as",
                "supervisor",
            ],
            env={**os.environ, **alone.environment},
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        assert turned.returncode == 0, turned.stderr
        assert taken(desk, sure()).state == "on_case"
    finally:
        desk.close()


# The interface


def test_figures_eligibility_and_what_is_missing_are_told(world: World) -> None:
    qualified, too_few, too_wrong = categories(world.desk)[20:23]
    decisions(world.desk, qualified, right=40)
    decisions(world.desk, too_few, right=12)
    decisions(world.desk, too_wrong, right=30, wrong=6)
    listed = world.as_("supervisor").get("/automatic").json()
    assert listed["rules"]["shadow_decisions"] == 30
    rows = {each["category"]["code"]: each for each in listed["items"]}
    assert (rows[qualified]["on"], rows[qualified]["eligible"], rows[qualified]["why_not"]) == (False, True, [])
    assert rows[too_few]["why_not"][0] == "对照数 12 件，至少要 30 件"
    assert rows[too_wrong]["shadow"]["n"] == 36
    assert rows[too_wrong]["shadow"]["wilson"]["lower"] == pytest.approx(0.68109, abs=5e-6)
    assert len(rows[too_wrong]["why_not"]) == 1
    assert rows[too_wrong]["automatic"] == {"n": 0, "reviewed": 0, "wrong": 0, "waiting": 0, "precision": None}
    for code in (too_few, too_wrong):
        refused = world.as_("supervisor").post(f"/automatic/{code}", json={"on": True, "reason": "试试"})
        told = problem(refused, 409, "not-qualified")
        assert rows[code]["why_not"][0] in told["detail"]
    turned = world.as_("supervisor").post(f"/automatic/{qualified}", json={"on": True, "reason": "合格"}).json()
    assert (turned["on"], turned["switch"]["reason"]) == (True, "合格")
    off = world.as_("admin").post(f"/automatic/{qualified}", json={"on": False, "reason": "维护"}).json()
    assert off["on"] is False
    shown = world.as_("auditor").get(f"/automatic/{qualified}").json()
    assert [(each["on"], each["reason"]) for each in shown["history"][:2]] == [(False, "维护"), (True, "合格")]


def test_the_tickets_behind_a_figure_are_paged_by_cursor(world: World) -> None:
    code = categories(world.desk)[30]
    decisions(world.desk, code, right=4, wrong=1)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page: dict[str, Any] = (
            world.as_("dispatcher").get(f"/automatic/{code}", params={"limit": 2, "after": cursor}).json()
        )
        seen += [each["ticket"]["id"] for each in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 5
    wrong = world.as_("dispatcher").get(f"/automatic/{code}", params={"figure": "shadow_wrong"}).json()
    assert [each["outcome"] for each in wrong["items"]] == ["wrong"]
    problem(world.as_("dispatcher").get(f"/automatic/{code}", params={"figure": "all"}), 422)
    problem(world.as_("dispatcher").get("/automatic/999999"), 422, "unknown-category")


@pytest.mark.parametrize("login", OTHERS)
def test_others_turn_no_switch_by_the_interface(world: World, login: str) -> None:
    code = categories(world.desk)[31]
    decisions(world.desk, code, right=40)
    for on in (True, False):
        answer = world.as_(login).post(f"/automatic/{code}", json={"on": on, "reason": "试试"})
        problem(answer, 403, "not-allowed")


@pytest.mark.parametrize("login", ["agent", "callback", "editor", "lead-U001", "officer-U001"])
def test_others_than_the_desks_heads_see_no_figures(world: World, login: str) -> None:
    for path in ("/automatic", f"/automatic/{categories(world.desk)[0]}"):
        problem(world.as_(login).get(path), 403, "not-allowed")


def test_a_switch_is_turned_once_for_one_idempotency_key(world: World) -> None:
    code = categories(world.desk)[32]
    decisions(world.desk, code, right=40)
    for _ in range(2):
        answer = world.as_("supervisor").post(
            f"/automatic/{code}", json={"on": True, "reason": "合格"}, headers={"idempotency-key": f"turn-{code}"}
        )
        assert answer.status_code == 200
    history = world.as_("supervisor").get(f"/automatic/{code}").json()["history"]
    assert sum(each["reason"] == "合格" for each in history) == 1
    problem(world.as_("supervisor").post(f"/automatic/{code}", json={"on": False}), 422, "need-missing")


def test_the_sample_is_listed_and_reviewed(trusted: World) -> None:
    switch(trusted.desk, taken(trusted.desk, sure()).category)
    right, wrong = taken(trusted.desk, sure()), taken(trusted.desk, sure())
    dispatcher = trusted.as_("dispatcher")
    listed = dispatcher.get("/tickets", params={"sample": True, "limit": 200}).json()["items"]
    assert {right.id, wrong.id} <= {each["id"] for each in listed}
    problem(trusted.as_("agent").post(f"/tickets/{right.id}/spot-check", json={"right": True}), 403, "not-allowed")
    assert (
        dispatcher.post(f"/tickets/{right.id}/spot-check", json={"right": True}).json()["automatic"]["outcome"]
        == "right"
    )
    problem(dispatcher.post(f"/tickets/{right.id}/spot-check", json={"right": True}), 409, "nothing-to-review")
    mended = dispatcher.post(f"/tickets/{wrong.id}/spot-check", json={"right": False}).json()
    assert mended["automatic"]["outcome"] == "wrong"
    with trusted.desk.database.read() as session:
        assert session.get_one(Case, mended["case_id"]).state == "open"
        alarms = session.scalars(select(Notice).where(Notice.template == "automatic_off")).all()
        assert [each.audience for each in alarms] == ["supervisor"], "one wrong of the first is below 98 %"
    assert taken(trusted.desk, sure()).state == "assessed"


# The pages


def test_a_supervisor_switches_a_category_on_and_off_by_the_page(world: World) -> None:
    code = categories(world.desk)[40]
    decisions(world.desk, code, right=40)
    browser = signed_in(world, "supervisor")
    page = browser.get("/automatic?show=qualifies").text
    assert f'action="/automatic/{code}"' in page
    given = {"csrf": csrf(page), "on": "true", "reason": "对照合格", "show": "qualifies"}
    turned = browser.post(f"/automatic/{code}", data=given)
    assert turned.status_code == 200
    assert "对照合格" in turned.text
    assert f'id="c{code}"' in browser.get("/automatic?show=on").text
    browser.post(f"/automatic/{code}", data=given | {"on": "false", "reason": "维护"})
    assert f'id="c{code}"' not in browser.get("/automatic?show=on").text


def test_the_page_has_no_button_for_what_does_not_qualify_and_refuses_it(world: World) -> None:
    code = categories(world.desk)[41]
    decisions(world.desk, code, right=3)
    browser = signed_in(world, "supervisor")
    page = browser.get("/automatic").text
    assert f'action="/automatic/{code}"' not in page
    assert "对照数 3 件，至少要 30 件" in page
    token = csrf(page)
    refused = browser.post(f"/automatic/{code}", data={"csrf": token, "on": "true", "reason": "试试"})
    assert refused.status_code == 409
    assert "还不能开启自动派单" in refused.text


def test_every_number_of_the_page_opens_to_its_tickets(world: World) -> None:
    code = categories(world.desk)[42]
    decisions(world.desk, code, right=2, wrong=1)
    browser = signed_in(world, "supervisor")
    links = set(re.findall(rf'href="(/automatic/{code}\?figure=\w+)"', browser.get("/automatic").text))
    assert {link.partition("=")[2] for link in links} == {"shadow", "shadow_right", "shadow_wrong"}
    counts = {link.partition("=")[2]: browser.get(link).text.count('tr data-href="/tickets/') for link in links}
    assert counts == {"shadow": 3, "shadow_right": 2, "shadow_wrong": 1}
    assert browser.get(f"/automatic/{code}?figure=nothing").status_code == 404


@pytest.mark.parametrize("login", ["agent", "callback", "lead-U001"])
def test_the_page_is_not_for_others(world: World, login: str) -> None:
    browser = signed_in(world, login)
    assert browser.get("/automatic").status_code == 403
    assert 'href="/automatic"' not in browser.get("/rates").text


def test_a_dispatcher_reviews_the_sample_from_page_to_page(trusted: World) -> None:
    switch(trusted.desk, taken(trusted.desk, sure()).category)
    tickets = [taken(trusted.desk, sure()) for _ in range(2)]
    browser = signed_in(trusted, "dispatcher")
    assert "自动派单抽查" in browser.get("/tickets?queue=1").text
    listed = browser.get("/tickets?queue=1&sample=1").text
    assert all(each.number in listed for each in tickets)
    page = browser.get(f"/tickets/{tickets[0].number}").text
    assert 'id="review"' in page
    token = csrf(page)
    after = browser.post(f"/tickets/{tickets[0].number}/spot-check", data={"csrf": token, "verdict": "right"})
    assert 'id="review"' in after.text, "the next of the sample"
    mended = browser.post(f"/tickets/{tickets[1].number}/spot-check", data={"csrf": token, "verdict": "wrong"})
    assert "自动派单有误，派单已撤回" in mended.text
    assert 'id="accept"' in mended.text
    assert 'id="review"' not in mended.text


# The command


def test_the_command_lists_refuses_and_turns(alone: Command) -> None:
    from api.settings import Settings

    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    few, enough = categories(desk)[:2]
    decisions(desk, few, right=3)
    decisions(desk, enough, right=36)
    desk.close()
    said = alone("automatic", "on", few, "--reason", "试试", "--as", "supervisor").refused()
    assert "对照数 3 件，至少要 30 件" in said
    assert "不能" in alone("automatic", "on", enough, "--reason", "试试", "--as", "dispatcher").refused()
    assert alone("automatic", "on", enough, "--as", "supervisor").code == 2
    done = alone("automatic", "on", enough, "--reason", "合格", "--as", "supervisor", "--json").document
    assert (done["on"], done["category"]["code"]) == (True, enough)
    assert datetime.fromisoformat(done["since"]).tzinfo is not None
    rows = {row["category"]["code"]: row for row in alone("automatic", "list", "--json").document}
    assert (rows[few]["on"], rows[enough]["on"]) == (False, True)
    assert f"{enough}\t" in alone("automatic", "list").out
    assert alone("automatic", "off", enough, "--reason", "维护", "--as", "admin", "--json").document["on"] is False
