"""Deliveries that wait: notices that nobody needs this minute, so that several leave as one and none at night.

While it waits a delivery holds nobody back; those of one recipient are released together, in their order, as soon as
the first of them is due: whoever is disturbed now hears the rest as well, and no later notice overtakes an earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import change_log
from storage.deliveries import Delivery, enqueue, line_of
from storage.numbers import next_number

Line = tuple[str, str, str]
"""Channel, account, recipient."""


def due_lines(session: Session, *, now: datetime, limit: int = 200) -> list[Line]:
    """The recipients for whom something waits that is due, in the order in which several are written to."""
    named = (Delivery.channel, Delivery.account, Delivery.recipient)
    query = select(*named).where(Delivery.state == "waiting", Delivery.due_at <= now).distinct().order_by(*named)
    return [(channel, account, recipient) for channel, account, recipient in session.execute(query.limit(limit))]


def release(
    session: Session, line: Line, *, together: Callable[[Sequence[Delivery]], tuple[str, str]], now: datetime
) -> list[Delivery]:
    """Release all that waits for one recipient, and return what is queued now.

    Neighbours that may be grouped leave in one message, of which ``together`` gives title and text. Two processes that
    release the same take turns: the second finds nothing.
    """
    channel, account, recipient = line
    query = (
        select(Delivery)
        .where(
            Delivery.state == "waiting",
            Delivery.channel == channel,
            Delivery.account == account,
            Delivery.recipient == recipient,
        )
        .order_by(Delivery.position)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    waiting = list(session.scalars(query))
    if not any(each.due_at <= now for each in waiting):
        return []
    released: list[Delivery] = []
    for groupable, neighbours in groupby(waiting, key=lambda each: each.groupable):
        run = list(neighbours)
        if groupable and len(run) > 1:
            released.append(_carry(session, run, *together(run), now=now))
            continue
        for each in run:
            if any(before.carries for before in released):  # what carries others got a later number than this has
                each.position = next_number(session, line_of(channel, account, recipient))
            each.state, each.due_at = "queued", now
            change_log.record(session, "deliveries", each.id, "queued", now=now)
            released.append(each)
    session.flush()
    return released


def _carry(session: Session, parts: Sequence[Delivery], title: str, text: str, *, now: datetime) -> Delivery:
    last = parts[-1]
    tickets = {each.ticket_token for each in parts}
    key = enqueue(
        session,
        purpose=f"group:{parts[0].id}:{last.id}",
        channel=last.channel,
        account=last.account,
        recipient=last.recipient,
        recipient_name=last.recipient_name,
        template="several_notices",
        title=title,
        text=text,
        ticket_token=last.ticket_token if len(tickets) == 1 else "",
        replies_to=last.replies_to,
        thread=list(last.thread),
        carries=len(parts),
        now=now,
    )
    for each in parts:
        each.state, each.grouped_into = "grouped", key
        change_log.record(session, "deliveries", each.id, "grouped", now=now)
    return session.get_one(Delivery, key)
