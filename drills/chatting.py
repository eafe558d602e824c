"""Residents who chat by Telegram while the desk is killed: each waits for the reply to his turn before he goes on.

The stand-in is the platform: it calls the webhook with each update until that is taken, and takes the replies. What a
resident saw is what arrived there; what the desk owes him is read in its records.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.golden.payloads import Numbered
from api.golden.script import Script
from api.standins.telegram import TelegramServer
from api.standins.telegram.platform import Platform, Waiting
from casework.dialogue.tables import Dialogue
from casework.message_tables import Message
from casework.tables import Ticket
from casework.tickets import OPEN_TICKETS
from drills import scripts
from drills.endings import CHANNEL, Cast, names
from storage.deliveries import Delivery

READS = 6.5
"""Seconds in which a reply is read: longer than the desk waits for the rest of a message."""
NOT_SEEN = 15.0
"""Seconds until he goes on whom the reply on record never reached: its sender died."""
LOOKS_EVERY = 0.3
PHOTO = b"\xff\xd8\xff\xe0photo\xff\xd9"
_FIRST_MESSAGE = 1_000_000
"""Numbers of the residents' messages; those of the platform's own begin at 1."""


class Insistent(Platform):
    """The platform as it is for a day: it calls the webhook until the update is taken, every other second at least.

    The stand-in's own patience is shorter than a few starts of a desk on a busy machine.
    """

    def delivered(self, waiting: Waiting, why: str, *, give_up_after: int, again_at: float) -> None:
        """As the stand-in's, but for giving up."""
        soon = min(again_at, time.monotonic() + 2)
        super().delivered(waiting, why, give_up_after=give_up_after * 1000, again_at=soon)


@dataclass(slots=True)
class Standing:
    """What is on record of a resident: messages of his, sentences and messages of ours, whether the last of those
    offers options, and whether some of his words are not yet judged or wait for what may follow.
    """

    heard: int = 0
    sentences: int = 0
    replies: list[str] = field(default_factory=list)
    offers: bool = False
    thinking: bool = False


@dataclass(slots=True)
class Resident:
    """One of them, with the script he follows and where he is in it."""

    cast: Cast
    script: Script
    due: Sequence[int]
    """Sentences that are said when each turn is over."""
    taken: int = 0
    owed_since: float = 0.0
    answered_at: float = 0.0

    @property
    def chat(self) -> int:
        return int(self.cast.sender)

    def answered(self, standing: Standing) -> bool:
        """Whether all that follows from his last turn is on record."""
        if not self.taken:
            return True
        there = standing.heard >= self.taken and standing.sentences >= self.due[self.taken - 1]
        return there and not standing.thinking


class Residents(threading.Thread):
    """All of them at once. ``over`` when each has had the reply to his last turn; ``give_up`` ends it before."""

    def __init__(self, desk: Desk, platform: TelegramServer, token: str, everybody: Sequence[Resident]) -> None:
        super().__init__(name="residents", daemon=True)
        self.everybody = everybody
        self.turns = sum(len(each.script.turns) for each in everybody)
        self.unseen = 0
        """Replies on record that a resident did not wait for any longer."""
        self.pressed = 0
        self._desk, self._platform, self._token = desk, platform, token
        self._dice = Random(23)
        self._gone = threading.Event()
        self._problem: BaseException | None = None

    @property
    def taken(self) -> int:
        """Turns taken by all of them."""
        return sum(each.taken for each in self.everybody)

    @property
    def answered(self) -> int:
        """Turns that were answered."""
        return sum(each.taken - (not each.answered_at) for each in self.everybody if each.taken)

    @property
    def over(self) -> bool:
        """Whether nobody has anything more to say. Raises what ended it early."""
        if self._problem is not None:
            raise self._problem
        return not self.is_alive()

    def give_up(self) -> None:
        """Stop talking: the run has failed, or is over."""
        self._gone.set()
        if self.is_alive():
            self.join()

    def waiting(self) -> list[str]:
        """Who has not come to his end, and where he is."""
        return [
            f"{each.chat} “{each.cast.script}” at turn {each.taken}" for each in self.everybody if not self._ended(each)
        ]

    def run(self) -> None:
        """Talk until all is said."""
        try:
            while not self._gone.wait(LOOKS_EVERY) and not all(self._ended(each) for each in self.everybody):
                standing, seen = self._standing(), self._seen()
                for each in self.everybody:
                    self._go_on(each, standing.get(each.cast.sender, Standing()), seen.get(each.chat, 0))
        except BaseException as problem:
            self._problem = problem

    def _ended(self, resident: Resident) -> bool:
        return resident.taken == len(resident.script.turns) and bool(resident.answered_at)

    def _go_on(self, resident: Resident, standing: Standing, seen: int) -> None:
        """His next turn, once the last one is answered, and he has seen that and read it, or waits no longer."""
        now = time.monotonic()
        if not resident.answered(standing):
            return
        if resident.taken and not resident.answered_at:
            resident.owed_since = resident.owed_since or now
            if seen < len(standing.replies) and now - resident.owed_since < NOT_SEEN:
                return
            self.unseen += seen < len(standing.replies)
            resident.answered_at = now
        if resident.taken == len(resident.script.turns) or now - resident.answered_at < READS:
            return
        self._take(resident, standing)
        resident.taken, resident.owed_since, resident.answered_at = resident.taken + 1, 0.0, 0.0

    def _take(self, resident: Resident, standing: Standing) -> None:
        turn, number = resident.script.turns[resident.taken], _FIRST_MESSAGE + resident.taken
        if turn.resident is not None and turn.resident.isdecimal() and self._press(resident, turn.resident, standing):
            return
        edits = _FIRST_MESSAGE + turn.edit.turn - 1 if turn.edit is not None else None
        numbered = Numbered(turn, number, resident.chat, datetime.now(UTC), edits)
        if turn.photo:
            self._platform.keep(f"golden-{resident.chat}-{number}", PHOTO)
        self._platform.offer(self._token, scripts.update(numbered))

    def _press(self, resident: Resident, number: str, standing: Standing) -> bool:
        """Half of those who see the options press one and do not type its number. False when he did not.

        A button of an earlier message is another turn than the script's, and answered otherwise.
        """
        last = self._platform.sent(resident.chat)[-1:]
        if not standing.offers or last != standing.replies[-1:] or self._dice.random() < 0.5:
            return False
        try:
            self._platform.platform.act({"act": "press", "token": self._token, "who": resident.chat, "data": number})
        except ValueError:
            return False  # no such option there
        self.pressed += 1
        return True

    def _seen(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for each in self._platform.platform.sent():
            found[each.chat] = found.get(each.chat, 0) + 1
        return found

    def _standing(self) -> Mapping[str, Standing]:
        with self._desk.database.read() as session:
            return _standing(session, self.everybody[0].cast.account)


def _standing(session: Session, account: str) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    heard = select(Message.sender, func.count()).where(Message.channel == CHANNEL, Message.account == account)
    for sender, number in session.execute(heard.group_by(Message.sender)):
        found.setdefault(sender, Standing()).heard = number
    said = select(Delivery).where(Delivery.channel == CHANNEL, Delivery.account == account)
    for delivery in session.scalars(said.order_by(Delivery.position)):
        standing = found.setdefault(delivery.recipient, Standing())
        standing.sentences += len(names(delivery))
        standing.replies.append(delivery.text)
        standing.offers = bool(delivery.choices)
    unjudged = select(Ticket.sender).where(
        Ticket.channel == CHANNEL,
        Ticket.account == account,
        Ticket.assessed_at.is_(None),
        Ticket.state.in_(OPEN_TICKETS),
    )
    for sender in session.scalars(unjudged):
        found.setdefault(sender, Standing()).thinking = True
    for sender, state in session.execute(select(Dialogue.sender, Dialogue.state).where(Dialogue.account == account)):
        if state.get("held_since"):
            found.setdefault(sender, Standing()).thinking = True
    return found
