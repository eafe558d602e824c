"""Updates as the Bot API delivers them, for the resident simulator."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from api.demo.residents import Person

POSITION = {"latitude": 39.9043, "longitude": 116.3652}


def update(person: Person, message_id: int, *, kind: str, text: str, file_id: str, at: datetime) -> dict[str, Any]:
    """One update of a private chat. ``kind``: text, edit (of ``message_id``), image, location or start."""
    now = int(at.timestamp())
    message = {
        "message_id": message_id,
        "from": {"id": person.chat, "is_bot": False, "first_name": person.name},
        "chat": {"id": person.chat, "type": "private", "first_name": person.name},
        "date": now,
    } | _content(kind, text, file_id)
    if kind == "edit":
        message["edit_date"] = now
    number = int(at.timestamp() * 1000) * 1000 + secrets.randbelow(1000)
    return {"update_id": number, "edited_message" if kind == "edit" else "message": message}


def _content(kind: str, text: str, file_id: str) -> dict[str, Any]:
    match kind:
        case "image":
            photo = [{"file_id": file_id, "file_unique_id": file_id[-12:], "width": 160, "height": 120}]
            return {"photo": photo, "caption": text} if text else {"photo": photo}
        case "location" if text:
            return {"venue": {"location": POSITION, "title": text, "address": ""}}
        case "location":
            return {"location": POSITION}
        case "start":
            return {"text": "/start", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}
        case _:
            return {"text": text}
