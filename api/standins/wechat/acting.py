"""A resident acts: his window changes, and the desk's callback hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from api.standins.control import Given, text, whole
from api.standins.posting import Outbox, Post
from api.standins.wechat import events
from api.standins.wechat.events import Event
from api.standins.wechat.platform import Platform
from api.standins.wechat.signer import AnswerRefused, Signer
from channels.message import WebhookRequest

TRIES = 3
PATIENCE = 5.0
"""Seconds in which the desk has to answer."""

_FIRST_PAUSE = 0.1
_FIRST_MESSAGE = 23_000_000_000_000_000


class Acting:
    """The residents' side of one platform, with the callback that the account configured, if it did."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._outbox = Outbox(tries=TRIES, first_pause=_FIRST_PAUSE, patience=PATIENCE)
        self._to = ""
        self._original_id = ""
        self._signer: Signer | None = None
        self._messages = 0
        self._acts: dict[str, Callable[[str, Given], str]] = {
            "message": self._message,
            "choose": self._choose,
            "menu": self._menu,
            "scan": self._scan,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "allow": self._allow,
            "refuse": self._refuse,
        }

    def configure(self, given: Given) -> None:
        """Where the desk's callback is. Raises ``ValueError``."""
        self._signer = Signer(
            {"token": text(given, "token"), **{key: given[key] for key in _SETTINGS if given.get(key)}},
            now=self._platform.now,
        )
        self._to, self._original_id = text(given, "to"), str(given.get("original_id") or "gh_standin")

    def tell(self) -> None:
        """Call back what has come up at the platform; return at once."""
        for event in self._platform.events():
            if self._signer is not None:
                self._outbox.put(self._posted(self._signer, event, lambda _answer: None))

    async def act(self, given: Given) -> Mapping[str, Any]:
        """``/standin/act``. Raises ``ValueError``."""
        openid = text(given, "who")
        inner = self._done(openid, given)
        if self._signer is None:
            return {}
        answers: list[httpx.Response] = []
        post = self._posted(self._signer, Event(openid, inner), answers.append)
        await self._outbox.deliver(post)
        if not answers:
            return {"status": None, "shown": None}
        return {"status": answers[-1].status_code, "shown": self._shown(answers[-1])}

    def _done(self, openid: str, given: Given) -> str:
        act = str(given.get("act", ""))
        if act not in self._acts:
            raise ValueError(f"act: {', '.join(self._acts)}")
        return self._acts[act](openid, given)

    def _message(self, openid: str, given: Given) -> str:
        inner = str(given["payload"]) if given.get("payload") else events.text(text(given, "text"), self._number())
        self._platform.heard(openid)
        return inner

    def _choose(self, openid: str, given: Given) -> str:
        chosen = text(given, "id")
        said = str(given.get("text") or self._item(openid, chosen))
        self._platform.heard(openid)
        return events.text(said, self._number(), chosen=chosen)

    def _menu(self, openid: str, given: Given) -> str:
        self._platform.heard(openid, "menu")
        return events.event("CLICK", str(given.get("key", "")))

    def _scan(self, openid: str, given: Given) -> str:
        self._platform.heard(openid, "scan")
        return events.event("SCAN", str(given.get("scene", "")))

    def _subscribe(self, openid: str, given: Given) -> str:
        self._platform.heard(openid, "subscribe")
        return events.event("subscribe", f"qrscene_{given['scene']}" if given.get("scene") else "")

    def _unsubscribe(self, openid: str, given: Given) -> str:  # noqa: ARG002 - as the others are called
        self._platform.unfollow(openid)
        return events.event("unsubscribe", "")

    def _allow(self, openid: str, given: Given) -> str:
        template_id = text(given, "template_id")
        count = whole(given, "count") if "count" in given else 1
        self._platform.allow(openid, template_id, None if given.get("long") is True else count)
        return events.notice_allowed(template_id)

    def _refuse(self, openid: str, given: Given) -> str:
        template_id = text(given, "template_id")
        self._platform.refuse(openid, template_id)
        return events.notice_refused(template_id)

    def _item(self, openid: str, chosen: str) -> str:
        for sent in reversed(self._platform.sent(openid)):
            if sent.kind == "msgmenu" and sent.content is not None:
                for item in sent.content["msgmenu"]["list"]:
                    if str(item["id"]) == chosen:
                        return str(item["content"])
        raise ValueError(f"id: no menu sent to him has {chosen!r}")

    def _number(self) -> int:
        self._messages += 1
        return _FIRST_MESSAGE + self._messages

    def _posted(self, signer: Signer, event: Event, answered: Callable[[httpx.Response], None]) -> Post:
        to, made = self._to, int(self._platform.now().timestamp())
        request: WebhookRequest = signer.request(events.whole(self._original_id, event.openid, made, event.inner))

        async def post(http: httpx.AsyncClient) -> bool:
            answer = await http.request(
                request.method, to, params=dict(request.query), headers=dict(request.headers), content=request.body
            )
            answered(answer)
            return answer.status_code == 200

        return post

    def _shown(self, answer: httpx.Response) -> str | None:
        if answer.status_code != 200 or self._signer is None:
            return None
        try:
            return self._signer.shown(answer.content)
        except AnswerRefused as problem:
            return f"该公众号提供的服务出现故障，请稍后再试 ({problem})"


_SETTINGS = ("app_id", "encoding_aes_key", "mode")
