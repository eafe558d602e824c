"""``yingsheng answer`` and ``yingsheng gaps`` on a home with the demo pack's articles."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from casework.message_tables import Message
from casework.tables import Ticket
from knowledge.tables import Article
from tests.integration.commands import Command, alone, json_lines, look, run, worked_home

__all__ = ["alone", "run", "worked_home"]

PERMIT = "居住证到期怎么签注？"
ELSEWHERE = "量子计算机的退相干时间是多少"
COMPLAINT = "怎么还没人来修路灯？和平里3号楼前黑了三天了，你们到底管不管？"
GAS = "家里好大的煤气味，头晕，怎么办？"
FIELDS = {"id", "act", "article", "text", "probability", "version", "options", "why", "reason"}


def said(command: Command, *texts: str, notices: Path | None = None) -> list[dict[str, Any]]:
    """What the command says to these, in their order."""
    rows = json_lines(*({"id": number, "text": text} for number, text in enumerate(texts)))
    options = ("--notices", notices) if notices else ()
    done = command("answer", "--lines", "-", *options, stdin=rows)
    assert done.code == 0, done.err
    assert [line["id"] for line in done.lines] == list(range(len(texts)))
    return done.lines


def test_each_line_gets_the_document_of_the_interface_and_nothing_is_stored(run: Command) -> None:
    before = look(run, select(func.count(Message.id)))
    lines = said(run, PERMIT, ELSEWHERE, COMPLAINT, "")
    assert all(set(line) == FIELDS for line in lines)
    assert all(line["act"] in {"answer", "clarify", "hand_over"} for line in lines)
    assert all(0 <= line["probability"] <= 1 for line in lines)
    assert look(run, select(func.count(Message.id))) == before


def test_a_plain_question_is_answered_out_of_its_article_with_its_citation(run: Command) -> None:
    (line,) = said(run, PERMIT)
    assert (line["act"], line["article"], line["version"]) == ("answer", "KB-0034", 1)
    assert "知识条目 KB-0034 第1版" in line["text"]
    wanted = look(run, select(Article.short_answer).where(Article.number == "KB-0034"))
    assert line["text"].startswith(wanted)


def test_complaints_emergencies_and_what_no_article_answers_are_handed_over_with_the_reason(run: Command) -> None:
    complaint, emergency, unknown = said(run, COMPLAINT, GAS, ELSEWHERE)
    assert {line["act"] for line in (complaint, emergency, unknown)} == {"hand_over"}
    assert emergency["why"] == "emergency"
    assert complaint["why"] in {"trouble", "several"}
    assert all(line["reason"] and line["article"] is None for line in (complaint, emergency, unknown))


def test_an_expired_article_never_answers(alone: Command) -> None:
    from api.desk import Desk
    from api.settings import Settings

    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    with desk.database.write.begin() as session:
        past = update(Article).where(Article.number == "KB-0034")
        session.execute(past.values(valid_until=(datetime.now(UTC) - timedelta(days=2)).date()))
    desk.close()
    (line,) = said(alone, PERMIT)
    assert line["article"] != "KB-0034"


def test_a_notice_answers_first_and_names_its_end(run: Command, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    notice = {
        "text": "管网抢修停水",
        "area": "和平里",
        "begins": (now - timedelta(hours=1)).isoformat(),
        "ends": (now + timedelta(hours=1)).isoformat(),
    }
    path = tmp_path / "notices.jsonl"
    path.write_bytes(json_lines(notice))
    (line,) = said(run, "和平里今天停水到几点？", notices=path)
    assert (line["act"], line["why"]) == ("answer", "notice")
    assert "管网抢修停水" in line["text"]
    assert "结束" in line["text"]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (b"{", "JSON"),
        (b"[]", "对象"),
        (b'{"id": 1}', "text"),
        (b'{"text": 5}', "text"),
    ],
)
def test_a_faulty_line_is_named(run: Command, tmp_path: Path, row: bytes, what: str) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_bytes(json_lines({"text": PERMIT}) + row + b"\n")
    done = run("answer", "--lines", path)
    assert done.code == 1
    assert f"{path}:2" in done.err
    assert what in done.err


@pytest.mark.parametrize(
    "notice",
    [
        {"text": "停水", "begins": "昨天", "ends": "2026-11-30T10:00+08:00"},
        {"text": "停水", "begins": "2026-11-30T10:00", "ends": "2026-11-30T11:00"},  # without zone
        {"text": "停水", "begins": "2026-11-30T10:00+08:00", "ends": "2026-11-30T09:00+08:00"},
        {"text": " ", "begins": "2026-11-30T10:00+08:00", "ends": "2026-11-30T11:00+08:00"},
        {"begins": "2026-11-30T10:00+08:00", "ends": "2026-11-30T11:00+08:00"},
    ],
)
def test_a_faulty_notice_is_named(run: Command, tmp_path: Path, notice: dict[str, Any]) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_bytes(json_lines(notice))
    assert f"{path}:1" in run("answer", "--lines", "-", "--notices", path, stdin=b"").refused()


# gaps


def asked(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "at": datetime.now(UTC).isoformat(), "channel": "web", **more}


def test_gaps_groups_what_no_article_answered_with_the_draft_of_its_replies(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    reply = "请带疫苗本到派出所登记，每年500元。"
    path.write_bytes(
        json_lines(
            asked("养狗证在哪办", reply=reply), asked("狗证怎么办理"), asked(PERMIT, article="KB-0034", used=True)
        )
    )
    document = run("gaps", "--asked", path, "--json").document
    assert set(document) == {"days", "asked", "served", "gaps", "unused", "repeats", "contradictions", "replaced"}
    (gap,) = [gap for gap in document["gaps"] if "狗证" in gap["name"]]
    assert (gap["count"], gap["channels"], gap["draft"]) == (2, {"web": 2}, reply)
    assert "KB-0034" not in document["unused"]
    assert "KB-0035" in document["unused"]


def test_gaps_reads_the_tickets_that_ask_without_personal_data(alone: Command) -> None:
    from api.desk import Desk
    from api.settings import Settings

    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    with desk.database.write.begin() as session:
        question = {"request_type": "咨询", "title": "", "text": "我叫张伟，电话13900001234，养狗证在哪办"}
        ids = list(session.scalars(select(Ticket.id)))
        session.execute(update(Ticket).where(Ticket.id == ids[0]).values(**question, answer="到派出所办。"))
    desk.close()
    document = alone("gaps", "--json").document
    (gap,) = [gap for gap in document["gaps"] if "狗" in gap["name"]]
    assert gap["draft"] == "到派出所办。"
    assert "13900001234" not in json.dumps(document)
    assert "张伟" not in json.dumps(document, ensure_ascii=False)


def test_gaps_shows_the_articles_whose_regulation_was_replaced(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "replaced.jsonl"
    path.write_bytes(json_lines({"old": "《工伤保险条例》", "new": "《新工伤保险条例》"}))
    document = run("gaps", "--replaced", path, "--json").document
    assert {each["number"] for each in document["replaced"]} >= {"KB-0008", "KB-0009"}
    assert "KB-0008" in run("gaps", "--replaced", path).out


@pytest.mark.parametrize(
    "row",
    [{"at": "2026-11-30"}, {"at": "gestern"}, {"probability": 2}, {"probability": "0.5"}, {"used": 1}, {"text": None}],
)
def test_a_faulty_question_is_named(run: Command, tmp_path: Path, row: dict[str, Any]) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_bytes(json_lines(asked("养狗证在哪办") | row))
    assert f"{path}:1" in run("gaps", "--asked", path).refused()


def test_a_pair_without_both_names_is_refused(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "replaced.jsonl"
    path.write_bytes(json_lines({"old": "《工伤保险条例》"}))
    assert f"{path}:1" in run("gaps", "--replaced", path).refused()
