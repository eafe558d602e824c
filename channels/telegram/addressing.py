"""Whether a message in a group is meant for the bot, and the text without the words that only call it.

Entities count in UTF-16 units (Bot API, "MessageEntity"); an emoji before a mention moves it by two.
"""

from __future__ import annotations

from dataclasses import dataclass

from channels.message import Account
from channels.telegram.payload import Part

_MOST_ENTITIES = 1000


@dataclass(frozen=True, slots=True)
class Said:
    """A message's words: as written, and without mention and command; ``command`` without slash and bot's name."""

    raw: str
    text: str
    command: str = ""
    called: bool = False
    """The bot is mentioned, or the command names it."""

    other: bool = False
    """The command names another bot."""

    links: tuple[str, ...] = ()
    """Addresses that lie behind words and are not seen in the text."""


@dataclass(frozen=True, slots=True)
class _Entity:
    kind: str
    start: int
    end: int
    words: str
    part: Part


def said(message: Part, account: Account) -> Said:
    """The text or caption of a message."""
    field, marks = ("text", "entities") if message.has("text") else ("caption", "caption_entities")
    raw = message.text(field)
    wide = raw.encode("utf-16-le", "surrogatepass")
    ours, bot = username(account), bot_id(account)
    spans: list[tuple[int, int]] = []
    command, called, other, links = "", False, False, []
    for entity in _entities(message.parts(marks)[:_MOST_ENTITIES], wide):
        if entity.kind == "bot_command" and entity.start == 0:
            word, _, to = entity.words.removeprefix("/").partition("@")
            command = word.lower()
            called, other = called or _same(to, ours), bool(to) and not _same(to, ours)
            spans.append((entity.start, entity.end))
        elif (entity.kind == "mention" and _same(entity.words.removeprefix("@"), ours)) or (
            entity.kind == "text_mention" and _is_bot(entity.part.part("user"), ours, bot)
        ):
            called = True
            spans.append((entity.start, entity.end))
        elif entity.kind == "text_link":
            links.append(entity.part.text("url"))
    return Said(raw, _without(wide, spans), command, called, other, tuple(dict.fromkeys(filter(None, links))))


def replies_to_bot(message: Part, account: Account) -> bool:
    """Whether it answers something that the bot wrote."""
    answered = message.part("reply_to_message")
    return answered is not None and _is_bot(answered.part("from"), username(account), bot_id(account))


def username(account: Account) -> str:
    """The bot's name as the account says it, without @."""
    return str(account.settings.get("username") or "").strip().removeprefix("@")


def bot_id(account: Account) -> int:
    """The bot's own id, which its token begins with; 0 without a token."""
    number = str(account.settings.get("token") or "").partition(":")[0].strip()
    return int(number) if number.isascii() and number.isdigit() and len(number) < 17 else 0


def _entities(given: list[Part], wide: bytes) -> list[_Entity]:
    """The entities that lie within the text."""
    found = []
    for part in given:
        start, length = part.integer("offset"), part.integer("length")
        if start is None or length is None or start < 0 or length <= 0 or (start + length) * 2 > len(wide):
            continue
        words = wide[start * 2 : (start + length) * 2].decode("utf-16-le", "replace")
        found.append(_Entity(part.text("type"), start, start + length, words, part))
    return found


def _without(wide: bytes, spans: list[tuple[int, int]]) -> str:
    """The text without these spans, a blank in place of one amidst words."""
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(wide[at * 2 : max(start, at) * 2].decode("utf-16-le", "surrogatepass"))
        at = max(at, end)
    kept.append(wide[at * 2 :].decode("utf-16-le", "surrogatepass"))
    if not spans:
        return kept[0]
    text = kept[0]
    for each in kept[1:]:
        text = each.lstrip() if not text.strip() else f"{text.rstrip(' ')} {each.lstrip(' ')}"
    return text.strip()


def _same(given: str, ours: str) -> bool:
    return bool(ours) and given.lower() == ours.lower()


def _is_bot(user: Part | None, ours: str, bot: int) -> bool:
    if user is None:
        return False
    return bool(bot and user.integer("id") == bot) or _same(user.text("username"), ours)
