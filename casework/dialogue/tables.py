"""The table of dialogues (会话): where each conversation stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from storage.database import Base, Key, new_id


class Dialogue(Base):
    """会话 with one name of a resident on a channel's account. Held before the tickets it is about.

    ``state`` is ``casework.dialogue.state.State`` as JSON. At ``due_at`` silence has lasted long enough to act on.
    While ``agent_id`` is there an agent speaks (接管) and the bot is silent but for emergencies.
    """

    __tablename__ = "dialogues"
    __table_args__ = (UniqueConstraint("channel", "account", "sender"), Index("ix_dialogues_due_at", "due_at"))

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    sender: Mapped[str] = mapped_column(String(320))
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_at: Mapped[datetime | None]
    agent_id: Mapped[str | None] = mapped_column(Key, index=True, doc="the user who has taken over; None: the bot")
    agent_name: Mapped[str] = mapped_column(String(120), default="")
    agent_since: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None] = mapped_column(index=True, doc="as the state says: a person is waited for")
    updated_at: Mapped[datetime]

    @validates("state")
    def _keep_waiting(self, _name: str, state: dict[str, Any]) -> dict[str, Any]:
        """Who waits for a person is looked up every few seconds: it stands in a column, and only ``state`` is set."""
        since = state.get("waiting_since")
        self.waiting_since = datetime.fromisoformat(since) if since else None
        return state
