"""What residents did and saw in a drill: they write by WeChat and by letter, and count what reaches them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from api.standins.mail import MailStandIn
from api.standins.wechat import Signer, WeChatServer
from drills.dovecot import Dovecot
from drills.payloads import letter, wechat_text
from storage.deliveries import Delivery

SENDERS = 6
TRIES = 600
AT_ONCE = 20
"""Letters that come together, and then a short while none."""


class Residents:
    """Half of them write by WeChat, half by mail; the platforms do as they do when the desk does not answer."""

    def __init__(self, each: int, account: Mapping[str, Any], address: str) -> None:
        self.each = each
        self.pushed: list[int] = []
        """Callbacks that were answered with 200."""
        self.shown: list[tuple[str, str]] = []
        """(openid, text) of what came in the response itself."""
        self._signer = Signer(account)
        self._address = address
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()

    def write(self, mailbox: Dovecot) -> None:
        """Begin to write; ``join`` waits for the end."""
        shares = [range(first, self.each, SENDERS) for first in range(SENDERS)]
        self._threads = [threading.Thread(target=self._push, args=(share,)) for share in shares]
        self._threads.append(threading.Thread(target=self._post, args=(mailbox,)))
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until everything was written and taken."""
        for thread in self._threads:
            thread.join()

    def give_up(self) -> None:
        """Stop writing: the run has failed."""
        self._over.set()
        self.join()

    def _post(self, mailbox: Dovecot) -> None:
        for number in range(self.each):
            mailbox.deliver(letter(number))
            if number % AT_ONCE == AT_ONCE - 1 and self._over.wait(0.2):
                break

    def _push(self, numbers: Iterable[int]) -> None:
        """Send callbacks as WeChat does: asked again until it is answered."""
        with httpx.Client(timeout=6) as client:
            for number in numbers:
                for _ in range(TRIES):
                    if self._asked(client, number) or self._over.wait(0.1):
                        break

    def _asked(self, client: httpx.Client, number: int) -> bool:
        request = self._signer.request(wechat_text(number))
        try:
            answer = client.post(self._address, params=dict(request.query), content=request.body)
        except httpx.HTTPError:
            return False
        if answer.status_code != 200:
            return False
        self.pushed.append(number)
        text = self._signer.shown(answer.content)
        if text is not None:
            self.shown.append((f"o_drill_{number:06d}", text))
        return True

    def arrived(self, deliveries: Iterable[Delivery], wechat: WeChatServer, mail: MailStandIn) -> dict[str, int]:
        """How often each delivery reached its resident, counted where it arrives."""
        chats = Counter(self.shown) + Counter((each.openid, each.text) for each in wechat.platform.sent())
        letters = Counter(str(each.message["Message-ID"]) for each in mail.all())
        found = {}
        for delivery in deliveries:
            if delivery.channel == "wechat":
                found[delivery.id] = chats.pop((delivery.recipient, delivery.text), 0)
            else:
                own = [name for name in letters if delivery.id in name]
                found[delivery.id] = sum(letters.pop(name) for name in own)
        assert not chats, f"{chats.total()} WeChat texts that are on no record"
        assert not letters, f"{letters.total()} letters that are on no record"
        return found
