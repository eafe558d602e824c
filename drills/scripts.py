"""The scripts that drills play: golden dialogues of the demo pack, each turn of which a resident makes by himself."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import packs
from api.golden import payloads, script
from api.golden.payloads import Numbered
from api.golden.script import Script, Turn

UNHURRIED = timedelta(seconds=6)
"""Turns that follow one another faster are one turn to the desk: when it dies between them they may become two."""
_DEMO = Path(packs.__file__).parent / "demo"
_MINUTES = re.compile(r"^((?:question|answer|person|again)_minutes): *[0-9]+", re.MULTILINE)


def patient_pack(to: Path) -> Path:
    """The demo pack in a new folder, its desk so patient that a long run is over before any silence counts.

    Nobody is drawn by chance to be called back after a direct answer: such a ticket stays open, others are closed.
    """
    shutil.copytree(_DEMO, to, ignore=shutil.ignore_patterns("__pycache__"))
    rules = to / "dialogue.yaml"
    rules.write_text(_MINUTES.sub(r"\1: 300", rules.read_text("utf-8")), "utf-8")
    workflow = to / "workflow.yaml"
    workflow.write_text("direct_callback_share: 0\n" + workflow.read_text("utf-8"), "utf-8")
    return to


def chosen() -> list[Script]:
    """The scripts of the demo pack in which a reply is expected before each further turn, as Telegram's."""
    found = script.read(_DEMO / "dialogues")
    return [each.script.model_copy(update={"channel": "telegram"}) for each in found if _fits(each.script)]


def named(*names: str) -> list[Script]:
    """The scripts of these names, waits among their turns or not."""
    found = {each.script.name: each.script for each in script.read(_DEMO / "dialogues")}
    return [found[name].model_copy(update={"channel": "telegram"}) for name in names]


def _fits(of: Script) -> bool:
    return all(
        turn.wait is None and turn.agent is None and turn.say is not None and turn.pause > UNHURRIED
        for turn in of.turns
    )


def update(of: Numbered) -> dict[str, Any]:
    """The turn as an Update of the Bot API."""
    found: dict[str, Any] = json.loads(payloads.telegram(of))
    return found


def said_by(turns: Sequence[Turn]) -> list[int]:
    """How many sentences are said when each turn is over, from the beginning."""
    total, found = 0, []
    for turn in turns:
        total += len(turn.say or ())
        found.append(total)
    return found
