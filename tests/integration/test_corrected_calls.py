"""A call corrected by its platform, through intake into a real database: one ticket, the corrected words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

import packs
from casework import intake
from casework.message_tables import Message
from casework.tables import Ticket
from channels.hotline import CHANNEL
from channels.message import Account, Refused
from district.pack import District, load
from storage import migrate
from storage.database import Database

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "contract" / "samples" / "hotline"
NUMBERED = ("json_streetlight.json", "json_streetlight_corrected.json", "银杉名邸")
UNNUMBERED = ("bracketed_manhole.txt", "bracketed_manhole_corrected.txt", "13号楼")


@pytest.fixture(scope="module")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    migrate.upgrade(made)
    yield made
    made.dispose()


def take(database: Database, district: District, file: str) -> None:
    for one in CHANNEL.parse((SAMPLES / file).read_bytes(), Account("hotline", "line-1")):
        assert not isinstance(one, Refused)
        with database.write.begin() as session:
            intake.receive(session, district, one, blob="b" * 64, now=NOW)


@pytest.mark.parametrize(("first", "corrected", "words"), [NUMBERED, UNNUMBERED], ids=["numbered", "unnumbered"])
def test_a_correction_takes_the_place_of_the_first_words_on_one_ticket(database, district, first, corrected, words):
    for file in (first, corrected, corrected, first):
        take(database, district, file)
    with database.read() as session:
        (ticket,) = session.scalars(select(Ticket)).all()
        assert words in ticket.text
        assert len(session.scalars(select(Message)).all()) == 2


def test_a_first_transcript_that_comes_twice_opens_one_ticket(database, district):
    for file in ("bracketed_manhole.txt", "bracketed_manhole_again.txt"):
        take(database, district, file)
    with database.read() as session:
        assert len(session.scalars(select(Ticket)).all()) == 1


def test_a_call_of_silence_opens_none(database, district):
    take(database, district, "silence.json")
    with database.read() as session:
        assert session.scalars(select(Ticket)).all() == []
