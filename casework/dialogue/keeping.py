"""The rows of dialogues: found or begun, held for the transaction, and their state put back.

A dialogue is held before the tickets it is about, by whoever holds both: else two would wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from casework.dialogue import state as states
from casework.dialogue.judging import may_answer
from casework.dialogue.state import State
from casework.dialogue.tables import Dialogue
from casework.tables import Ticket
from channels.registry import CHANNELS, capabilities
from district.dialogue import DialogueRules
from storage import change_log
from storage.database import new_id
from storage.statements import ByDialect, table_of

_TABLE = table_of(Dialogue)
_BEGUN = ByDialect(
    lambda dialect: dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["channel", "account", "sender"])
)


_HELD = (
    select(Dialogue)
    .where(
        Dialogue.channel == bindparam("of_channel"),
        Dialogue.account == bindparam("of_account"),
        Dialogue.sender == bindparam("of_sender"),
    )
    .with_for_update()
)


def chatting() -> list[str]:
    """The channels on which the desk converses."""
    return [name for name in CHANNELS if capabilities(name).chats]


def held(session: Session, channel: str, account: str, sender: str, *, now: datetime) -> Dialogue:
    """The dialogue with this name, begun now if it is the first, held until the transaction ends."""
    named = {"channel": channel, "account": account, "sender": sender[:320]}
    begun = {**named, "id": new_id(), "state": {}, "agent_name": "", "updated_at": now}
    session.connection().execute(_BEGUN.of(session), begun)
    query = {f"of_{name}": value for name, value in named.items()}
    return session.scalars(_HELD, query, execution_options={"populate_existing": True}).one()


def held_by_id(session: Session, dialogue_id: str) -> Dialogue | None:
    """The dialogue, held until the transaction ends; None when it is gone."""
    query = select(Dialogue).where(Dialogue.id == dialogue_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def held_for(session: Session, ticket_ids: Collection[str]) -> dict[str, Dialogue]:
    """The dialogues of these tickets' senders by ticket, held in one order; of tickets from other channels, none."""
    names = select(Ticket.id, Ticket.channel, Ticket.account, Ticket.sender).where(
        Ticket.id.in_(ticket_ids), Ticket.channel.in_(chatting())
    )
    tickets = {id_: (channel, account, sender) for id_, channel, account, sender in session.execute(names)}
    if not tickets:
        return {}
    columns = zip(
        (Dialogue.channel, Dialogue.account, Dialogue.sender), zip(*tickets.values(), strict=True), strict=True
    )
    # Each column by itself, so that the index serves: a sender without his channel would be looked for in every row.
    named = (column.in_(set(values)) for column, values in columns)
    query = select(Dialogue).where(*named).order_by(Dialogue.id).with_for_update()
    rows = session.scalars(query.execution_options(populate_existing=True))
    found = {(row.channel, row.account, row.sender): row for row in rows}
    return {id_: found[name] for id_, name in tickets.items() if name in found}


def not_to_be_answered(session: Session, ticket_ids: Collection[str]) -> frozenset[str]:
    """Those of the tickets to which the bot has no answer to give as their dialogues stand: they are past it, or with
    a person.
    """
    query = (
        select(Ticket.id, Dialogue.state, Dialogue.agent_id)
        .join(
            Dialogue,
            and_(
                Dialogue.channel == Ticket.channel,
                Dialogue.account == Ticket.account,
                Dialogue.sender == Ticket.sender,
            ),
        )
        .where(Ticket.id.in_(ticket_ids))
    )
    return frozenset(id_ for id_, kept, agent in session.execute(query) if agent or not _answerable(kept, id_))


def _answerable(kept: Mapping[str, Any], ticket_id: str) -> bool:
    state = states.read(kept)
    return state.ticket == ticket_id and may_answer(state)


def wants_answer(row: Dialogue, ticket_id: str) -> bool:
    """Whether the bot may answer the ticket as its dialogue stands."""
    return row.agent_id is None and _answerable(row.state, ticket_id)


def due(session: Session, *, now: datetime, limit: int = 200) -> Sequence[str]:
    """Ids of the dialogues in which silence has lasted long enough, the longest first."""
    query = select(Dialogue.id).where(Dialogue.due_at <= now).order_by(Dialogue.due_at).limit(limit)
    return list(session.scalars(query))


def put(session: Session, rules: DialogueRules, row: Dialogue, state: State, *, now: datetime) -> None:
    """Keep the state of a dialogue that is held."""
    kept = state.as_json()
    if kept == row.state:
        return
    row.state, row.due_at, row.updated_at = kept, states.due_at(rules, state), now
    change_log.record(session, "dialogues", row.id, state.phase, now=now)


def state_of(row: Dialogue) -> State:
    """The state that a row keeps."""
    return states.read(row.state)


def has_agent(session: Session, channel: str, account: str, sender: str) -> bool:
    """Whether a person of the desk speaks with this name now."""
    name = (Dialogue.channel == channel, Dialogue.account == account, Dialogue.sender == sender[:320])
    return session.scalar(select(Dialogue.id).where(*name, Dialogue.agent_id.is_not(None))) is not None
