"""Playing scripts: each as a resident of its own, by the channels' parsers, triage and search themselves."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from api import pipeline
from api.desk import Desk
from api.golden.passing import PassingTime
from api.golden.payloads import DELIVERED, Numbered
from api.golden.script import AgentAct, Script, Turn
from api.settings import Settings
from casework.actors import Actor
from casework.dialogue import keeping, speaking, takeover
from casework.dialogue.acting import JOINED
from casework.dialogue.tables import Dialogue
from casework.tables import Ticket
from channels.message import Account
from district.schemas import Role
from storage.database import new_id
from storage.deliveries import Delivery

AGENT = "坐席·演练"
FIRST = 700_000_000
"""Numbers of the residents of the scripts begin here."""


@dataclass(slots=True)
class Played:
    """What became of a script: ``faults``, each with its turn, and ``lines`` of what was said."""

    script: Script
    faults: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@contextmanager
def scratch(desk: Desk, *, called_back: bool = False) -> Iterator[Desk]:
    """A desk like this one with nobody on it: its pack, model and articles, a database of its own that is thrown away.

    Whom a direct answer satisfies is drawn by chance to be called back, and his ticket stays open till then. Here
    nobody is, or, with ``called_back``, everybody: a script goes the same way each time.

    Raises ``NotSetUp`` and ``UnusableModel`` where this one has no model.
    """
    from api import setting_up

    _ = desk.engine
    folder = Path(tempfile.mkdtemp(prefix="yingsheng-golden-"))
    try:
        shutil.copytree(desk.models, folder / "models")
        if (desk.home / "words").exists():
            shutil.copytree(desk.home / "words", folder / "words")
        settings = Settings(home=folder, pack=desk.settings.pack, search_engine=desk.settings.search_engine)
        made = Desk(settings)
        try:
            workflow = made.district.workflow.model_copy(update={"direct_callback_share": Decimal(called_back)})
            made.district = replace(made.district, workflow=workflow)
            setting_up.set_up(made, lambda _sentence: None)
            yield made
        finally:
            made.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def play(desk: Desk, scripts: Sequence[Script], *, first: int = FIRST) -> Iterator[Played]:
    """Play each on a desk of ``scratch``, one after the other, as residents who do not know one another.

    They are numbered from ``first``.
    """
    for number, script in enumerate(scripts):
        yield _Stage(desk, script, first + number).play()


class _Stage:
    """One script on the desk."""

    def __init__(self, desk: Desk, script: Script, sender: int) -> None:
        self.desk, self.script, self.sender = desk, script, sender
        self.account = Account(script.channel, "golden")
        self.time = PassingTime(desk, self.name, at=script.at.replace(tzinfo=desk.district.calendars.zone))
        self.heard: set[str] = set()
        self.ticket = ""
        self.agent = new_id()
        self.number = 0
        self.messages: dict[int, int] = {}
        self.played = Played(script)

    @property
    def now(self) -> datetime:
        return self.time.now

    @property
    def name(self) -> str:
        return f"golden-{self.sender:08d}" if self.script.channel == "wechat" else str(self.sender)

    def play(self) -> Played:
        turns, before = self.script.turns, list[str]()
        pause = timedelta(seconds=self.desk.district.dialogue.pause_seconds)
        for at, turn in enumerate(turns, 1):
            if turn.pause > pause or turn.wait is not None:
                before = self._tickets()  # what comes without a pause is one turn to whoever opens a ticket
            just = self._tickets()
            self._act(at, turn)
            following = turns[at] if at < len(turns) else None
            self.time.until(self.now + (following.pause if following is not None else timedelta(seconds=20)))
            self._compare(at, turn, before, just)
        self._end()
        return self.played

    def _act(self, at: int, turn: Turn) -> None:
        if turn.wait is not None:
            self.time.until(self.now + turn.wait)
        elif turn.agent is not None:
            self._agent(turn.agent)
        else:
            self._deliver(at, turn)

    def _deliver(self, at: int, turn: Turn) -> None:
        self.number += 1
        self.messages[at] = self.number
        edits = self.messages.get(turn.edit.turn) if turn.edit is not None else None
        payload = DELIVERED[self.script.channel](Numbered(turn, self.number, self.sender, self.now, edits))
        received = pipeline.receive(self.desk, self.account, payload)
        if received.held is not None:
            self.played.faults.append(f"第 {at} 轮：读不出来（{received.held.why}）")
        for receipt in received.receipts:
            if receipt.ticket_id:
                self.ticket = receipt.ticket_id
        self.time.take(received)

    def _agent(self, act: AgentAct) -> None:
        district = self.desk.district
        with self.desk.database.write.begin() as session:
            actor = Actor(self.agent, AGENT, Role.AGENT)
            ticket = session.get_one(Ticket, self.ticket)
            if act.take:
                takeover.take(session, district, ticket, actor=actor, now=self.now)
            if act.say:
                speaking.speak(session, district, ticket, act.say, actor=actor, now=self.now, once=new_id())
            if act.back:
                takeover.hand_back(session, district, ticket, actor=actor, now=self.now)

    def _tickets(self) -> list[str]:
        """The resident's tickets but for one that he is still asked about: whether it is one is for him to say."""
        his = select(Ticket.id).where(
            Ticket.channel == self.script.channel, Ticket.sender == self.name, Ticket.close_reason != JOINED
        )
        with self.desk.database.read() as session:
            kept = session.scalar(select(Dialogue).where(Dialogue.sender == self.name))
            state = keeping.state_of(kept) if kept is not None else None
            found = list(session.scalars(his.order_by(Ticket.opened_at, Ticket.id)))
        return [each for each in found if state is None or state.phase != "unsure" or each != state.ticket]

    def _said(self) -> list[Delivery]:
        query = select(Delivery).where(Delivery.channel == self.script.channel, Delivery.recipient == self.name)
        with self.desk.database.read() as session:
            found = list(session.scalars(query.order_by(Delivery.position)))
        fresh = [each for each in found if each.id not in self.heard]
        self.heard |= {each.id for each in fresh}
        return fresh

    def _compare(self, at: int, turn: Turn, before: list[str], just: list[str]) -> None:
        said = [each for each in self._said() if each.template]
        names = [name for each in said for name in str(each.details.get("said") or each.template).split()]
        text = "\n".join(each.text for each in said)
        self.played.lines.append(f"{at}. {_shown(turn)} → {' '.join(names) or '（不说话）'}")
        fault = self.played.faults.append
        if turn.say is not None and list(turn.say) != names:
            fault(f"第 {at} 轮 {_shown(turn)}：应说 {_listed(turn.say)}，实说 {_listed(names)}")
        for pattern in turn.contains:
            if re.search(pattern, text) is None:
                fault(f"第 {at} 轮：回话里没有“{pattern}”")
        for pattern in turn.lacks:
            if re.search(pattern, text) is not None:
                fault(f"第 {at} 轮：回话里不该有“{pattern}”")
        self._compare_ticket(at, turn, before, just)

    def _compare_ticket(self, at: int, turn: Turn, before: list[str], just: list[str]) -> None:
        opened = [each for each in self._tickets() if each not in before]
        added = [each for each in self._tickets() if each not in just]
        expected = {"new": bool(opened), "same": not added and bool(just), "none": not opened}
        if turn.ticket is not None and not expected[turn.ticket]:
            how = "开了新工单" if opened else "没有开工单"
            self.played.faults.append(f"第 {at} 轮 {_shown(turn)}：工单应为 {turn.ticket}，实为{how}")
        if turn.urgency:
            with self.desk.database.read() as session:
                ticket = session.get(Ticket, self._tickets()[-1]) if self._tickets() else None
            if ticket is None or ticket.urgency != turn.urgency:
                self.played.faults.append(f"第 {at} 轮：紧急程度应为 {turn.urgency}")

    def _end(self) -> None:
        end, tickets = self.script.end, self._tickets()
        with self.desk.database.read() as session:
            rows = [session.get_one(Ticket, each) for each in tickets]
            kept = session.scalar(select(Dialogue).where(Dialogue.sender == self.name))
            held = keeping.state_of(kept).held_words if kept is not None else ""
        if end.tickets is not None and len(rows) != end.tickets:
            self.played.faults.append(f"最后应有 {end.tickets} 件工单，实有 {len(rows)} 件")
        text = (rows[-1].text if rows else "") + held
        for words in end.words:
            if not any(words in row.text for row in rows[-1:]) and words not in text:
                self.played.faults.append(f"最后一件工单里没有“{words}”")


def _shown(turn: Turn) -> str:
    words = turn.resident or turn.voice or (turn.edit.text if turn.edit else "") or turn.text
    if turn.wait is not None:
        return f"（{turn.wait}）"
    if turn.agent is not None:
        return "（坐席）"
    if turn.pin is not None:
        return f"［位置 {turn.pin.label}］"
    return f"“{words[:24]}”" if words else "［图片或表情］"


def _listed(names: Sequence[str]) -> str:
    return "、".join(names) or "（不说话）"
