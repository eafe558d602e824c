"""What can go wrong between a platform and the desk. Each states a fact; the edge decides what to answer."""

from __future__ import annotations

from typing import Literal

Why = Literal["", "window", "count", "blocked", "unknown_person", "refused"]
"""Why a message can never arrive this way, for whoever looks for another.

``window``: the resident's last act is too long ago for the platform. ``count``: as many messages as it allows were
sent after that. ``blocked``: he does not let us write. ``unknown_person``: the platform knows nobody of this name, or
we never met. ``refused``: this message. Empty: none of these.
"""


class ChannelError(Exception):
    """Base of this package."""


class UnreadableMessage(ChannelError):
    """The payload cannot be made into a message. ``where`` names the part (a header, an element, a row)."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}" if where else why)
        self.where = where
        self.why = why

    def __reduce__(self) -> tuple[type[UnreadableMessage], tuple[str, str]]:
        """It may be raised in one process and kept by another."""
        return type(self), (self.where, self.why)


class ForgedMessage(ChannelError):
    """Signature or token do not fit: nothing of the request is kept."""


class ChannelMisconfigured(ChannelError):
    """A setting is missing or refused by the platform; ``setting`` names it."""

    def __init__(self, setting: str, why: str) -> None:
        super().__init__(f"{setting}: {why}")
        self.setting = setting
        self.why = why


class SendDelayed(ChannelError):
    """Not sent, may be tried again after ``retry_after`` seconds."""

    def __init__(self, reason: str, retry_after: float = 30.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class SendFailed(ChannelError):
    """Not sent, and trying the same again cannot help."""

    def __init__(self, reason: str, why: Why = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.why: Why = why


class SendUncertain(ChannelError):
    """The line broke after the message left: the platform may have it (perhaps-sent)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SendByHand(ChannelError):
    """The platform has no interface for us: a person uploads what waits there."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MediaDelayed(ChannelError):
    """The platform did not hand a resident's file over; it may be asked again after ``retry_after`` seconds."""

    def __init__(self, reason: str, retry_after: float = 30.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class MediaGone(ChannelError):
    """A resident's file cannot be had from the platform, however often it is asked for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
