"""How often one number may be sent to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.standins.sms.refusals import Refusal

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages to one number in a minute, an hour, and a day of Asia/Shanghai; 0 is not counted."""

    minute: int = 1
    hour: int = 5
    day: int = 10

    def check(self, before: Iterable[datetime], *, now: datetime) -> None:
        """Whether one more may be sent after those. Raises ``Refusal`` with the seconds until it may."""
        earlier = sorted(before)
        for code, most, life in ((3001, self.minute, timedelta(minutes=1)), (3002, self.hour, timedelta(hours=1))):
            within = [at for at in earlier if now - at < life]
            if most and len(within) >= most:
                raise Refusal(code, retry_after=_seconds(within[-most] + life - now))
        midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.day and sum(at >= midnight for at in earlier) >= self.day:
            raise Refusal(3003, retry_after=_seconds(midnight + timedelta(days=1) - now))


NAMES = tuple(each.name for each in fields(Limits))


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))
