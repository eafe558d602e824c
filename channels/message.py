"""Words from outside made into one type, and words to outside.

Everything here is frozen. ``InboundMessage`` is what every adapter's ``parse`` gives, whatever the platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from channels.errors import Why

MessageKind = Literal["text", "image", "voice", "video", "file", "location", "link", "mail", "event"]


@dataclass(frozen=True, slots=True)
class Account:
    """渠道账号: an official account, bot, mailbox, line or counter. ``settings`` come from the edge, with secrets.

    They are not in its ``repr``, which ends up in logs.
    """

    channel: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote: the platform's identifier (openid, e-mail address …) and what he calls himself."""

    id: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message.

    ``content`` is None when the platform keeps it (WeChat media): then ``reference`` names it there. It is None as
    well once the bytes are kept: then ``blob`` is their digest and ``size`` how many they are.
    """

    name: str
    media_type: str
    content: bytes | None = None
    reference: str = ""
    inline: bool = False
    blob: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """WGS84 or the platform's own datum, as given; ``label`` is the platform's address text."""

    latitude: float
    longitude: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class CityVerdict:
    """市平台回访: what the resident told the city. None: not asked, or he did not say.

    ``satisfaction`` is ``satisfied``, ``basically_satisfied``, ``dissatisfied`` or empty.
    """

    reached: bool
    contacted: bool | None = None
    resolved: bool | None = None
    satisfaction: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class CityRuling:
    """市平台批复 on what the district asked for; ``deadline`` is the order's new one where the city names it."""

    on: Literal["return", "extension"]
    approved: bool
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class CityOrder:
    """市平台工单: what the city's platform states about its order ``number``, or does to it (``act``).

    A higher ``revision`` replaces what was stated before; 0 where the platform counts none. ``category`` is the
    city's own, its levels joined by ``/``.
    """

    number: str
    act: Literal["issue", "withdraw", "urge", "verdict", "decision"]
    revision: int = 0
    category: str = ""
    deadline: datetime | None = None
    may_return: bool = True
    return_until: datetime | None = None
    verdict: CityVerdict | None = None
    ruling: CityRuling | None = None


Outcome = Literal["delivered", "failed", "late", "unknown"]


@dataclass(frozen=True, slots=True)
class Report:
    """回执: what became of messages that we sent, told afterwards (a bounce, 状态报告); ``thread`` names them.

    ``late``: it is still being tried; ``unknown``: the platform itself cannot say. ``reason`` is Chinese and shown;
    ``why`` it failed. ``reference`` is our own id of one (``OutboundMessage.id``) where the platform gives it back.
    """

    outcome: Outcome
    reason: str
    why: Why = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """消息, inbound. One delivery of one message.

    ``delivery_id`` is unique per account and stable over redeliveries (rules: one per channel, see
    ``docs/channels.md``). ``text`` is what the resident said, cleaned for reading and triage; ``full_text`` keeps
    what the view cuts (quoted history). ``thread`` holds the ids of earlier messages this one answers (In-Reply-To,
    References), ``ticket_token`` the token found in a subject. ``revises`` is the ``external_id`` of the message of
    which this is a later wording (an edited message, a corrected transcript). ``automatic`` marks mail no person
    wrote, which is never answered; ``report`` says what it tells of ours; a platform's own report (``receipt``) has
    the id of ours as ``external_id``. ``order``: it came from the city's platform. An ``event`` (subscribe, scan …)
    carries no matter by itself.
    """

    channel: str
    account: str
    delivery_id: str
    kind: MessageKind
    sender: Sender
    external_id: str = ""
    title: str = ""
    text: str = ""
    full_text: str = ""
    sent_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    place: GeoPoint | None = None
    thread: tuple[str, ...] = ()
    ticket_token: str = ""
    revises: str = ""
    recording: str = ""
    """Where a call is heard; linked to only on hosts that the account names."""
    event: str = ""
    event_key: str = ""
    automatic: Literal["", "auto_reply", "bounce", "list", "own", "receipt"] = ""
    report: Report | None = None
    order: CityOrder | None = None
    notes: tuple[str, ...] = ()
    """What parsing had to mend or drop ("charset gb2312 was really gb18030"); shown on the message."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A delivery that is well-formed and carries nothing for the desk; ``reason`` is Chinese and shown.

    ``sender`` is the resident who should hear that what he sent cannot be taken; empty: nobody is told.
    """

    channel: str
    account: str
    delivery_id: str
    reason: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a payload that cannot be taken, while its neighbours can: a row of a sheet.

    ``row`` counts as the file shows it, from 1. ``where`` names the column or field; ``why`` is Chinese and shown.
    """

    channel: str
    account: str
    delivery_id: str
    row: int
    where: str
    why: str


Parsed = InboundMessage | Ignored | Refused


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a resident may choose by pressing it. ``key`` comes back when he does, as if he had typed it."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """消息, outbound: one delivery to one resident on his own channel.

    ``id`` is the delivery's own id: an adapter puts it where the platform keeps it (Message-ID, client msg id),
    so that a copy can be recognised. ``replies_to``/``thread`` are platform ids for threading. ``act`` and
    ``details`` are for a platform that is told what was done about its order (``channels.base.ReportsUp``).
    ``template`` and ``fields``, what it was filled with, are for one that takes a message only by a template registered
    with it: at all (SMS), or outside its window (``channels.base.ReachesOutside``).
    """

    id: str
    channel: str
    account: str
    recipient: str
    text: str
    title: str = ""
    recipient_name: str = ""
    ticket_token: str = ""
    replies_to: str = ""
    thread: tuple[str, ...] = ()
    act: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    """To be pressed where the channel can; the text names them with their numbers all the same."""
    template: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    quotes: str = ""
    """The words of the resident that are answered, shown below the answer where the channel has that (mail)."""
    written_by: Literal["desk", "person", "notice"] = "desk"
    """``person``: somebody wrote or released it; ``desk``: the desk by itself, to what he wrote; ``notice``: the desk,
    and he did not write before."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One HTTP request of a platform, as bytes."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
