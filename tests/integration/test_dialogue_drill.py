"""Dialogues under ``kill -9`` (a sample of ``make drill``), and that what is looked for in them would be found."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from api import clock, pipeline
from api.desk import Desk
from api.golden.script import Script
from api.jobs import upkeep
from api.settings import Settings
from casework import writing_back
from casework.dialogue.tables import Dialogue
from casework.message_tables import Message
from casework.tables import Ticket
from drills import dialogues, scripts
from drills.endings import Cast, faults, misled
from drills.power_cuts import Cutter
from drills.rehearsal import ACCOUNT, Rehearsal
from storage import deliveries
from storage.database import new_id
from storage.deliveries import Delivery
from tests.conftest import set_up_desk

RESIDENTS, KILLS = 5, 1
SENDER = 400_000_001
LAMP = Script.model_validate(
    {
        "name": "a lamp",
        "turns": [{"resident": "我们小区外面的路灯好几天不亮了，请派人来修"}, {"resident": "桥东路12号门口"}],
    }
)
SILENT = Script.model_validate(
    {"name": "silence", "turns": [{"resident": "河堤上的路灯好几天不亮了，请派人来修"}, {"wait": "6h"}]}
)
ONCE = Script.model_validate({"name": "one turn", "turns": [{"resident": "菜场门口的路灯好几天不亮了，请派人来修"}]})


@pytest.mark.timeout(240)
def test_dialogues_of_a_killed_server_go_on_where_they_were(home: Path, tmp_path: Path) -> None:
    settings = Settings(home=home, _env_file=None)  # type: ignore[call-arg]
    parts = dialogues.rehearse(settings, RESIDENTS, on=tmp_path / "stage")
    assert len(parts) >= RESIDENTS - 1
    dialogues.drill(settings, parts, RESIDENTS, kills=KILLS, wait=False)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_power_cut_at_any_point_changes_nothing_of_how_a_dialogue_ends(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    with set_up_desk(request, database, tmp_path / "home") as url:
        made = Settings(home=tmp_path / "home", database_url=SecretStr(url) if url else None, _env_file=None)  # type: ignore[call-arg]
        desk = Desk(made)
        try:
            cutter = Cutter(desk)
            assert cutter.every_point(SILENT) == []
            assert {"COMMIT", "BEGIN", "INSERT INTO deliveries"} <= {each.what for each in cutter.points}
        finally:
            desk.close()


@pytest.fixture
def desk(set_up_home: Path, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(Settings(home=shutil.copytree(set_up_home, tmp_path / "home"), _env_file=None))  # type: ignore[call-arg]
    yield made
    made.close()


def test_a_build_that_says_something_without_a_purpose_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    files = pipeline._file

    def thanks_first(of: Desk, judged: pipeline.Judged) -> None:
        with of.database.write.begin() as session:
            for question, _ in judged:
                ticket = session.get_one(Ticket, question.ticket_id)
                to = writing_back.Name(ticket.channel, ticket.account, ticket.sender)
                writing_back.say(session, of.district, to, "thanks_back", purpose=new_id(), now=of.now())
        files(of, judged)

    monkeypatch.setattr(pipeline, "_file", thanks_first)
    assert any("said twice: [(0, 'thanks_back')]" in each for each in Cutter(desk).every_point(ONCE))


def test_a_build_that_never_looks_for_what_a_dead_process_left_is_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "assess_left_over", lambda _desk: 0)
    found = Cutter(desk).every_point(ONCE)
    assert any("was never judged" in each for each in found)
    assert any("never said: [(1, 'received" in each for each in found)


def test_words_that_turn_out_to_be_an_addition_are_judged_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "assess_left_over", lambda _desk: 0)  # the sweep would come after twenty seconds
    (script,) = scripts.named("拿不准的长话，是补充")
    played = Rehearsal(desk, script, SENDER, at=clock.now())
    played.play()
    assert [said for _, said in played.ended().said][-1] == "addition_noted"
    with desk.database.read() as session:
        assert faults(session, [Cast(ACCOUNT, str(SENDER), script.name, played.ended())]) == []


def _said_again(session: Session) -> None:
    row = session.scalars(select(Delivery).order_by(Delivery.position)).first()
    assert row is not None
    copied = {"channel": row.channel, "account": row.account, "recipient": row.recipient, "details": row.details}
    more = {"template": row.template, "text": row.text, "reply_to_message": row.reply_to_message}
    deliveries.queue(session, purpose="again", now=row.created_at, **copied, **more)  # type: ignore[typeddict-item]


def _opened_again(session: Session) -> None:
    first = session.scalars(select(Ticket)).one()
    kept = {each.key: getattr(first, each.key) for each in Ticket.__table__.columns}
    session.add(Ticket(**kept | {"id": new_id(), "number": "again", "code": "again"}))


def _forgotten(session: Session) -> None:
    session.execute(update(Message).values(ticket_id=None, ignored=""))


def _gone(session: Session) -> None:
    session.execute(delete(Message).where(Message.text == "桥东路12号门口"))


PLANTED: list[tuple[str, Callable[[Session], object], str]] = [
    ("a sentence said again", _said_again, "said twice: [(1, 'received ask_place')]"),
    ("a sentence gone", lambda session: session.execute(delete(Delivery)), "never said: [(1, 'received ask_place')"),
    ("a message on nothing", _forgotten, "is forgotten"),
    ("a message gone", _gone, "heard: "),
    ("words gone", lambda session: session.execute(update(Ticket).values(text="路灯")), "tickets: (('路灯'"),
    ("a second ticket", _opened_again, "tickets: "),
    ("a ticket not judged", lambda session: session.execute(update(Ticket).values(assessed_at=None)), "never judged"),
    (
        "a phase of nowhere",
        lambda session: session.execute(update(Dialogue).values(state={"phase": "x"})),
        "is none: x",
    ),
    (
        "an unknown state",
        lambda session: session.execute(update(Dialogue).values(state={"mood": 1})),
        "nobody can read",
    ),
    ("a state set back", lambda session: session.execute(update(Dialogue).values(state={})), "phase: idle, should be"),
]


@pytest.fixture(scope="module")
def told(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Cast]]:
    """A desk on which the lamp was told of, and how that ended. What is done to it must be rolled back."""
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("told") / "home"))
    made = Desk(Settings(home=home, _env_file=None))  # type: ignore[call-arg]
    played = Rehearsal(made, LAMP, SENDER, at=clock.now())
    played.play()
    yield made, Cast(ACCOUNT, str(SENDER), LAMP.name, played.ended())
    made.close()


@pytest.mark.parametrize(("plant", "found"), [each[1:] for each in PLANTED], ids=[each[0] for each in PLANTED])
def test_what_is_planted_in_the_records_is_found(
    told: tuple[Desk, Cast], plant: Callable[[Session], object], found: str
) -> None:
    desk, cast = told
    assert [said for _, said in cast.expected.said] == ["received ask_place", "summary"]
    with desk.database.write() as session:
        assert faults(session, [cast]) == []
        plant(session)
        session.flush()
        session.expire_all()
        assert any(found in each for each in faults(session, [cast])), faults(session, [cast])
        session.rollback()


def test_what_arrived_is_told_apart_from_what_is_on_record(told: tuple[Desk, Cast]) -> None:
    desk, _ = told
    with desk.database.write() as session:
        rows = list(session.scalars(select(Delivery).order_by(Delivery.position)))
        first, second = [(each.recipient, each.text) for each in rows]
        assert len([each for each in misled(session, ACCOUNT, []) if "is queued" in each]) == 2
        session.execute(update(Delivery).values(state="sent"))
        session.expire_all()
        assert misled(session, ACCOUNT, [first, second]) == []
        assert any("saw 1 times more" in each for each in misled(session, ACCOUNT, [first, second, second]))
        assert any("never saw" in each for each in misled(session, ACCOUNT, [second]))
        assert any("saw 1 times more" in each for each in misled(session, ACCOUNT, [first, second, ("7", "x")]))
        session.execute(update(Delivery).where(Delivery.id == rows[0].id).values(state="perhaps_sent"))
        session.expire_all()
        assert misled(session, ACCOUNT, [second]) == []
        assert misled(session, ACCOUNT, [first, second]) == []
        assert any("saw 1 times more" in each for each in misled(session, ACCOUNT, [first, first, second]))
        session.rollback()
