"""Fetching what residents sent from the platforms that keep it for a few days only.

Each file is taken on lease, fetched outside any transaction, laid down durably as a blob, and only then named by a
commit. Killed anywhere between, it is fetched again when the lease is over; the same bytes make the same blob.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from api.desk import Desk
from casework import media
from casework.media import Wanted
from channels import file_limits
from channels.base import Channel, Fetched, MediaSource
from channels.errors import ChannelMisconfigured, MediaDelayed, MediaGone
from channels.registry import CHANNELS

log = logging.getLogger(__name__)

BATCH = 20
AT_ONCE = 4
WITHIN = media.LEASE - timedelta(seconds=30)
"""The whole of one fetch: it is over before anybody else may take the file."""
MISCONFIGURED_RETRY = 300.0
UNEXPECTED_RETRY = 60.0

_under_way = threading.Lock()
"""One batch in each process: a slow platform must not take the threads that send."""

Outcome = Literal["kept", "delayed", "gone", "skipped"]


def fetch_due(desk: Desk, *, channels: Mapping[str, Channel] = CHANNELS) -> int:
    """Fetch a batch of what is due, a few at a time. Return how many were kept; none while a batch is under way."""
    if not _under_way.acquire(blocking=False):
        return 0
    try:
        with desk.database.read() as session:
            found = media.due(session, now=desk.now(), limit=BATCH)
        return asyncio.run(_all(desk, found, channels)).count("kept") if found else 0
    finally:
        _under_way.release()


async def _all(desk: Desk, file_ids: Sequence[str], channels: Mapping[str, Channel]) -> list[Outcome]:
    lanes = asyncio.Semaphore(AT_ONCE)

    async def one(file_id: str) -> Outcome:
        async with lanes:
            return await _fetch(desk, file_id, channels, WITHIN)

    return list(await asyncio.gather(*(one(file_id) for file_id in file_ids)))


def fetch(
    desk: Desk, file_id: str, *, channels: Mapping[str, Channel] = CHANNELS, within: timedelta = WITHIN
) -> Outcome:
    """Fetch one file if it is due and can be leased."""
    return asyncio.run(_fetch(desk, file_id, channels, within))


async def _fetch(desk: Desk, file_id: str, channels: Mapping[str, Channel], within: timedelta) -> Outcome:
    wanted = await asyncio.to_thread(_lease, desk, file_id)
    if wanted is None:
        return "skipped"
    source = channels.get(wanted.channel)
    if not isinstance(source, MediaSource):
        return await asyncio.to_thread(_give_up, desk, wanted, "这个渠道的附件不能取回")
    try:
        fetched = await _bounded(desk, source, wanted, within)
        if beyond := _too_large(desk, wanted, fetched):
            return await asyncio.to_thread(_give_up, desk, wanted, beyond)
        return await asyncio.to_thread(_keep, desk, wanted, fetched)
    except MediaGone as problem:
        return await asyncio.to_thread(_give_up, desk, wanted, problem.reason)
    except Exception as problem:  # noqa: BLE001  whatever it fails on, the file is asked for again until it is gone
        return await asyncio.to_thread(_delay, desk, wanted, problem, source.keeps)


async def _bounded(desk: Desk, source: MediaSource, wanted: Wanted, within: timedelta) -> Fetched:
    account = desk.account(wanted.channel, wanted.account)
    if account is None:
        raise MediaDelayed(f"没有渠道账号 {wanted.channel}/{wanted.account}", MISCONFIGURED_RETRY)
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await source.fetch(wanted.reference, account, desk.state(account), now=desk.now())
    except TimeoutError as problem:
        raise MediaDelayed("下载超时") from problem


def _too_large(desk: Desk, wanted: Wanted, fetched: Fetched) -> str:
    """Adapters stop reading at the limit where they can; this holds for those that cannot as well."""
    limits = file_limits.limits_of(desk.account_or_bare(wanted.channel, wanted.account))
    return file_limits.too_large(len(fetched.content), limits)


def _lease(desk: Desk, file_id: str) -> Wanted | None:
    with desk.database.write.begin() as session:
        return media.lease(session, file_id, now=desk.now())


def _keep(desk: Desk, wanted: Wanted, fetched: Fetched) -> Outcome:
    blob = desk.blobs.put(fetched.content)
    with desk.database.write.begin() as session:
        return "kept" if media.keep(session, wanted, fetched, blob=blob, now=desk.now()) else "skipped"


def _give_up(desk: Desk, wanted: Wanted, reason: str) -> Outcome:
    log.info("attachment %s cannot be fetched", wanted.id)
    with desk.database.write.begin() as session:
        media.give_up(session, wanted, reason, now=desk.now())
    return "gone"


def _delay(desk: Desk, wanted: Wanted, problem: Exception, keeps: timedelta) -> Outcome:
    match problem:
        case MediaDelayed(reason=reason, retry_after=wait):
            pass
        case ChannelMisconfigured():
            reason, wait = f"渠道设置有误：{problem}", MISCONFIGURED_RETRY
        case _:
            log.error("attachment %s: unexpected %s", wanted.id, type(problem).__name__, exc_info=problem)
            reason, wait = f"取回出错（{type(problem).__name__}）", UNEXPECTED_RETRY
    log.info("attachment %s: %s", wanted.id, type(problem).__name__)
    with desk.database.write.begin() as session:
        still = media.delay(session, wanted, reason, retry_after=wait, keeps=keeps, now=desk.now())
    return "delayed" if still else "gone"
