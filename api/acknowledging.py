"""Telling a platform that an act of a resident was taken: after the commit that stores it, beside everything else."""

from __future__ import annotations

import asyncio
import logging

from channels.base import Acknowledges
from channels.errors import ChannelError
from channels.message import Account

log = logging.getLogger(__name__)

WITHIN = 15.0
"""Seconds; a spinner ends by itself after about as long."""


async def acknowledge(channel: Acknowledges, payload: bytes, account: Account) -> None:
    """Never raises, and is not tried again: what the resident did is on record either way."""
    try:
        async with asyncio.timeout(WITHIN):
            await channel.acknowledge(payload, account)
    except (ChannelError, TimeoutError) as problem:
        log.info("account %s/%s: not acknowledged: %s", account.channel, account.name, problem)
    except Exception:
        log.exception("account %s/%s: not acknowledged", account.channel, account.name)
