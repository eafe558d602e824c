"""Asking a platform whether an account works there: nothing is sent to anybody, nothing is changed.

Whether the settings have the right shape is ``Checked``'s; here the platform's own word is heard, for
``yingsheng doctor``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from channels.message import Account


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact in Chinese. ``mend`` says what to do about it; empty: all is well."""

    words: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to a platform. ``what``: Chinese, the part of the account that it is about; empty: all of it.

    ``ask`` raises ``ChannelMisconfigured`` where the platform refuses a setting, ``SendDelayed`` or ``SendFailed``
    where it could not be asked.
    """

    ask: Callable[[], Awaitable[Sequence[Seen]]]
    what: str = ""


@runtime_checkable
class Probed(Protocol):
    """A channel whose platform can be asked."""

    def probes(self, account: Account, *, callback: str, now: datetime) -> Sequence[Probe]:
        """What to ask, each independent of the others. ``callback`` is the address at which the platform reaches us.

        ``callback`` is empty where nobody has told our address. Raises ``ChannelMisconfigured``.
        """
        ...


@runtime_checkable
class Advises(Protocol):
    """A channel that knows where each of its settings is found."""

    mends: Mapping[str, str]
    """What to do when a setting is missing or refused, by its name: Chinese, for whoever sits at the console."""
