"""What the stand-in can be made to do wrong: the Bot API's own errors by name, and a broken line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["error", "http", "garbage", "cut", "hang"]

RETRY_AFTER = 7
MIGRATED_TO = -1_009_900_000_001
_HTTP = re.compile(r"http (\d{3})")
_LINE: dict[str, Kind] = {"garbage": "garbage", "cut": "cut", "hang": "hang"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``code`` is the HTTP status, ``description`` and ``parameters`` the Bot API's words beside it."""

    kind: Kind
    code: int = 200
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


class Refusal(Exception):
    """The Bot API's no."""

    def __init__(self, why: Fault) -> None:
        super().__init__(f"{why.code} {why.description}")
        self.why = why


def _error(code: int, description: str, **parameters: Any) -> Fault:
    return Fault("error", code, description, parameters)


ERRORS: dict[str, Fault] = {
    "unauthorized": _error(401, "Unauthorized"),
    "not found": _error(404, "Not Found"),
    "bad request": _error(400, "Bad Request: PEER_ID_INVALID"),
    "chat not found": _error(400, "Bad Request: chat not found"),
    "message is too long": _error(400, "Bad Request: message is too long"),
    "message text is empty": _error(400, "Bad Request: message text is empty"),
    "blocked": _error(403, "Forbidden: bot was blocked by the user"),
    "deactivated": _error(403, "Forbidden: user is deactivated"),
    "cannot initiate": _error(403, "Forbidden: bot can't initiate conversation with a user"),
    "kicked": _error(403, "Forbidden: bot was kicked from the group chat"),
    "migrated": _error(
        400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=MIGRATED_TO
    ),
    "two watches": _error(
        409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    ),
    "webhook is set": _error(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    ),
    "too many requests": _error(429, f"Too Many Requests: retry after {RETRY_AFTER}", retry_after=RETRY_AFTER),
    "internal": _error(500, "Internal Server Error"),
    "bad gateway": _error(502, "Bad Gateway"),
    "invalid file": _error(400, "Bad Request: invalid file_id"),
    "file is too big": _error(400, "Bad Request: file is too big"),
    "kicked from supergroup": _error(403, "Forbidden: bot was kicked from the supergroup chat"),
    "replied message not found": _error(400, "Bad Request: message to be replied not found"),
    "message to edit not found": _error(400, "Bad Request: message to edit not found"),
    "message can't be edited": _error(400, "Bad Request: message can't be edited"),
    "message is not modified": _error(
        400,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
        " as a current content and reply markup of the message",
    ),
    "button data invalid": _error(400, "Bad Request: BUTTON_DATA_INVALID"),
    "query is too old": _error(
        400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
    ),
    "wrong action": _error(400, "Bad Request: wrong parameter action in request"),
    "file unavailable": _error(400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
}


def bad_request(words: str) -> Refusal:
    """A refusal that no fault is named after."""
    return Refusal(_error(400, f"Bad Request: {words}"))


def too_many(retry_after: int) -> Fault:
    """429 with the seconds to wait."""
    return _error(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def migrated_to(chat: int) -> Fault:
    """The group is that supergroup now."""
    return _error(400, ERRORS["migrated"].description, migrate_to_chat_id=chat)


def fault(named: str) -> Fault:
    """The fault of this name. Raises ``ValueError`` with the names there are.

    A name of ``ERRORS``: that answer, and nothing done. ``http N``: a page of a box in between with that status, and
    nothing done; ``garbage``: the same with status 200. ``cut``: done, and the connection cut before the answer.
    ``hang``: done, and never answered.
    """
    if named in ERRORS:
        return ERRORS[named]
    if found := _HTTP.fullmatch(named):
        return Fault("http", int(found[1]))
    if named in _LINE:
        return Fault(_LINE[named])
    raise ValueError(f"no fault {named!r}: http N, {', '.join([*_LINE, *ERRORS])}")
