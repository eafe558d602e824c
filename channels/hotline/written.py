"""A call that nobody transcribed, as its agent wrote it down: a transcript of one turn a line."""

from __future__ import annotations

import json
from typing import Any

from channels.hotline.documents import STATED
from channels.hotline.reading import rules_of
from channels.hotline.transcript import CHINA
from channels.message import Account
from channels.written import Written

CALLER = "来电人"
FIRST = "1"
"""The platform's number of a first wording: the call's number alone then names the delivery."""


def document(given: Written, account: Account) -> bytes:
    """The transcript's bytes, in the words that the account's rules read. Raises ``ValueError`` for unfit rules."""
    rules = rules_of(account).rules

    def word(name: str) -> str:
        return rules.fields.get(name, (name,))[0]

    speaker = next(iter(rules.speakers.caller), CALLER)
    lines = [line.strip() for line in given.text.splitlines() if line.strip()]
    facts: dict[str, Any] = {
        "call_id": given.number,
        "phone": given.phone,
        "name": given.name,
        "started": f"{given.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "revision": FIRST,
        "turns": [{word("speaker"): speaker, word("text"): line} for line in lines],
    }
    made = {word(name): value for name, value in facts.items() if value != ""}
    if given.stated:
        made[STATED] = list(given.stated)
    return json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")
