"""Hostile words stored wherever residents and staff may write, past every form that might refuse them.

Every column of the kind ``Text`` is filled, so a new one is from the day it is there, and the named ones besides.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Session

from casework.message_tables import AttachedFile, Message
from casework.tables import Ticket
from district.schemas import ArticleSource
from knowledge import articles
from storage.database import Base
from tests.integration.role_desk import NOW, RoleDesk

MARK = "xssprobe"
"""In every name of an element, an attribute or an address that a hostile text would make."""
BREAKING = (
    f"\"'><{MARK} on{MARK}=1></title></textarea></select></option></script></style>--><{MARK}>"
    f"<img src=x onerror={MARK}()><svg/onload={MARK}()><a href=javascript:{MARK}()>x</a><!-- ]]>"
    f"' {MARK}=1 \" {MARK}=2 ` {MARK}=3 &quot; {MARK}=4 &#34;><{MARK}> "
    f"{{{{7*191}}}} ${{7*191}} #{{7*191}} {{% raw %}}{{% endraw %}} "
    f"[x](javascript:{MARK}()) ![x](javascript:{MARK}()) <javascript:{MARK}()> \u202egpj.exe\u2066\u200b\ufeff "
) + "长" * 300
LEADING = f'javascript:{MARK}()//\n"onfocus={MARK}() autofocus x="'
"""What begins as an address: harmless as a word, not as a link."""
NAMES = frozenset({"name", "title", "phone", "fee", "audience", "query", "label", "area", "source", "email"})
KEPT = {
    ("channel_state", "value"),
    ("answer_weights", "weights"),
    ("messages", "event_key"),
    ("quarantine", "where"),
    ("city_orders", "category"),
    ("steps", "label"),
    ("clocks", "name"),
    ("clocks", "label"),
    ("deliveries", "replies_to"),
}
"""What no person writes, or what a pack's word stands in."""
IN_JSON = frozenset({"text", "name", "why", "value_text", "sentence", "words", "note", "quote", "address", "label"})


def columns() -> list[tuple[str, str]]:
    """Table and column of every text that somebody may have written."""
    return [
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if (table.name, column.name) not in KEPT
        and (
            isinstance(column.type, Text)
            or (isinstance(column.type, String) and (column.name in NAMES or column.name.endswith("_name")))
        )
        and not column.unique
        and not column.primary_key
    ]


def plant(desk: RoleDesk, words: str) -> None:
    """Put the words into every such column of every row, and into what is kept as JSON."""
    desk.desk.database.dispose()
    with closing(sqlite3.connect(desk.desk.home / "yingsheng.sqlite")) as connection, connection:
        for table, column in columns():
            connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE "{column}" IS NOT NULL', (words,))
        for table, column in (("tickets", "suggestion"), ("messages", "place"), ("residents", "wishes")):
            rows = connection.execute(f'SELECT id, "{column}" FROM {table}').fetchall()
            for key, stored in rows:
                made = json.dumps(_filled(json.loads(stored or "{}"), words))
                connection.execute(f'UPDATE {table} SET "{column}" = ? WHERE id = ?', (made, key))


def _filled(value: Any, words: str) -> Any:
    if isinstance(value, list):
        return [_filled(each, words) for each in value]
    if isinstance(value, dict):
        return {name: words if _is_words(name, each) else _filled(each, words) for name, each in value.items()}
    return value


def _is_words(name: str, value: object) -> bool:
    return name in IN_JSON and isinstance(value, str)


def bring_more(session: Session, desk: RoleDesk, things: dict[str, str]) -> dict[str, str]:
    """What ``role_things`` has no need of: an article, and messages with files of hostile names."""
    category = next(iter(desk.desk.district.taxonomy)).code
    source = ArticleSource.model_validate(
        {
            "id": "KB-1-attacked",
            "question": "怎么办",
            "category": category,
            "unit": desk.units.lead,
            "short_answer": "到窗口办",
            "body": f"## 办理\n\n{BREAKING}\n\n<script>{MARK}()</script>",
        }
    )
    articles.import_sources(session, [source], actor="u-before", now=NOW, publish_them=True)
    session.flush()
    for key in (things["ticket"], things["case_ticket"]):
        ticket = session.get_one(Ticket, key)
        message = session.query(Message).filter_by(ticket_id=key).first()
        assert message is not None
        message.place = {"lat": 39.9, "lng": 116.3, "name": "x", "address": "x", "label": "x"}
        for number, kind in enumerate(("image/jpeg", "text/html", "application/pdf")):
            session.add(
                AttachedFile(message_id=message.id, position=number, name="x", media_type=kind, size=9, blob="b" * 64)
            )
        ticket.suggestion = {**ticket.suggestion, "reasons": [{"start": 0, "end": 3, "text": "x"}]}
    code = session.get_one(Ticket, things["ticket"]).code
    return {"article": "KB-1-attacked", "code": code}
