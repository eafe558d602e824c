"""How staff are alerted (值班告警): the pack's ``duty.yaml``."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "duty.yaml"
AlertKind = Literal["emergency", "red_deadline", "silent_night"]
LABELS: dict[AlertKind, str] = {"emergency": "突发", "red_deadline": "时限告急", "silent_night": "夜间无人应答"}
Way = Literal["robot", "sms", "mail"]
"""How somebody on duty is called beside the notice and the banner: 企业微信 group robot, SMS, letter."""
WAY_LABELS: dict[Way, str] = {"robot": "企业微信群机器人", "sms": "短信", "mail": "邮件"}
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class AcknowledgeMinutes(Rule):
    """Minutes within which an alert of each kind must be acknowledged before the next one is called."""

    emergency: int = Field(5, ge=1, le=1440)
    red_deadline: int = Field(15, ge=1, le=1440)
    silent_night: int = Field(15, ge=1, le=1440)


class WaysOfCalling(Rule):
    """By which ways a call of each kind goes out, all at once; one without an account or an address is left out."""

    emergency: tuple[Way, ...] = ("robot", "sms", "mail")
    red_deadline: tuple[Way, ...] = ("mail",)
    silent_night: tuple[Way, ...] = ("robot", "sms", "mail")

    @field_validator("emergency", "red_deadline", "silent_night")
    @classmethod
    def _each_once(cls, given: tuple[Way, ...]) -> tuple[Way, ...]:
        if len(set(given)) != len(given):
            raise ValueError("同一种方式只写一次")
        return given


class DutyRules(Rule):
    """Who must answer how soon, and what a silent night is. Times are those of the district's clock."""

    acknowledge_minutes: AcknowledgeMinutes = AcknowledgeMinutes()
    ways: WaysOfCalling = WaysOfCalling()
    red_urgencies: tuple[Literal["normal", "urgent", "emergency"], ...] = ("urgent", "emergency")
    """Cases of which urgency alert when a deadline turns red; the notices of every deadline go on beside it."""
    night_from: str = Field("22:00", pattern=_CLOCK)
    night_to: str = Field("08:00", pattern=_CLOCK)
    silent_minutes: int = Field(30, ge=1, le=720)
    """Nothing received for so long while an account cannot be watched, or no answer for so long to an emergency."""

    def minutes(self, kind: str) -> int:
        """Minutes to acknowledge an alert of this kind."""
        return int(getattr(self.acknowledge_minutes, kind))

    def ways_of(self, kind: str) -> tuple[Way, ...]:
        """The ways by which a call of this kind goes out."""
        found: tuple[Way, ...] = getattr(self.ways, kind)
        return found

    def uses(self, way: Way) -> bool:
        """Whether a call of any kind goes out by this way."""
        return any(way in self.ways_of(kind) for kind in LABELS)

    def is_night(self, at: time) -> bool:
        """Whether the local time lies in the night; its first minute does, its last does not."""
        first, last = time.fromisoformat(self.night_from), time.fromisoformat(self.night_to)
        return first <= at < last if first <= last else at >= first or at < last


def read_duty(folder: Path, problems: Problems) -> Stated[DutyRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(DutyRules, read_document(folder, FILE, problems), problems)
