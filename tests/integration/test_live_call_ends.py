"""What is put down while people talk and the emergency heard: what becomes of them at hang-up; on both databases."""

from __future__ import annotations

from sqlalchemy import select

from api.jobs.alerting import check_alerts
from casework.people_tables import Alert
from casework.tables import Correction, Step
from storage.identity import User
from storage.running_calls import RunningCall
from tests.integration.calls_on_line import GAS, LIGHTS, OnLine, account, call
from tests.integration.interface import problem, signed_in, world

__all__ = ["account", "call", "world"]


def test_an_emergency_alerts_once_while_the_call_runs_and_its_ticket_takes_the_alert_over(call: OnLine) -> None:
    before = len(call.alerts())
    call.say("您好，请讲", speaker="坐席")
    call.say(GAS)
    call.say("燃气味越来越浓了，快来人")
    (alert,) = call.alerts()[before:]
    assert (alert.kind, alert.state, alert.ticket_id) == ("emergency", "open", None)
    assert call.phone not in alert.text
    told = call.read()
    assert told["emergency"]
    assert "119" in told["urgency"]["advice"]
    check_alerts(call.world.desk)
    assert call.alerts()[before].state == "open", "a call that runs is no matter that is over"
    banner = signed_in(call.world, "supervisor").get("/banner").text
    assert call.path in banner
    ticket = call.ticket(call.hang_up())
    check_alerts(call.world.desk)
    with call.world.desk.database.read() as session:
        about = session.scalars(
            select(Alert).where((Alert.ticket_id == ticket.id) | (Alert.case_id == ticket.case_id))
        ).all()
    assert [each.id for each in about] == [alert.id]


def test_an_agents_words_about_danger_alert_nobody(call: OnLine) -> None:
    before = len(call.alerts())
    call.say("您好，如果闻到很浓的燃气味请马上打119", speaker="坐席")
    call.say(LIGHTS)
    assert len(call.alerts()) == before
    assert not call.read()["emergency"]


def test_an_alert_of_a_call_without_a_ticket_is_over_with_it(call: OnLine) -> None:
    call.say(GAS)
    alert = call.alerts()[-1]
    with call.world.desk.database.write.begin() as session:
        held = session.get_one(Alert, alert.id)
        assert held.state == "open"
        running = session.scalars(select(RunningCall).where(RunningCall.alert_id == alert.id)).one()
        running.ended_at = call.world.desk.now()
    check_alerts(call.world.desk)
    with call.world.desk.database.read() as session:
        assert session.get_one(Alert, alert.id).state == "over"


def test_what_the_agent_puts_down_stands_on_the_ticket(call: OnLine) -> None:
    call.say("路灯不亮，晚上看不清路")
    assert call.note(place="惠风里小区3号楼", contact="找门卫老张", note="老人多").status_code == 200
    assert call.note(contact="").status_code == 200
    assert call.note(place="惠风里小区5号楼").status_code == 200
    noted = call.read()["noted"]
    assert {name: each["value"] for name, each in noted.items()} == {"place": "惠风里小区5号楼", "note": "老人多"}
    ticket = call.ticket(call.hang_up())
    assert ticket.text.split("\n") == [
        "路灯不亮，晚上看不清路",
        "坐席记录 地点：惠风里小区5号楼",
        "坐席记录 备注：老人多",
    ]
    assert "place" not in ticket.suggestion["missing"]
    call.say("一共坏了五盏")
    assert call.ticket(ticket.number).text.split("\n")[1:] == [
        "一共坏了五盏", "坐席记录 地点：惠风里小区5号楼", "坐席记录 备注：老人多",
    ]  # fmt: skip


def test_the_category_picked_is_the_agents_correction_and_outlives_late_words(call: OnLine) -> None:
    call.say(LIGHTS)
    suggested = call.read()["suggestion"]["category"]
    other = next(each["code"] for each in suggested[1:] if each["code"] != suggested[0]["code"])
    assert call.note(category=other).status_code == 200
    ticket = call.ticket(call.hang_up())
    assert ticket.category == other
    call.say("一共坏了五盏")
    assert call.ticket(ticket.number).category == other
    with call.world.desk.database.read() as session:
        made = session.scalars(select(Correction).where(Correction.ticket_id == ticket.id)).all()
        agent = session.scalars(select(User).where(User.login == "agent")).one()
        steps = [step.move for step in session.scalars(select(Step).where(Step.ticket_id == ticket.id))]
    assert [(each.field, each.corrected, each.by) for each in made] == [("category", other, agent.id)]
    assert steps.count("correct") == 1


def test_a_suggestion_that_the_agent_picked_is_confirmed_by_him(call: OnLine) -> None:
    call.say(LIGHTS)
    first = call.read()["suggestion"]["category"][0]["code"]
    call.note(category=first)
    ticket = call.ticket(call.hang_up())
    assert (ticket.category, ticket.needs_review) == (first, False)
    with call.world.desk.database.read() as session:
        steps = [step.move for step in session.scalars(select(Step).where(Step.ticket_id == ticket.id))]
    assert steps.count("confirm") == 1


def test_a_note_keeps_a_call_that_would_open_no_ticket(call: OnLine) -> None:
    call.say("您好，听得到吗", speaker="坐席")
    call.note(note="来电人一直在哭，没有说话")
    assert "来电人一直在哭" in call.ticket(call.hang_up()).text


def test_after_the_end_the_page_leads_to_the_ticket_and_takes_late_words_and_no_notes(call: OnLine) -> None:
    call.say(LIGHTS)
    number = call.hang_up()
    problem(call.note(place="惠风里"), 409, "call-ended")
    call.say("一共坏了五盏")
    told = call.read()
    assert (told["state"], told["ticket"]["number"], told["may_note"]) == ("ended", number, False)
    assert told["turns"][-1]["late"] is True
    page = signed_in(call.world, "agent").get(call.path).text
    assert f"/tickets/{number}" in page
    assert "挂断后才到" in page


def test_what_cannot_be_put_down_is_refused_in_words(call: OnLine) -> None:
    problem(call.note(category="999999"), 422, "unknown-category")
    problem(call.note(place="地" * 501), 422, "invalid")
    problem(call.note(place="惠风\x00里"), 422, "unfit")
    problem(call.world.as_("agent").post("/calls/line/nobody/notes", json={"place": "惠风里"}), 404, "unknown-call")
    problem(call.world.as_("agent").get("/calls/line/nobody"), 404, "unknown-call")
    problem(call.world.as_("agent").get("/calls/line/nobody/events"), 404, "unknown-call")
    assert call.read()["noted"] == {}
