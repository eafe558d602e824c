"""What a channel is: parse, and, where the platform offers it, a line to write back on, a webhook, a mailbox to watch.

An adapter is stateless. What must outlive a call (offsets, UIDVALIDITY, access tokens) lies in the
``ChannelState`` handed in, shared by all workers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from channels.heard import Heard
from channels.message import Account, OutboundMessage, Parsed, WebhookRequest
from channels.written import Written


class ChannelState(Protocol):
    """Small durable values of one account. Compare-and-set is atomic over all workers."""

    def get(self, key: str) -> str | None: ...

    def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
        """Store ``value`` if the key still holds ``expected`` (None: absent). Return whether it was stored."""
        ...


@runtime_checkable
class Channel(Protocol):
    """A channel adapter. ``name`` is one of the words of ``docs/domain``; ``label`` is Chinese."""

    name: str
    label: str

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        """Make one payload, exactly as the platform delivers it (decrypted), into messages.

        Pure: the same bytes give the same result. Raises ``UnreadableMessage``, nothing else.
        """
        ...


@runtime_checkable
class LineBack(Protocol):
    """A channel that takes words back: for the resident himself, or the platform that sent his matter (``ReportsUp``).

    Without one he is called, or told by whom he spoke to.
    """

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        """Send and return the platform's id of the message.

        Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain``, ``SendByHand`` or ``ChannelMisconfigured``.
        """
        ...


@runtime_checkable
class ReportsUp(LineBack, Protocol):
    """A channel of orders from a platform above: the resident is not written to, the platform is told act by act.

    ``acts``: which act of the platform a message template of the desk is; what has none is not told there.
    """

    acts: Mapping[str, str]

    def upload(self, messages: Sequence[OutboundMessage], account: Account) -> bytes:
        """The acts as the sheet (XLSX) that a clerk uploads where the platform has no interface for us."""
        ...


@runtime_checkable
class ReachesOutside(LineBack, Protocol):
    """A channel whose platform delivers, when it takes no words, a message by a template registered with it."""

    def registered(self, template: str, account: Account) -> bool:
        """Whether the account says which of the platform's templates this one of the desk's is.

        Raises ``ChannelMisconfigured``.
        """
        ...

    async def send_registered(
        self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime
    ) -> str:
        """As ``send``, by the platform's template, filled with ``message.fields``."""
        ...


@runtime_checkable
class Types(Protocol):
    """A channel that can show a resident that somebody is writing to him."""

    async def typing(self, recipient: str, account: Account, state: ChannelState, *, now: datetime) -> None:
        """Show it for some seconds; more often than every five it does nothing.

        Best effort: what the platform says against it is passed over, and no ``ChannelError`` is raised.
        """
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified webhook request: the payload for ``parse``, or the ``answer`` to give at once (echo check)."""

    payload: bytes | None
    answer: bytes | None = None


@runtime_checkable
class Webhook(Protocol):
    """A channel that is called by its platform and may answer in the response."""

    def open(self, request: WebhookRequest, account: Account, *, now: datetime) -> Opened:
        """Verify and decrypt. Raises ``ForgedMessage`` or ``UnreadableMessage``."""
        ...

    def passive_reply(
        self, request: WebhookRequest, payload: bytes, text: str | None, account: Account, *, now: datetime
    ) -> tuple[bytes, str]:
        """The response body and media type that answer this request; ``text`` None is the empty acknowledgement."""
        ...


Receive = Callable[[bytes, str], Awaitable[None]]
"""Takes one payload and its delivery id; returns after the commit that stores it (or its quarantine)."""


@runtime_checkable
class Poller(Protocol):
    """A channel that fetches. ``watch`` runs until cancelled, reconnecting by itself."""

    def watches(self, account: Account) -> bool:
        """Whether the account's settings say where to fetch from; one without them only sends."""
        ...

    async def watch(self, account: Account, state: ChannelState, receive: Receive) -> None: ...


@runtime_checkable
class Acknowledges(Protocol):
    """A channel whose platform keeps the resident waiting until an act of his (a pressed button) is acknowledged."""

    async def acknowledge(self, payload: bytes, account: Account) -> None:
        """Acknowledge what the payload holds, if it asks for that. Called once it is stored; twice does no harm.

        Raises a ``ChannelError`` where the platform was not told: nothing is lost, the resident waits longer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A resident's file as the platform gave it.

    ``media_type`` is what its first bytes prove, ``application/octet-stream`` where they prove nothing; ``name`` is
    the platform's, cleaned, or empty.
    """

    content: bytes
    name: str
    media_type: str


@runtime_checkable
class MediaSource(Protocol):
    """A channel whose platform keeps what residents send (``Attachment.reference``) and drops it after ``keeps``."""

    keeps: timedelta

    async def fetch(self, reference: str, account: Account, state: ChannelState, *, now: datetime) -> Fetched:
        """Get one file; asking twice does no harm.

        Raises ``MediaDelayed``, ``MediaGone`` or ``ChannelMisconfigured``.
        """
        ...


@runtime_checkable
class ReturnsRows(Protocol):
    """A channel of sheets: what could not be taken goes back to whoever filled it in, to be mended and sent again."""

    def returned(self, payload: bytes, account: Account) -> bytes:
        """A sheet (XLSX) of the refused rows with the reason in a last column; empty when all can be taken.

        Raises ``UnreadableMessage``.
        """
        ...


@runtime_checkable
class WritesDown(Protocol):
    """A channel whose residents speak to a person, who writes down what they say: on a page of the desk, too."""

    def written(self, given: Written, account: Account) -> bytes:
        """A payload that ``parse`` makes one message of: what the person wrote down. The same gives the same."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """What the desk must know of one piece of a running call; the words stay in its bytes."""

    ended: bool
    """The platform says with it that the call is over."""


@runtime_checkable
class JoinsPieces(Protocol):
    """A channel whose calls may come piece by piece while people talk, to be put together into one payload."""

    def piece(self, payload: bytes, call_id: str, account: Account) -> Piece:
        """Read one piece of this call; nothing is kept of one that cannot be read. Raises ``UnreadableMessage``."""
        ...

    def heard(self, call_id: str, pieces: Sequence[bytes], late: Sequence[bytes], account: Account) -> Heard:
        """The call as far as it has come, from the same pieces as ``whole``. Pure. Raises ``UnreadableMessage``."""
        ...

    def whole(
        self,
        call_id: str,
        pieces: Sequence[bytes],
        late: Sequence[bytes],
        account: Account,
        *,
        stated: Sequence[str] = (),
    ) -> bytes:
        """The payload for ``parse``: what came before the call's end and, after it, what was ``late``, as they came.

        ``stated`` is what the agent put down during the call, a line each: it stands below the caller's words.
        Pure: the same pieces give the same bytes. Each was read by ``piece`` before.
        """
        ...

    def silence(self, account: Account) -> timedelta:
        """After so long without a piece a call counts as over."""
        ...


@runtime_checkable
class Checked(Protocol):
    """A channel that can say before the first message whether its account's settings suffice."""

    def check(self, account: Account) -> None:
        """Raises ``ChannelMisconfigured`` naming the first setting that is missing or wrong. Reaches no server."""
        ...
