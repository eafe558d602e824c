"""正在输入: the resident is shown that somebody is typing, where his channel can; best effort, in no transaction."""

from __future__ import annotations

import asyncio
import logging

from fastapi.concurrency import run_in_threadpool

from api.desk import Desk
from casework import tickets
from casework.actors import Actor
from casework.dialogue import takeover
from channels.base import Types
from channels.errors import ChannelError
from channels.registry import CHANNELS

log = logging.getLogger(__name__)

WITHIN_SECONDS = 3.0
"""A sign that comes later than that is none any more."""


async def show(desk: Desk, key: str, actor: Actor) -> bool:
    """Show the ticket's resident that the actor is typing, if he has the conversation. Whether it was shown.

    Raises ``NotAllowed`` and ``UnknownTicket``.
    """
    takeover.check_may_take(actor)

    def whose() -> tuple[str, str, str] | None:
        with desk.database.read() as session:
            ticket = tickets.get_ticket(session, desk.district, key, actor)
            dialogue = takeover.of_ticket(session, ticket)
            has_it = dialogue is not None and dialogue.agent_id == actor.id
            return (ticket.channel, ticket.account, ticket.sender) if has_it else None

    to = await run_in_threadpool(whose)
    if to is None:
        return False
    name, account_name, recipient = to
    channel, account = CHANNELS.get(name), desk.account(name, account_name)
    if not isinstance(channel, Types) or account is None:
        return False
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            await channel.typing(recipient, account, desk.state(account), now=desk.now())
    except (ChannelError, TimeoutError) as problem:
        log.info("typing was not shown: %s", type(problem).__name__)
        return False
    return True
