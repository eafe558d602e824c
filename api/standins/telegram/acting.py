"""A resident acts, and the update that the platform makes of it waits for the bot."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from api.standins.control import Given, text, whole
from api.standins.telegram.conversations import FIRST_SUPERGROUP, Conversations, Message, chat_of
from api.standins.telegram.parameters import buttons, units

_COMMAND = re.compile(r"/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{5,32})?(?=\s|$)")
_MENTION = re.compile(r"(?<![\w@])@[A-Za-z][A-Za-z0-9_]{4,31}")

Offer = Callable[[Mapping[str, Any]], int]
Told = Mapping[str, Any]


class Acting:
    """One act of a resident towards one bot. Raises ``ValueError`` for what does not fit."""

    def __init__(self, conversations: Conversations, me: dict[str, Any], offer: Offer, given: Given) -> None:
        self._all = conversations
        self._me = me
        self._offer = offer
        self._given = given
        self._who = whole(given, "who")
        self._chat = whole(given, "chat") if given.get("chat") is not None else self._who
        if self._who <= 0 or not self._chat:
            raise ValueError("who: a user's id, above 0")

    def done(self) -> Told:
        """Do it; what is told of it."""
        acts: dict[str, Callable[[], Told]] = {
            "message": self._message,
            "start": self._start,
            "edit": self._edit,
            "delete": self._delete,
            "press": self._press,
            "block": self._block,
            "unblock": self._unblock,
            "deactivate": self._deactivate,
            "join": self._join,
            "kick": self._kick,
            "migrate": self._migrate,
        }
        act = str(self._given.get("act", ""))
        if act not in acts:
            raise ValueError(f"act: {', '.join(acts)}")
        return acts[act]()

    def _message(self) -> Told:
        replied = whole(self._given, "reply_to") if self._given.get("reply_to") else 0
        return self._say(text(self._given, "text"), replied)

    def _start(self) -> Told:
        payload = str(self._given.get("text") or "")
        return self._say(f"/start {payload}".strip(), 0)

    def _say(self, said: str, replied: int) -> Told:
        told = self._all.message(self._chat, self._from(), said, replied=replied)
        told |= _entities(said)
        self._all.keep(told)
        return {"update_id": self._offer({"message": told}), "message_id": told["message_id"]}

    def _edit(self) -> Told:
        message = self._found()
        if message.bot:
            raise ValueError("message_id: not a resident's")
        said = text(self._given, "text")
        message.told.pop("entities", None)
        message.told |= {"text": said, "edit_date": message.told["date"], **_entities(said)}
        return {"update_id": self._offer({"edited_message": dict(message.told)})}

    def _delete(self) -> Told:
        """The Bot API tells no bot of it."""
        if not self._all.delete(self._chat, whole(self._given, "message_id")):
            raise ValueError("message_id: not in this chat")
        return {}

    def _press(self) -> Told:
        if self._given.get("message_id") is not None:
            message: Message | None = self._found()
        else:
            message = self._all.last_with_buttons(int(self._me["id"]), self._chat)
        if message is None:
            raise ValueError("message_id: no message with buttons in this chat")
        data, query = self._data(message), self._all.press(self._chat)
        told = {"id": query, "from": self._from(), "message": dict(message.told), "data": data}
        update = {"callback_query": told | {"chat_instance": str(self._chat * 7919)}}
        return {"update_id": self._offer(update), "query": query}

    def _data(self, message: Message) -> str:
        known = [str(each["callback_data"]) for each in buttons(message.markup) if "callback_data" in each]
        if self._given.get("button") is not None:
            number = whole(self._given, "button")
            if not 0 <= number < len(known):
                raise ValueError(f"button: 0 to {len(known) - 1}")
            return known[number]
        data = text(self._given, "data")
        if data not in known:
            raise ValueError(f"data: one of {known}")
        return data

    def _block(self) -> Told:
        self._all.refuse(self._chat, "blocked")
        return self._member("member", "kicked")

    def _unblock(self) -> Told:
        self._all.refuse(self._chat, "")
        return self._member("kicked", "member")

    def _deactivate(self) -> Told:
        self._all.refuse(self._chat, "deactivated")
        return {}

    def _join(self) -> Told:
        self._group()
        self._all.refuse(self._chat, "")
        told = self._member("left", "member")
        joined = self._all.message(self._chat, self._from(), "")
        del joined["text"]
        self._offer({"message": joined | {"new_chat_members": [self._me]}})
        return told

    def _kick(self) -> Told:
        self._group()
        self._all.refuse(self._chat, "kicked from supergroup" if self._chat <= FIRST_SUPERGROUP else "kicked")
        return self._member("member", "kicked")

    def _migrate(self) -> Told:
        self._group()
        to = whole(self._given, "to")
        if to > FIRST_SUPERGROUP or self._chat <= FIRST_SUPERGROUP:
            raise ValueError(f"to: a supergroup, {FIRST_SUPERGROUP} or below, from a group")
        self._all.move(self._chat, to)
        for chat, key, other in ((self._chat, "migrate_to_chat_id", to), (to, "migrate_from_chat_id", self._chat)):
            told = self._all.message(chat, self._from(), "")
            del told["text"]
            self._offer({"message": told | {key: other}})
        return {}

    def _member(self, before: str, after: str) -> Told:
        told = {"chat": chat_of(self._chat), "from": self._from(), "date": self._all.message_date()}
        told["old_chat_member"] = {"user": self._me, "status": before}
        told["new_chat_member"] = {"user": self._me, "status": after}
        return {"update_id": self._offer({"my_chat_member": told})}

    def _group(self) -> None:
        if self._chat > 0:
            raise ValueError("chat: a group's id, below 0")

    def _found(self) -> Message:
        message = self._all.find(self._chat, whole(self._given, "message_id"))
        if message is None:
            raise ValueError("message_id: not in this chat")
        return message

    def _from(self) -> dict[str, Any]:
        return {"id": self._who, "is_bot": False, "first_name": "居民", "language_code": "zh-hans"}


def _entities(said: str) -> dict[str, Any]:
    """Commands and mentions, in UTF-16 units."""
    found = [("bot_command", each) for each in _COMMAND.finditer(said)]
    found += [("mention", each) for each in _MENTION.finditer(said)]
    told = [{"type": kind, "offset": units(said[: each.start()]), "length": units(each[0])} for kind, each in found]
    return {"entities": sorted(told, key=lambda each: int(str(each["offset"])))} if told else {}
