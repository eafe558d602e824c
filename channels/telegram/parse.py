"""One Update made into one message, or ignored with a reason (Bot API, "Update").

A resident is named by his user id, which is also the id of his private chat with the bot: what he writes in a group
belongs to the same person, and the answer goes to him alone, never into the group.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from channels.cleaning import clean_line, tidy
from channels.errors import UnreadableMessage
from channels.message import Account, Ignored, InboundMessage, Parsed, Sender
from channels.telegram.addressing import Said, replies_to_bot, said, username
from channels.telegram.content import Content, called, content_of, forwarded
from channels.telegram.payload import MAX_INTEGER, Part, hangs_on, read

NAME = "telegram"

_EARLIEST = int(datetime(2013, 8, 1, tzinfo=UTC).timestamp())  # Telegram's launch
_LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_DATA = 256
_CHATS = frozenset({"private", "group", "supergroup", "channel"})

_NOT_TAKEN = {
    "sticker": "表情贴纸",
    "dice": "骰子",
    "poll": "投票",
    "game": "游戏",
    "story": "动态",
    "paid_media": "付费媒体",
    "invoice": "账单",
    "giveaway": "抽奖",
    "checklist": "清单",
}
_SERVICE = re.compile(
    r"(?:new_chat_|left_chat_|delete_chat_|group_chat_|supergroup_chat_|channel_chat_|migrate_|pinned_|forum_topic_"
    r"|general_forum_|video_chat_|voice_chat_|giveaway_|chat_background_|checklist_tasks_|message_auto_|proximity_"
    r"|boost_|chat_owner_|managed_bot_|poll_option_|direct_message_|paid_message_|suggested_post_)\w+|successful_payment|refunded_payment|users_shared"
    r"|user_shared|chat_shared|gift|unique_gift|connected_website|write_access_allowed|passport_data|web_app_data"
)
_UPDATES = {
    "channel_post": "频道发布的内容，与来信无关",
    "edited_channel_post": "频道修改的内容，与来信无关",
    "business_connection": "商务账号的通知，与来信无关",
    "business_message": "商务账号的来信，不由机器人受理",
    "edited_business_message": "商务账号的来信，不由机器人受理",
    "deleted_business_messages": "商务账号的通知，与来信无关",
    "message_reaction": "对消息的表态，没有内容",
    "message_reaction_count": "对消息的表态，没有内容",
    "inline_query": "内联查询，不受理",
    "chosen_inline_result": "内联查询，不受理",
    "shipping_query": "支付流程，不受理",
    "pre_checkout_query": "支付流程，不受理",
    "purchased_paid_media": "支付流程，不受理",
    "poll": "投票结果，与来信无关",
    "poll_answer": "投票结果，与来信无关",
    "chat_member": "群成员变动，与来信无关",
    "chat_join_request": "入群申请，与来信无关",
    "chat_boost": "群助力，与来信无关",
    "removed_chat_boost": "群助力，与来信无关",
}
_GONE, _HERE = frozenset({"kicked", "left"}), frozenset({"member", "administrator", "creator", "restricted"})


class _Update:
    """One update with its account: makes what ``parse`` gives."""

    def __init__(self, root: Part, account: Account) -> None:
        self.root = root
        self.account = account
        number = root.integer("update_id")
        if number is None:
            raise UnreadableMessage("update_id", "缺少这一项")
        if not 0 <= number < MAX_INTEGER:
            raise UnreadableMessage("update_id", "编号超出范围")
        self.delivery_id = f"update:{number}"

    def ignored(self, reason: str, *, tell: int = 0) -> Ignored:
        return Ignored(NAME, self.account.name, self.delivery_id, reason, str(tell) if tell else "")

    def event(self, event: str, sender: Part, *, key: str = "", at: Part | None = None) -> InboundMessage:
        sent_at, notes = _moment(at, "date") if at else (None, ())
        return InboundMessage(
            NAME,
            self.account.name,
            self.delivery_id,
            "event",
            _sender(sender),
            sent_at=sent_at,
            event=event,
            event_key=key,
            notes=notes,
        )


def parse(payload: bytes, account: Account) -> list[Parsed]:
    """Make one Update of at most ``payload.MAX_BYTES`` into one message or one ``Ignored``.

    Raises ``UnreadableMessage`` only.
    """
    root = read(payload)
    update = _Update(root, account)
    for name, reader in _READERS.items():
        if (found := root.part(name)) is not None:
            return [reader(update, found)]
    for name, reason in _UPDATES.items():
        if root.has(name):
            return [update.ignored(reason)]
    unknown = next((name for name in root.values if name != "update_id"), "")
    return [update.ignored(f"平台通知“{clean_line(unknown, 40)}”，与来信无关" if unknown else "空的更新")]


def _edited(update: _Update, message: Part) -> Parsed:
    location = message.part("location")
    if location is not None and not message.has("venue"):
        return update.ignored("实时位置的更新，只采用第一次的坐标")
    return _message(update, message, edited=True)


def _message(update: _Update, message: Part, *, edited: bool = False) -> Parsed:
    chat = message.need("chat")
    chat_id, kind = chat.identifier("id"), _kind(chat, message)
    message_id = message.identifier("message_id", below=MAX_INTEGER)
    refusal = _not_a_resident(update, message, kind)
    if refusal is not None:
        return refusal
    resident = message.need("from")
    who, words = resident.identifier("id"), said(message, update.account)
    if kind == "private" and who != chat_id:
        raise UnreadableMessage(message.at("from.id"), "私聊的编号与发信人不符")
    if kind != "private" and (not (words.called or replies_to_bot(message, update.account)) or words.other):
        named = username(update.account)
        return update.ignored("群消息没有提到机器人" if named else "群消息，账号没有设置 username，不知是否提到机器人")
    content = content_of(message, who)
    if content is None:
        return _nothing_taken(update, message, who)
    if words.command and not words.text and content.kind == "text":
        return _command(update, message, words, who)
    return _accepted(update, message, words, content, edited=edited, external=f"{chat_id}:{message_id}")


def _kind(chat: Part, message: Part) -> str:
    """The chat's type; where it is missing, a chat that has its writer's own number is his private one."""
    sender = message.part("from")
    if not chat.has("type") and sender is not None and sender.integer("id") == chat.integer("id"):
        return "private"
    kind = chat.need_text("type")
    if kind not in _CHATS:
        raise UnreadableMessage(chat.at("type"), "不是已知的会话类型")
    return kind


def _not_a_resident(update: _Update, message: Part, kind: str) -> Ignored | None:
    """Messages that no single person wrote to the desk."""
    if kind == "channel":
        return update.ignored("频道里的内容，与来信无关")
    for name in () if message.has("text") else message.values:
        if _SERVICE.fullmatch(name) and message.has(name):
            return update.ignored(f"会话的通知（{clean_line(name, 40)}），没有内容")
    if kind != "private" and message.has("sender_chat"):
        return update.ignored("以群或频道的名义发出，不知是谁")
    if not message.has("from"):
        return update.ignored("没有发信人") if kind != "private" else None
    if message.need("from").values.get("is_bot") is True:
        return update.ignored("机器人发出的消息")
    return None


def _nothing_taken(update: _Update, message: Part, who: int) -> Ignored:
    what = next((label for name, label in _NOT_TAKEN.items() if message.has(name)), "")
    reason = f"居民发来{what}，可请居民改发文字" if what else "暂不支持的消息内容，可请居民改发文字"
    return update.ignored(reason, tell=who)


def _command(update: _Update, message: Part, words: Said, who: int) -> Parsed:
    """A command alone: /start is how everybody begins, others carry no words."""
    if words.command == "start":
        return update.event("subscribe", message.need("from"), at=message)
    return update.ignored(f"只有命令 /{clean_line(words.command, 40)}，没有内容", tell=who)


def _accepted(update: _Update, message: Part, words: Said, content: Content, *, edited: bool, external: str) -> Parsed:
    if words.command == "start" and content.kind == "text":
        # t.me/<bot>?start=<key>: the word after it is put there by a link, not by the resident.
        return update.event("subscribe", message.need("from"), key=clean_line(words.text, 64), at=message)
    text = tidy("\n".join(part for part in (words.text, content.text, *words.links) if part))
    if not text and content.kind == "text":
        return update.ignored("空白消息")
    sent_at, doubt = _moment(message, "edit_date" if edited and message.has("edit_date") else "date")
    return InboundMessage(
        channel=NAME,
        account=update.account.name,
        delivery_id=update.delivery_id,
        kind=content.kind,
        sender=_sender(message.need("from"), content.phone),
        external_id=external,
        text=text,
        full_text=tidy(words.raw) if words.text != words.raw else "",
        sent_at=sent_at,
        attachments=content.attachments,
        place=content.place,
        thread=_thread(message),
        revises=external if edited else "",
        notes=(*_mended(words.raw), *doubt, *content.notes, *_circumstances(message)),
    )


def _callback(update: _Update, query: Part) -> Parsed:
    """A button of ours was pressed: its key is what the resident says, as if he had typed it."""
    data = clean_line(query.text("data"), _LONGEST_DATA)
    who, where = query.need("from").identifier("id"), hangs_on(query)
    if not data:
        return update.ignored("按下的按钮没有内容，不是本机器人的选项")
    if where is not None and where[0] != who:
        return update.ignored("群里的按钮，不是本机器人的选项")
    return InboundMessage(
        NAME,
        update.account.name,
        update.delivery_id,
        "text",
        _sender(query.need("from")),
        text=data,
        thread=(f"{where[0]}:{where[1]}",) if where else (),
        event_key=data,
        notes=("居民按下了选项按钮",),
    )


def _membership(update: _Update, change: Part) -> Parsed:
    """The bot was blocked or let in again (private chats), added or removed (groups)."""
    chat, resident = change.need("chat"), change.need("from")
    status = change.need("new_chat_member").need_text("status")
    chat.identifier("id")
    if chat.need_text("type") != "private":
        return update.ignored("机器人加入或离开群和频道，与来信无关")
    if status in _GONE:
        return update.event("unsubscribe", resident, at=change)
    if status in _HERE:
        return update.event("subscribe", resident, at=change)
    return update.ignored("机器人状态的通知，与来信无关")


_READERS: dict[str, Callable[[_Update, Part], Parsed]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _callback,
    "my_chat_member": _membership,
}


def _sender(who: Part, phone: str = "") -> Sender:
    return Sender(str(who.identifier("id")), called(who), phone)


def _thread(message: Part) -> tuple[str, ...]:
    answered = message.part("reply_to_message")
    if answered is None:
        return ()
    number = answered.identifier("message_id", below=MAX_INTEGER)
    return (f"{message.need('chat').identifier('id')}:{number}",)


def _circumstances(message: Part) -> tuple[str, ...]:
    notes = forwarded(message)
    chat = message.need("chat")
    if _kind(chat, message) != "private":
        title = called(chat)
        notes = (*notes, f"在群“{title}”里发出，答复只发给本人" if title else "在群里发出，答复只发给本人")
    return (*notes, "一组图片中的一张") if message.has("media_group_id") and message.has("photo") else notes


def _mended(raw: str) -> tuple[str, ...]:
    return ("去掉或替换了不能保存的字符",) if _UNKEEPABLE.search(raw) else ()


def _moment(part: Part, name: str) -> tuple[datetime | None, tuple[str, ...]]:
    """Seconds since 1970 in UTC; None with a note if there is none between Telegram's launch and the year 2100."""
    given = part.integer(name)
    if given is not None and _EARLIEST <= given < _LATEST:
        return datetime.fromtimestamp(given, tz=UTC), ()
    return None, ("没有发送时间" if given is None else "发送时间不可信，未采用",)
