"""The bot's proposal on a ticket's page: shown to who can answer, judged once, learnt from, without personal text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from sqlalchemy import func, select, update

from api import pipeline
from api.cli import doctor
from api.desk import Desk
from api.jobs import answers
from api.jobs.runner import SCHEDULES
from api.settings import Settings
from drills.payloads import wechat_text
from knowledge import weights
from knowledge.acts import SYSTEM
from knowledge.bot_tables import AnswerRecord, AnswerWeights
from knowledge.evidence import FEATURES
from storage.audit import AuditRow
from storage.database import new_id
from tests.integration.commands import Command, alone, json_lines, worked_home
from tests.integration.interface import MAIN, NUMBERS, World, csrf, signed_in, world

__all__ = ["alone", "worked_home", "world"]

PERMIT = "居住证到期怎么签注？"
COMPLAINT = "怎么还没人来修路灯？和平里3号楼前黑了三天了，你们到底管不管？"


def asked(world: World, text: str) -> str:
    """A ticket of these words; its id."""
    return pipeline.take(world.desk, MAIN, wechat_text(next(NUMBERS), text)).receipts[0].ticket_id


def judged(agent: httpx.Client, ticket: str, accepted: str, **changes: str) -> httpx.Response:
    form = {"csrf": csrf(agent.get(f"/tickets/{ticket}").text), "article": "KB-0034", "version": "1"}
    headers = {"hx-request": "true"}
    return agent.post(f"/tickets/{ticket}/proposal", data=form | {"accepted": accepted} | changes, headers=headers)


def test_a_question_gets_a_proposal_with_its_citation_that_is_judged_and_may_be_judged_anew(world: World) -> None:
    agent, ticket = signed_in(world, "agent"), asked(world, PERMIT)
    assert "/proposal" in agent.get(f"/tickets/{ticket}").text
    part = agent.get(f"/tickets/{ticket}/proposal").text
    assert "建议直接答复" in part
    assert 'data-insert="' in part
    assert part.count('type="hidden" name="accepted"') == 2, "no judgement hangs on which button a script remembers"
    assert "知识条目 KB-0034 第1版" in part
    assert "已采用" in judged(agent, ticket, "true").text
    assert "已记为不合适" in judged(agent, ticket, "false").text
    assert "已记为不合适" in agent.get(f"/tickets/{ticket}/proposal").text
    with world.desk.database.read() as session:
        (row,) = session.scalars(select(AnswerRecord).where(AnswerRecord.ticket_id == ticket)).all()
        acts = session.scalars(select(AuditRow.details).where(AuditRow.act == "answer.judged")).all()
    assert (row.article, row.version, row.accepted, row.features) == ("KB-0034", 1, False, weights.features_digest())
    assert len(row.evidence) == len(FEATURES)
    assert "居住证" not in json.dumps([list(acts), row.evidence], ensure_ascii=False)


def test_there_is_none_for_complaints_nor_for_who_cannot_answer_directly(world: World) -> None:
    agent, complaint, question = signed_in(world, "agent"), asked(world, COMPLAINT), asked(world, PERMIT)
    assert "建议直接答复" not in agent.get(f"/tickets/{complaint}/proposal").text
    auditor = signed_in(world, "auditor")
    assert "建议直接答复" not in auditor.get(f"/tickets/{question}/proposal").text
    assert "/proposal" not in auditor.get(f"/tickets/{question}").text


def test_what_the_bot_does_not_propose_any_more_is_not_judged(world: World) -> None:
    agent, ticket = signed_in(world, "agent"), asked(world, PERMIT)
    before = world.count(select(func.count(AnswerRecord.id)))
    for changes in ({"article": "KB-0035"}, {"version": "2"}):
        assert "已有变化" in judged(agent, ticket, "true", **changes).text
    assert judged(agent, ticket, "true", version="x").status_code == 422
    form = {
        "csrf": csrf(agent.get(f"/tickets/{ticket}").text),
        "article": "KB-0035",
        "version": "1",
        "accepted": "true",
    }
    assert agent.post(f"/tickets/{ticket}/proposal", data=form).status_code == 409
    auditor = signed_in(world, "auditor")
    form["csrf"] = csrf(auditor.get("/articles").text)
    assert auditor.post(f"/tickets/{ticket}/proposal", data=form).status_code == 403
    assert world.count(select(func.count(AnswerRecord.id))) == before


@contextmanager
def desk_of(command: Command) -> Iterator[Desk]:
    desk = Desk(Settings(home=command.home, _env_file=None))  # type: ignore[call-arg]
    yield desk
    desk.close()


def fill(command: Command, accepted: int, refused: int) -> None:
    with desk_of(command) as desk, desk.database.write.begin() as session:
        for number in range(accepted + refused):
            row = tuple(5.0 if number < accepted and name == "margin" else 0.1 for name in FEATURES)
            weights.judge(
                session, ticket_id=new_id(), article="KB-1", version=1, evidence=row, accepted=number < accepted,
                actor=SYSTEM, now=desk.now(),
            )  # fmt: skip


def probability(command: Command) -> float:
    (line,) = command("answer", "--lines", "-", stdin=json_lines({"text": PERMIT})).lines
    return float(line["probability"])


def test_sixty_judgements_change_what_the_bot_says_until_they_are_reset(alone: Command) -> None:
    before = probability(alone)
    fill(alone, 30, 29)
    assert "权重不变" in alone("answers", "refit").err
    fill(alone, 0, 1)
    assert "margin" in alone("answers", "refit", "--dry-run").out
    assert alone("answers", "status", "--json").document["version"] == 0, "a trial changes nothing"
    done = alone("answers", "refit")
    assert "第 1 版" in done.err
    assert "margin" in done.out
    status = alone("answers", "status", "--json").document
    assert (status["accepted"], status["refused"], status["version"]) == (30, 30, 1)
    assert status["changes"]
    assert "第 1 版" in alone("answers", "status").out
    assert probability(alone) != before
    assert "随程序" in alone("answers", "refit", "--reset").err
    assert probability(alone) == before
    assert "只能给一个" in alone("answers", "refit", "--reset", "--dry-run").refused()


def test_the_weekly_job_refits_and_damaged_weights_are_a_line_of_the_doctor(alone: Command) -> None:
    before = probability(alone)
    fill(alone, 31, 30)
    with desk_of(alone) as desk:
        assert "refit_answers" in SCHEDULES
        assert (answers.refit(desk), answers.refit(desk)) == (1, 0)
        (sound,) = doctor._weights(desk)
        assert (sound.level, sound.words) == ("ok", "第 1 版")
        with desk.database.write.begin() as session:
            session.execute(update(AnswerWeights).values(weights="{"))
        (damaged,) = doctor._weights(desk)
        assert damaged.level == "warning"
        assert "第 1 版已损坏" in damaged.words
        assert "answers refit" in damaged.mend
    assert probability(alone) == before
    assert "第 1 版未用" in alone("answers", "status").out
