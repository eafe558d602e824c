"""Small durable values of one channel account (offsets, UIDVALIDITY, access tokens), shared by all workers."""

from __future__ import annotations

from sqlalchemy import String, Text, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Database


class StateValue(Base):
    """One value under channel, account and key."""

    __tablename__ = "channel_state"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    account: Mapped[str] = mapped_column(String(60), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class DatabaseChannelState:
    """The ``ChannelState`` of one account. Each call is a transaction of its own."""

    def __init__(self, database: Database, channel: str, account: str) -> None:
        self._database = database
        self._place = (channel, account)

    def get(self, key: str) -> str | None:
        """The value, or None."""
        with self._database.read() as session:
            row = session.get(StateValue, (*self._place, key))
            return row.value if row else None

    def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
        """Store ``value`` if the key still holds ``expected`` (None: absent); say whether it was stored."""
        channel, account = self._place
        try:
            with self._database.write.begin() as session:
                if expected is None:
                    session.execute(insert(StateValue).values(channel=channel, account=account, key=key, value=value))
                    return True
                changed = session.execute(
                    update(StateValue)
                    .where(
                        StateValue.channel == channel,
                        StateValue.account == account,
                        StateValue.key == key,
                        StateValue.value == expected,
                    )
                    .values(value=value)
                )
                return bool(changed.rowcount)  # type: ignore[attr-defined]
        except IntegrityError:
            return False
