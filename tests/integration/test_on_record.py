"""What the command line does to users, models, articles and messages is on record."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.cli import app
from api.desk import Desk
from api.models import promoted
from api.settings import Settings
from storage import deliveries, quarantine
from storage.audit import AuditRow

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
PASSWORD = "a long enough one\n"


def run(home: Path, *words: str, given: str = "", exits: int = 0) -> None:
    done = CliRunner().invoke(app, list(words), input=given, env={"YINGSHENG_HOME": str(home)})
    assert done.exit_code == exits, done.output


def acts(home: Path) -> list[tuple[str, str, str]]:
    desk = Desk(Settings(home=home))
    with desk.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.actor == "command").order_by(AuditRow.id))
        found = [(row.act, row.subject, json.dumps(row.details)) for row in rows]
    desk.close()
    return found


def test_users_are_added_disabled_and_reset_on_record_and_passwords_never(home: Path) -> None:
    run(home, "users", "add", "wu", "--role", "agent", "--name", "吴", given=PASSWORD)
    run(home, "users", "reset", "wu", given=PASSWORD)
    run(home, "users", "disable", "wu")
    done = acts(home)
    assert [act for act, _, _ in done] == ["add_user", "reset_password", "disable_user"]
    assert not any("enough" in details for _, _, details in done)


def test_a_model_is_promoted_on_record(home: Path) -> None:
    desk = Desk(Settings(home=home))
    version = promoted(desk)
    desk.close()
    assert version is not None
    run(home, "promote", version)
    assert acts(home) == [("promote_model", "model", json.dumps({"before": version}))]


def test_articles_are_imported_on_record(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    desk = Desk(Settings(home=home))
    source = {
        "id": "T-0001",
        "question": "停水怎么办？",
        "short_answer": "请先看停水公告。",
        "body": "请先看停水公告。",
        "category": next(iter(desk.district.taxonomy.leaves)).code,
        "unit": "U001",
    }
    desk.close()
    file.write_text(json.dumps(source, ensure_ascii=False), "utf-8")
    run(home, "articles", "import", str(file))
    (done,) = acts(home)
    assert done[:2] == ("import_articles", "articles")


def _delivery(desk: Desk) -> tuple[str, ...]:
    with desk.database.write.begin() as session:
        made = deliveries.queue(
            session, purpose="t", channel="mailbox", account="demo", recipient="a@home.example", text="您好", now=NOW
        )
        made.state = "failed"
        return ("deliveries", "retry", made.id)


def _payload(desk: Desk) -> tuple[str, ...]:
    blob = desk.blobs.put(b"<xml>")
    with desk.database.write.begin() as session:
        held = quarantine.hold(
            session,
            channel="wechat",
            account="demo",
            delivery_id="x",
            blob=blob,
            size=5,
            where="xml",
            why="cut",
            now=NOW,
        )
        return ("quarantine", "retry", held.id)


@pytest.mark.parametrize(
    ("make", "act", "exits"), [(_delivery, "retry_delivery", 0), (_payload, "retry_quarantine", None)]
)
def test_trying_again_is_on_record(
    home: Path, make: Callable[[Desk], tuple[str, ...]], act: str, exits: int | None
) -> None:
    desk = Desk(Settings(home=home))
    words = make(desk)
    desk.close()
    done = CliRunner().invoke(app, list(words), env={"YINGSHENG_HOME": str(home)})
    assert exits is None or done.exit_code == exits, done.output
    assert [each for each, _, _ in acts(home)] == [act]
