"""Time moved by hand on a desk with one resident who chats: what was put off is judged, silences end."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from api import pipeline
from api.desk import Desk
from api.jobs import silence
from api.pipeline import Received
from casework.dialogue.tables import Dialogue


class PassingTime:
    """The clock of the desk, whose jobs come by when they are due; ``name`` is who chats. It has the desk's ``now``."""

    def __init__(self, desk: Desk, name: str, *, at: datetime) -> None:
        self._desk, self._name = desk, name
        self.now = at
        self._waiting: dict[str, datetime] = {}
        desk.now = lambda: self.now

    def take(self, received: Received) -> None:
        """Have what was received judged, now or after its pause."""
        for receipt in received.receipts:
            if receipt.fresh:
                self._waiting[receipt.ticket_id] = self.now + timedelta(seconds=receipt.pause)
        self._judge()

    def until(self, moment: datetime) -> None:
        """Let time pass to this moment."""
        while (due := self._next()) is not None and due <= moment:
            self.now = max(self.now, due)
            self._judge()
            silence.go_on(self._desk)
        self.now = moment

    def forget(self) -> None:
        """A new process: nothing is in hand."""
        self._waiting.clear()

    def _judge(self) -> None:
        due = [ticket for ticket, at in self._waiting.items() if at <= self.now]
        for ticket in due:
            del self._waiting[ticket]
        pipeline.assess(self._desk, due)

    def _next(self) -> datetime | None:
        with self._desk.database.read() as session:
            silent = session.scalar(select(func.min(Dialogue.due_at)).where(Dialogue.sender == self._name))
        return min([*self._waiting.values(), *([silent] if silent is not None else [])], default=None)
