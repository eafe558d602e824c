"""Who acts on articles: of every role one, and of those that count two."""

from __future__ import annotations

from casework.actors import Actor
from district.schemas import Role

EDITOR = Actor("u-editor", "知识管理员甲", Role.KNOWLEDGE_EDITOR)
SECOND = Actor("u-second", "知识管理员乙", Role.KNOWLEDGE_EDITOR)
LEAD = Actor("u-lead", "城管委负责人", Role.UNIT_LEAD, "U001")
OTHER_LEAD = Actor("u-other-lead", "住建委负责人", Role.UNIT_LEAD, "U002")
EVERYBODY = (
    EDITOR,
    LEAD,
    OTHER_LEAD,
    *(
        Actor(f"u-{role}", role.value, role, "U001" if role is Role.UNIT_OFFICER else "")
        for role in Role
        if role not in (Role.KNOWLEDGE_EDITOR, Role.UNIT_LEAD)
    ),
)
