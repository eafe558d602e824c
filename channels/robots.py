"""Robots that only speak, to staff: kept apart from ``CHANNELS``, for no resident writes to them or is written by them.

``SENDERS`` is everything a delivery may go out by.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Protocol

from channels import wecom_robot
from channels.base import Channel, LineBack
from channels.registry import CHANNELS


class Robot(LineBack, Protocol):
    """``name`` is what deliveries and accounts call it; ``label`` is Chinese."""

    name: str
    label: str


ROBOTS: dict[str, Robot] = {robot.name: robot for robot in (wecom_robot.ROBOT,)}
SENDERS: Mapping[str, Channel | Robot] = ChainMap[str, Channel | Robot](CHANNELS, ROBOTS)  # type: ignore[arg-type]
