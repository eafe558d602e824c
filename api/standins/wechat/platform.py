"""The rules of WeChat's side in memory: who may call, who may be written to, how often, and with what.

Residents and accounts that nobody told of are taken as they come: an account by the secret it shows first, a
resident as one who has just written. ``heard`` and ``unfollow`` say otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api import clock
from api.standins.control import Given, whole
from api.standins.faults import Faults
from api.standins.moving_clock import MovingClock
from api.standins.wechat import events, menu, messages
from api.standins.wechat.events import Event
from api.standins.wechat.faults import PLACES, Fault, Place, fault
from api.standins.wechat.refusal import Refusal
from api.standins.wechat.residents import STATUSES, WINDOWS, Act, Resident
from api.standins.wechat.tokens import TOKEN_LIFE, Apps
from api.standins.wechat.values import Templates

__all__ = ["MEDIA_LIFE", "TOKEN_LIFE", "WINDOWS", "Act", "KeptMedia", "Platform", "Refusal", "SentMessage"]

MEDIA_LIFE = timedelta(days=3)
MOST_IMAGE_BYTES = 10 * 1024 * 1024
SAME_FOR = timedelta(minutes=10)
"""How long a ``client_msg_id`` keeps a template message from being shown twice."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One thing that an account sent to a resident. ``text`` is what his phone shows, ``content`` the body."""

    app_id: str
    openid: str
    text: str
    at: datetime
    kind: str = "text"
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """A file that a resident or an account sent, as the platform keeps it."""

    content: bytes
    media_type: str
    ends: datetime


class Platform:
    """WeChat's side in memory. Safe to share between threads."""

    def __init__(
        self,
        apps: Mapping[str, str] | None = None,
        *,
        windows: Mapping[Act, tuple[timedelta, int]] = WINDOWS,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._lock = threading.RLock()
        self._now = MovingClock(now)
        self._windows = windows
        self._apps = Apps(apps, self._now)
        self._residents: dict[str, Resident] = {}
        self._sent: list[SentMessage] = []
        self._media: dict[str, KeptMedia] = {}
        self._uploads = 0
        self._templates = Templates()
        self._answered: dict[tuple[str, str], tuple[datetime, int]] = {}
        self._next_id = 2_000_000_001
        self._menus: dict[str, dict[str, Any]] = {}
        self._events: list[Event] = []
        self._faults: Faults[Fault] = Faults()
        self._faults.calls.update(send=0, token=0, media=0)

    @property
    def calls(self) -> dict[str, int]:
        """Calls so far, refused ones too."""
        return self._faults.calls

    def heard(self, openid: str, act: Act = "message") -> None:
        """A resident did something with the account: it may write to him for a while."""
        with self._lock:
            known = self._residents.setdefault(openid, Resident())
            known.acts(act, now=self._now(), windows=self._windows)

    def unfollow(self, openid: str) -> None:
        """A resident left."""
        with self._lock:
            self._residents[openid] = Resident(follows=False)

    def allow(self, openid: str, template_id: str, count: int | None) -> None:
        """A resident allows so many notices of this template (None: any number), beside those he allowed before."""
        with self._lock:
            allowed = self._known(openid).allowed
            before = allowed.get(template_id, 0)
            allowed[template_id] = None if count is None or before is None else before + count

    def refuse(self, openid: str, template_id: str) -> None:
        """A resident wants no more notices of this template."""
        with self._lock:
            self._known(openid).allowed.pop(template_id, None)

    def deliver(self, openid: str, status: str) -> None:
        """What becomes of template messages to him from now on. Raises ``ValueError``."""
        for known in STATUSES:
            if known == status:
                with self._lock:
                    self._known(openid).delivery = known
                return
        raise ValueError(f"status: {', '.join(STATUSES)}")

    def sent(self, openid: str | None = None) -> list[SentMessage]:
        """The messages and notices that this resident, or all, received, oldest first."""
        with self._lock:
            return [each for each in self._sent if openid in (None, each.openid) and each.kind != "typing"]

    def received(self, to: str | None) -> list[dict[str, Any]]:
        """The same with the typing shown, as rows (``control.Controlled``)."""
        with self._lock:
            found = [each for each in self._sent if to in (None, each.openid)]
        return [
            {"to": each.openid, "kind": each.kind, "at": each.at.isoformat(), "text": each.text}
            | {"app_id": each.app_id, "content": each.content}
            for each in found
        ]

    def keep(self, media_id: str, content: bytes, media_type: str) -> None:
        """A resident sent a file: it can be fetched under this id for three days."""
        with self._lock:
            self._media[media_id] = KeptMedia(content, media_type, self._now() + MEDIA_LIFE)

    def register(self, template_id: str, content: str) -> None:
        """A template that the accounts chose. Raises ``ValueError``."""
        with self._lock:
            self._templates.register(template_id, content)

    def inject(self, named: str, at: Place = "send") -> None:
        """Do this wrong at that call from now on (``faults.fault``); "" mends it. Raises ``ValueError``."""
        self.break_at(at, named, None)

    def break_at(self, at: str, named: str, times: int | None) -> None:
        """The same for so many calls. Raises ``ValueError``."""
        if at not in PLACES:
            raise ValueError(f"at: {', '.join(PLACES)}")
        with self._lock:
            self._faults.mend(at)
            if not named:
                return
            injected = fault(named)
            if injected.kind == "token lost":
                self._apps.forget()
            else:
                self._faults.put(at, injected, times=times)

    def called(self, at: Place) -> Fault | None:
        """Count a call; the fault that it meets, if any."""
        with self._lock:
            return self._faults.called(at)

    def limit(self, given: Given) -> None:
        """Set how many calls a day each account has. Raises ``ValueError``."""
        with self._lock:
            self._apps.daily |= {at: whole(given, at) for at in PLACES if at in given}

    def forward(self, by: timedelta) -> datetime:
        """Move the clock; the moment it shows."""
        with self._lock:
            self._now.forward(by)
            return self._now()

    def now(self) -> datetime:
        """The moment its clock shows."""
        return self._now()

    def events(self) -> list[Event]:
        """What is to be called back, taken out."""
        with self._lock:
            taken, self._events = self._events, []
            return taken

    def stable_token(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """公众平台「获取稳定版接口调用凭据」. Raises ``Refusal``."""
        with self._lock:
            return self._apps.stable_token(given)

    def send(self, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """公众平台「发送客服消息」: text, msgmenu, image. Raises ``Refusal``."""
        with self._lock:
            app_id = self._apps.authorised(token, "send")
            openid = messages.openid_of(body)
            kind, text = messages.shown(body)
            if kind == "image":
                self.kept(text)
            self._known(openid).spend(now=self._now())
            self._show(app_id, openid, text, kind, body)
            return _OK

    def typing(self, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """公众平台「客服输入状态」. Raises ``Refusal``."""
        with self._lock:
            app_id = self._apps.authorised(token, "typing")
            openid = messages.openid_of(body)
            self._known(openid).show_typing(body.get("command"), now=self._now())
            self._show(app_id, openid, str(body["command"]), "typing", body)
            return _OK

    def template(self, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """公众平台「发送模板消息」. Raises ``Refusal``."""
        with self._lock:
            app_id = self._apps.authorised(token, "template")
            openid = messages.openid_of(body)
            text = self._templates.shown(body.get("template_id"), body.get("data"))
            resident = self._known(openid)
            if not resident.follows:
                raise Refusal(43004, "require subscribe")
            own_id, now = str(body.get("client_msg_id") or ""), self._now()
            at, same = self._answered.get((openid, own_id), (now - SAME_FOR, 0))
            if own_id and now - at < SAME_FOR:
                return {**_OK, "msgid": same}
            msgid = self._number()
            self._answered[openid, own_id] = (now, msgid)
            if resident.delivery == "success":
                self._show(app_id, openid, text, "template", body)
            self._events.append(events.template_finished(openid, msgid, resident.delivery))
            return {**_OK, "msgid": msgid}

    def subscribe(self, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """公众平台「发送订阅通知」. Raises ``Refusal``."""
        with self._lock:
            app_id = self._apps.authorised(token, "subscribe")
            openid = messages.openid_of(body)
            text = self._templates.shown(body.get("template_id"), body.get("data"))
            template_id = str(body["template_id"])
            self._known(openid).take_notice(template_id)
            self._show(app_id, openid, text, "subscribe", body)
            self._events.append(events.notice_sent(openid, template_id, self._number()))
            return _OK

    def make_menu(self, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """公众平台「创建自定义菜单」. Raises ``Refusal``."""
        with self._lock:
            self._menus[self._apps.authorised(token, "menu")] = menu.checked(body)
            return _OK

    def menu(self, token: str) -> dict[str, Any]:
        """公众平台「查询自定义菜单」. Raises ``Refusal``."""
        with self._lock:
            found = self._menus.get(self._apps.authorised(token, "menu"))
            if found is None:
                raise Refusal(46003, "menu no exist")
            return {"menu": found}

    def media(self, token: str, media_id: str) -> KeptMedia:
        """公众平台「获取临时素材」. Raises ``Refusal``."""
        with self._lock:
            self._apps.authorised(token, "media")
            if not media_id:
                raise Refusal(41006, "media_id missing")
            return self.kept(media_id)

    def upload(self, token: str, kind: str, content: bytes, media_type: str) -> dict[str, Any]:
        """公众平台「新增临时素材」, images. Raises ``Refusal``."""
        with self._lock:
            self._apps.authorised(token, "upload")
            if not content:
                raise Refusal(41005, "media data missing")
            if kind != "image" or not media_type.startswith("image/"):
                raise Refusal(40004, "invalid media type")
            if len(content) > MOST_IMAGE_BYTES:
                raise Refusal(40009, "invalid image size")
            self._uploads += 1
            media_id = f"upload-{self._uploads}"
            self.keep(media_id, content, media_type)
            return {"type": kind, "media_id": media_id, "created_at": int(self._now().timestamp())}

    def kept(self, media_id: str) -> KeptMedia:
        """A file by its id, without asking who calls. Raises ``Refusal`` for one that is not there any more."""
        with self._lock:
            found = self._media.get(media_id)
            if found is not None and found.ends <= self._now():
                del self._media[media_id]
                found = None
            if found is None:
                raise Refusal(40007, "invalid media_id")
            return found

    def _known(self, openid: str) -> Resident:
        if openid not in self._residents:
            self.heard(openid)
        return self._residents[openid]

    def _show(self, app_id: str, openid: str, text: str, kind: str, body: Mapping[str, Any]) -> None:
        self._sent.append(SentMessage(app_id, openid, text, self._now(), kind, body))

    def _number(self) -> int:
        self._next_id += 1
        return self._next_id


_OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
