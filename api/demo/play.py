"""Plays the pack's sample messages through each channel's real parser, once.

History is the pack's fictional period, moved to end in the week before now (``samples.nearer``): messages arrive, are
judged, dispatched, answered and called back at those times, so that rates, trends and the board have something to say.
What came last is still in hand. A few messages are of today: the queue, and cases in every state whose clocks run now.
What was said to residents counts as sent: no stand-in was there to take it.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.demo import roster, samples
from api.demo.cast import Cast, read_words
from api.demo.samples import Sample
from api.demo.script import Life, ticket_life
from api.desk import Desk
from api.intake_files import Report, take
from casework import supervision
from casework.actors import Given
from casework.tables import Notice
from district.schemas import Role
from storage import audit, deliveries
from storage.audit import AuditRow
from storage.deliveries import Delivery

Say = Callable[[str], None]
PLAYED = "demo_played"
BEGUN = "demo_begun"
"""Its time is the moment that the samples of today count from: continued, the play makes the same bytes again."""

SEED = 20260301
"""The dice of history: the same throws on every machine."""
READ_WITHIN = timedelta(days=1)
"""What was told to staff before that was read."""


def play(desk: Desk, say: Say) -> None:
    """Play the samples; a home that has played keeps what is there. One that was stopped amidst it goes on with the
    messages it has not had; what was in hand then stays as it was. The roster is entered before anything is played:
    an alarm calls who is on duty at that moment.
    """
    roster.fill(desk)
    with desk.database.read() as session:
        if session.scalar(select(AuditRow.id).where(AuditRow.act == PLAYED).limit(1)) is not None:
            return
        began = session.scalar(select(AuditRow.at).where(AuditRow.act == BEGUN).limit(1))
    now = began or desk.now()
    past = samples.history(desk, now)
    recent = samples.today(desk, now)
    if not past and not recent:
        return
    if began is None:
        _on_record(desk, BEGUN, now)
    say(f"播放样例消息：以往 {len(past)} 条，今天 {len(recent)} 条……")
    stage = Stage(desk, Cast(desk, random.Random(SEED), read_words(desk.district.folder)))  # noqa: S311
    clock = desk.now
    try:
        stage.play([*past, *recent], now, say)
    finally:
        stage.cast.drop()
        desk.now = clock
    _on_record(desk, PLAYED, now)


def _on_record(desk: Desk, act: str, now: datetime) -> None:
    with desk.database.write.begin() as session:
        audit.record(session, actor="system", role="system", act=act, subject="pack", subject_id="demo", now=now)


@dataclass(slots=True)
class Stage:
    """Where lives are led beside each other, each act at its own time."""

    desk: Desk
    cast: Cast
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Category and place of tickets, as a person would read them from their messages."""

    _waiting: list[tuple[datetime, int, Life]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def play(self, told: list[Sample], now: datetime, say: Say) -> None:
        """All samples at their times, and every ticket as far as it has come by now."""
        for number, sample in enumerate(told, 1):
            self._enter(sample.at, self._arrival(sample, now))
            if number % 60 == 0:
                self._enter(sample.at, _saying(say, f"  {number}/{len(told)}"))
        start = min(sample.at for sample in told).astimezone(self.desk.district.calendars.zone)
        self._enter(start, self._watch(start.replace(hour=9, minute=40)))
        while self._waiting and self._waiting[0][0] < now:
            at, _, life = heapq.heappop(self._waiting)
            self._set_clock(at)
            following = next(life, None)
            if following is not None:
                self._enter(max(at, following), life)
        self._set_clock(now)
        supervision.check_clocks(self.cast.session, self.desk.district, now=now)
        count_as_sent(self.cast.session, now)
        self.cast.session.execute(update(Notice).where(Notice.at < now - READ_WITHIN).values(read_at=Notice.at))
        self.cast.settle()

    def _enter(self, at: datetime, life: Life) -> None:
        heapq.heappush(self._waiting, (at, next(self._order), life))

    def _set_clock(self, at: datetime) -> None:
        self.desk.now = lambda: at

    def _arrival(self, sample: Sample, now: datetime) -> Life:
        for ticket_id in self._receive(sample):
            if not sample.stage:
                self._enter(sample.at, ticket_life(self.cast, ticket_id, sample.at, self.labels))
            elif sample.stage != "queue":
                self._enter(sample.at, self._brought(ticket_id, sample, now))
        yield from ()

    def _receive(self, sample: Sample) -> list[str]:
        """Take the payload in; the tickets that it opened: none when it belongs to an earlier one or to nobody's."""
        self._set_clock(sample.at)
        self.cast.settle()
        report = Report()
        take(self.desk, sample.account, [(sample.name, sample.payload)], report)
        opened = []
        for receipt in report.receipts:
            if receipt.ticket_id and receipt.outcome == "accepted":
                if receipt.ticket_id not in self.labels:
                    opened.append(receipt.ticket_id)
                if sample.category or receipt.ticket_id in opened:
                    self.labels[receipt.ticket_id] = (sample.category, sample.place)
        return opened

    def _watch(self, at: datetime) -> Life:
        """Twice a day the clocks are looked at and what was said to residents is on its way, while anything lives."""
        while self._waiting:
            yield at
            supervision.check_clocks(self.cast.session, self.desk.district, now=at)
            count_as_sent(self.cast.session, at)
            at += timedelta(hours=6 if at.hour < 12 else 18)

    def _brought(self, ticket_id: str, sample: Sample, now: datetime) -> Life:
        """Act by act to the sample's stage, spread over the time since it came."""
        cast, stage, since = self.cast, sample.stage, now - sample.at
        yield (at := sample.at + since * 0.02)
        _, case_id = cast.take_up(ticket_id, sample.category, sample.place, now=at, plainly=True)
        if not case_id or cast.state(case_id) != "dispatched" or stage == "dispatched":
            return
        if stage == "asked_return":
            yield (at := sample.at + since * 0.5)
            proposed, line = cast.evidence(case_id)
            given = Given(reason="other_lead", text=cast.say("returned"), proposed_unit=proposed, directory_line=line)
            cast.ask(case_id, "return", given, now=at)
            return
        yield (at := sample.at + since * 0.06)
        cast.act(case_id, "sign", now=at, by=Role.UNIT_OFFICER)
        if stage == "signed":
            return
        yield (at := sample.at + since * 0.15)
        cast.act(case_id, "contact", now=at, by=Role.UNIT_OFFICER, text=cast.say("contacted"))
        yield (at := sample.at + since * 0.8)
        match stage:
            case "asked_extension":
                cast.ask(case_id, "extension", cast.more_time(case_id), now=at)
            case "asked_answer":
                cast.act(case_id, "answer", now=at, by=Role.UNIT_OFFICER, text=cast.answer_text(case_id))
            case "told":
                cast.act(case_id, "answer", now=at, text=cast.answer_text(case_id))


def _saying(say: Say, words: str) -> Life:
    say(words)
    yield from ()


def count_as_sent(session: Session, at: datetime) -> None:
    """Whatever is to be sent by then counts as sent when it was due; what waits for company or the morning, at once."""
    session.flush()
    for waiting in session.scalars(select(Delivery).where(Delivery.state == "waiting")):
        waiting.state, waiting.due_at = "queued", min(waiting.due_at, at)
    session.flush()
    for delivery in session.scalars(select(Delivery).where(Delivery.state == "queued", Delivery.due_at <= at)):
        deliveries.lease(session, delivery.id, by="demo", now=delivery.due_at)
        deliveries.mark_sent(session, delivery.id, by="demo", platform_id=f"demo:{delivery.id}", now=delivery.due_at)
