"""The mayor's mailbox (区长信箱): letters by IMAP, answers by SMTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from channels.base import ChannelState, Receive
from channels.capabilities import Capabilities
from channels.mailbox import imap, smtp
from channels.mailbox.parse import NAME
from channels.mailbox.parse import parse as _parse
from channels.message import Account, OutboundMessage, Parsed
from channels.probing import Probe


class MailboxChannel:
    """``Channel``, ``Poller``, ``Checked`` and ``Probed`` for one mailbox account."""

    name = NAME
    label = "信箱"
    capabilities = Capabilities(threads=True, html=True, machines=True)
    resend_is_safe = True
    """A letter keeps its Message-ID over tries, so a second copy is known as one."""

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        """One RFC 822 letter as one message. Raises ``UnreadableMessage``."""
        return _parse(payload, account)

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        """Send by SMTP; the Message-ID is the platform's id."""
        del state
        return await smtp.send(message, account, now=now)

    def check(self, account: Account) -> None:
        """Sending, and fetching where the account is to fetch."""
        smtp.check(account)
        if self.watches(account):
            imap.check(account)

    @property
    def mends(self) -> Mapping[str, str]:
        from channels.mailbox import probe

        return probe.MENDS

    def probes(self, account: Account, *, callback: str, now: datetime) -> Sequence[Probe]:
        """Logging in at the server that letters are fetched from, where one is set, and at the one that sends."""
        from channels.mailbox import probe

        del callback, now
        return tuple(probe.probes(account))

    def watches(self, account: Account) -> bool:
        """An account without ``imap_host`` only sends, or takes letters from files."""
        return bool(account.settings.get("imap_host"))

    async def watch(self, account: Account, state: ChannelState, receive: Receive) -> None:
        """Fetch by IMAP until cancelled."""
        await imap.watch(account, state, receive)


CHANNEL = MailboxChannel()
