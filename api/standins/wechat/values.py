"""Templates of messages and notices, and which values their places take (公众平台「参数值内容限制说明」)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from api.standins.wechat.refusal import Refusal

_CHINESE = "\u4e00-\u9fff"
_DATE = r"(?:\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})"
_TIME = r"\d{1,2}:\d{2}(?::\d{2})?"
_MOMENT = rf"(?:{_DATE} ?)?{_TIME}|{_DATE}"
_RANGE = rf"(?:{_MOMENT})(?: ?~ ?(?:{_MOMENT}))?"

VALUES = {
    "thing": r"[^\x00-\x1f]{1,20}",
    "short_thing": r"[^\x00-\x1f]{1,5}",
    "const": r"[^\x00-\x1f]{1,20}",
    "character_string": rf"[^\x00-\x1f{_CHINESE}]{{1,32}}",
    "number": r"(?=.{1,32}$)[0-9]+(?:\.[0-9]+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": rf"[^\x00-\x1fA-Za-z0-9{_CHINESE}]{{1,5}}",
    "phrase": rf"[{_CHINESE}]{{1,5}}",
    "name": rf"(?=.*[{_CHINESE}])[^\x00-\x1f0-9]{{1,10}}|[^\x00-\x1f0-9{_CHINESE}]{{1,20}}",
    "phone_number": r"[0-9+*\-() ]{1,17}",
    "car_number": rf"[{_CHINESE}A-Z0-9][A-Z0-9]{{0,6}}[{_CHINESE}A-Z0-9]?",
    "amount": r"[^\s0-9A-Za-z]?[0-9]{1,12}(?:\.[0-9]+)?元?",
    "time": _RANGE,
    "date": _RANGE,
}
"""By the kind that begins a place's name; a name of no kind takes any text of at most 200 characters."""

_ANY = r"[\s\S]{1,200}"
_COMPILED = {kind: re.compile(pattern) for kind, pattern in VALUES.items()}
_PLACE = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
_KIND = re.compile(r"([a-z_]+?)_?[0-9]+")
_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{20,64}")


class Templates:
    """Those of the accounts. Until one is told of, any well-formed id is taken with the values it comes with."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def register(self, template_id: str, content: str) -> None:
        """A template with its places as ``{{thing1.DATA}}``. Raises ``ValueError``."""
        if not _TEMPLATE_ID.fullmatch(template_id) or not _PLACE.search(content):
            raise ValueError("template_id: 20 to 64 letters and digits; content: with places as {{thing1.DATA}}")
        self._known[template_id] = content

    def shown(self, template_id: object, data: object) -> str:
        """What the phone shows. Raises ``Refusal``."""
        if not isinstance(template_id, str) or not _TEMPLATE_ID.fullmatch(template_id):
            raise Refusal(40037, "invalid template_id")
        if self._known and template_id not in self._known:
            raise Refusal(40037, "invalid template_id")
        if not isinstance(data, dict):
            raise Refusal(47003, "argument invalid! data is empty")
        content = self._known.get(template_id) or "\n".join(f"{name}: {{{{{name}.DATA}}}}" for name in data)
        return _PLACE.sub(lambda place: _value(data, place[1]), content)


def _value(data: Mapping[str, Any], name: str) -> str:
    entry = data.get(name)
    given = entry.get("value") if isinstance(entry, dict) else None
    if given is None or isinstance(given, bool) or not isinstance(given, str | int | float) or given == "":
        raise Refusal(47003, f"argument invalid! data.{name}.value is empty")
    kind = _KIND.fullmatch(name)
    if not re.fullmatch(_COMPILED.get(kind[1] if kind else "", _ANY), str(given)):
        raise Refusal(47003, f"argument invalid! data.{name}.value invalid")
    return str(given)
