"""``kill -9`` in the middle of hundreds of dialogues: each goes on where it was, nothing is said twice or forgotten.

Residents follow golden dialogues of the demo pack by Telegram's webhook, against a real server (on PostgreSQL a server
without jobs and a worker) that is killed again and again. At the end each dialogue must stand where the same script
ends when nothing is killed. After that, the power is cut once at every point of some scripts, in this process.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from api import clock
from api.desk import Desk
from api.golden.script import Script
from api.setting_up import set_up
from api.settings import Settings
from api.standins.telegram import TelegramServer
from drills import databases, power_cuts, scripts
from drills.chatting import Insistent, Resident, Residents
from drills.endings import CHANNEL, Cast, Ending, faults, misled
from drills.kill import settle_later
from drills.rehearsal import Rehearsal
from drills.served import Running, Served, Working
from storage.deliveries import OPEN, Delivery

RESIDENTS, KILLS = 200, 20
ACCOUNT = "drill"
TOKEN, SECRET = "900000010:drill", "drill-secret"
FIRST = 500_000_000
"""Numbers of the residents begin here."""
PATIENCE = 150.0
"""Seconds after the last turn until all has left; the lease of a killed sender alone lasts 90."""
STANDSTILL = 120.0
"""Seconds in which somebody is answered, unless the run has failed."""

Part = tuple[Script, Ending]
"""A script, and how it ends."""


def run(given: argparse.Namespace) -> None:
    """The kills, then every crash point of some scripts; on SQLite and on PostgreSQL."""
    with databases.both() as there, tempfile.TemporaryDirectory() as folder:
        trained, parts = there["SQLite"].home, list[Part]()
        pack = str(scripts.patient_pack(Path(folder) / "pack"))
        for name, settings in ((name, each.model_copy(update={"pack": pack})) for name, each in there.items()):
            if settings.home != trained:
                shutil.copytree(trained / "models", settings.home / "models")  # learning takes a while
            desk = Desk(settings)
            try:
                set_up(desk, lambda _line: None)
            finally:
                desk.close()
            parts = parts or rehearse(settings, given.residents, on=Path(folder) / "stage")
            drill(settings, parts, given.residents, kills=given.kills)
            _cut(name, settings)


def _cut(name: str, settings: Settings) -> None:
    desk = Desk(settings)
    try:
        power_cuts.check(name, desk)
    finally:
        desk.close()


def rehearse(settings: Settings, residents: int, *, on: Path) -> list[Part]:
    """Scripts for so many residents, each with how it ends when nothing is killed, played on a copy of this home.

    The home is that of a desk on SQLite which is set up and where nobody was. A script that the desk, as it is now,
    answers otherwise than is written in it is left out: ``yingsheng dialogue test`` tells of those.
    """
    shutil.copytree(settings.home, on)
    desk, found, chosen = Desk(Settings(home=on, pack=settings.pack)), list[Part](), scripts.chosen()
    try:
        for number, script in enumerate(chosen[:: max(1, len(chosen) // residents)]):
            played = Rehearsal(desk, script, FIRST + number, at=clock.now())
            played.play()
            ended = played.ended()
            said = [name for _, names in ended.said for name in names.split()]
            if said == [name for turn in script.turns for name in turn.say or ()]:
                found.append((script, ended))
    finally:
        desk.close()
    return found


def drill(settings: Settings, parts: Sequence[Part], residents: int, *, kills: int, wait: bool = True) -> None:
    """Raises ``AssertionError`` when a dialogue did not go on where it was, or somebody was told anything twice.

    The desk of ``settings`` is set up. Without ``wait`` the leases of killed senders are not waited for: the clock is
    set ahead.
    """
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    with TelegramServer(Insistent()) as telegram:
        account: dict[str, Any] = {"token": TOKEN, "secret_token": SECRET, "base_url": telegram.url}
        accounts = {CHANNEL: {ACCOUNT: account}}
        processes = _processes(settings, accounts, url)
        desk = Desk(settings.model_copy(update={"accounts": accounts}))
        try:
            everybody = _cast(parts, residents)
            talking = Residents(desk, telegram, TOKEN, everybody)
            hook = f"{processes[0].url}/channels/{CHANNEL}/{ACCOUNT}"
            telegram.platform.set_webhook(TOKEN, {"url": hook, "secret_token": SECRET})
            began = time.monotonic()
            try:
                _kill(processes, talking, kills)
                took = time.monotonic() - began
                _settle(desk, processes, wait=wait)
            finally:
                talking.give_up()
                for process in processes:
                    process.kill()
            _tell(desk, talking, processes, took)
            _check(desk, telegram, everybody)
        finally:
            desk.close()


def _processes(settings: Settings, accounts: Mapping[str, Any], url: str) -> tuple[Served, *tuple[Running, ...]]:
    home, where = settings.home, {"YINGSHENG_PACK": settings.pack}
    if not url:
        return (Served(home, accounts, **where),)
    where["YINGSHENG_DATABASE_URL"] = url
    return Served(home, accounts, more=("--no-jobs",), **where), Working(home, accounts, **where)


def _cast(parts: Sequence[Part], residents: int) -> list[Resident]:
    return [
        Resident(Cast(ACCOUNT, str(FIRST + number), script.name, ended), script, scripts.said_by(script.turns))
        for number, (script, ended) in enumerate(islice(cycle(parts), residents))
    ]


def _kill(processes: Sequence[Running], talking: Residents, kills: int) -> None:
    """The kills are spread over the work, by how many turns are answered, each at a moment of its own."""
    dice = Random(29)
    for process in processes:
        process.start()
    talking.start()
    for number in range(1, kills + 1):
        _wait_for(talking, number * talking.turns // (kills + 1))
        time.sleep(dice.uniform(0.0, 1.0))
        struck = dice.choice([processes, processes[:1], processes[1:]]) or processes
        for process in struck:
            process.kill()
        for process in struck:
            process.start()
    _wait_for(talking, talking.turns + 1)


def _wait_for(talking: Residents, turns: int) -> None:
    """Until so many turns are answered, or all is said. Raises ``AssertionError`` when nothing goes on any more."""
    best, since = -1, time.monotonic()
    while not talking.over and (done := talking.answered) < turns:
        if done > best:
            best, since = done, time.monotonic()
        assert time.monotonic() - since < STANDSTILL, f"nobody is answered any more: {talking.waiting()[:5]}"
        time.sleep(0.05)


def _settle(desk: Desk, processes: Sequence[Running], *, wait: bool) -> None:
    """Until all that is said has left, or is left to a person."""
    ends = time.monotonic() + PATIENCE
    while wait and time.monotonic() < ends and _open(desk):
        time.sleep(0.2)
    if not wait:
        for process in processes:
            process.kill()
        settle_later(desk)


def _open(desk: Desk) -> int:
    with desk.database.read() as session:
        return session.scalar(select(func.count(Delivery.id)).where(Delivery.state.in_(OPEN))) or 0


def _tell(desk: Desk, talking: Residents, processes: Sequence[Running], took: float) -> None:
    with desk.database.read() as session:
        states = Counter(session.scalars(select(Delivery.state)))
    starts = sum(process.starts - 1 for process in processes)
    told = "PostgreSQL" if len(processes) > 1 else "SQLite"
    print(f"   {told}: {len(talking.everybody)} residents, {talking.taken} turns, {starts} kills in {took:.0f} s")
    print(f"   {talking.pressed} options pressed, {talking.unseen} replies not waited for, deliveries {dict(states)}")
    longest = desk.district.dialogue.question_minutes * 60
    assert took < longest, f"it took longer than a resident is waited for ({longest} s): fewer residents, please"


def _check(desk: Desk, telegram: TelegramServer, everybody: Sequence[Resident]) -> None:
    arrived = [(str(each.chat), each.text) for each in telegram.platform.sent()]
    with desk.database.read() as session:
        found = faults(session, [each.cast for each in everybody]) + misled(session, ACCOUNT, arrived)
    assert not found, f"{len(found)} faults\n   " + "\n   ".join(found[:20])
