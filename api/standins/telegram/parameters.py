"""What a bot's call says: texts, keyboards, and the message that it replies to, as the Bot API reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from api.standins.telegram.faults import ERRORS, Refusal, bad_request

MOST_UNITS = 4096
MOST_DATA_BYTES = 64
_URL = re.compile(r"(https?|tg)://\S+")


def text_of(given: Mapping[str, Any]) -> str:
    """Raises ``Refusal``."""
    text = given.get("text")
    if not isinstance(text, str) or not text.strip():
        raise Refusal(ERRORS["message text is empty"])
    if units(text) > MOST_UNITS:
        raise Refusal(ERRORS["message is too long"])
    return text


def integer(given: object) -> int:
    """An id; 0 for what is none."""
    text = str(given)
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else 0


def markup_of(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """``reply_markup``, as an object or as its JSON. Raises ``Refusal``."""
    markup = _object(given.get("reply_markup"), "reply markup")
    if markup is not None and "inline_keyboard" in markup:
        rows = markup["inline_keyboard"]
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise bad_request('field "inline_keyboard" must be of type Array of Array')
        for row in rows:
            for button in row:
                _check(button)
    return markup


def replied_to(given: Mapping[str, Any]) -> tuple[int, bool]:
    """The message that is replied to, 0 for none, and whether it may be missing. Raises ``Refusal``."""
    told = _object(given.get("reply_parameters"), "reply parameters") or {}
    may_be_missing = told.get("allow_sending_without_reply", given.get("allow_sending_without_reply"))
    number = integer(told.get("message_id") or given.get("reply_to_message_id") or 0)
    return number, str(may_be_missing).lower() == "true"


def buttons(markup: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The buttons of an inline keyboard, row by row."""
    return [button for row in (markup or {}).get("inline_keyboard", []) for button in row]


def units(text: str) -> int:
    """UTF-16 units, by which the platform counts."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _object(given: object, what: str) -> dict[str, Any] | None:
    if given in (None, ""):
        return None
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise bad_request(f"can't parse {what} JSON object") from None
    if not isinstance(given, dict):
        raise bad_request(f"object expected as {what}")
    return given


def _check(button: object) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str) or not button["text"]:
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    data, url = button.get("callback_data"), button.get("url")
    if data is not None:
        if not isinstance(data, str) or not 1 <= len(data.encode("utf-8", "replace")) <= MOST_DATA_BYTES:
            raise Refusal(ERRORS["button data invalid"])
    elif url is not None:
        if not isinstance(url, str) or not _URL.fullmatch(url):
            raise bad_request("BUTTON_URL_INVALID")
    else:
        raise bad_request("Text buttons are unallowed in the inline keyboard")


def listed(given: object) -> list[Any]:
    """A list, as it is or as its JSON; empty for what is none."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return []
    return given if isinstance(given, list) else []
