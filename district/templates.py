"""Message templates (消息模板): the words the desk says, by channel."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from district.errors import TemplateFields, UnknownName
from district.schemas import Manifest, Template, TemplateText

STANDING_FIELDS = frozenset({"district", "city", "desk", "hotline"})
"""Fields that every template may use without being given them: they come from ``pack.yaml``."""

TOLD_FIELDS = frozenset({"number", "lookup_code", "matter", "unit", "text", "reason", "deadline", "answer_by", "date"})
"""Fields that are there whenever somebody is told: number as the one told knows it (工单编号 or 办件编号), lookup code
(查询码, for residents only), summary of the matter, lead unit, text and reason of the move (reason codes as their
Chinese text), deadline that binds now, when the answer is due, today's date."""

RESIDENT_ONLY = frozenset({"lookup_code"})
"""Fields that staff are never told."""

REQUEST_FIELDS = TOLD_FIELDS | {"kind"}
"""Fields that are there when a request is filed: its kind by label, its reason and text."""

DECISION_FIELDS = REQUEST_FIELDS | {"decision"}
"""Fields that are there when a request is decided."""

CHANNELS = frozenset({"hotline", "wechat", "telegram", "mailbox", "sms", "walk_in", "city", "web"})
"""Channels a resident is told on; a template may have words of its own for each."""

AUDIENCES = frozenset({"unit", "unit_lead", "desk", "supervisor", "person"})
"""Staff who are told by a notice; a template may have words of its own for each."""

STAFF_LINES = frozenset({"wecom_robot", "sms"})
"""Lines that staff are called on, beside mail; a template may have words of its own for each."""

_STAFF_FIELDS = TOLD_FIELDS - RESIDENT_ONLY
CODE_TEMPLATES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "welcome": frozenset(),
        "unsupported_message": frozenset(),
        "phone_code": frozenset({"code", "minutes"}),
        "phone_code_asked": frozenset(),
        "phone_code_often": frozenset({"minutes"}),
        "phone_code_wrong": frozenset({"left"}),
        "phone_code_over": frozenset(),
        "phone_joined": frozenset(),
        "withdraw_confirm": frozenset({"number", "matter"}),
        "withdraw_nothing": frozenset(),
        "confidential_noted": frozenset({"number"}),
        "wishes_noted": frozenset(),
        "menu": frozenset(),
        "thanks_back": frozenset(),
        "not_understood": frozenset(),
        "choice_over": frozenset(),
        "say_more": frozenset(),
        "other_language": TOLD_FIELDS,
        "calm": frozenset(),
        "file_noted": TOLD_FIELDS,
        "ask_place": TOLD_FIELDS,
        "ask_time": TOLD_FIELDS,
        "ask_object": TOLD_FIELDS,
        "ask_contact": TOLD_FIELDS,
        "gone_on": TOLD_FIELDS,
        "summary": TOLD_FIELDS | {"lines"},
        "received_complete": TOLD_FIELDS | {"lines"},
        "confirmed": TOLD_FIELDS,
        "follow_link": frozenset({"link"}),
        "edit_ask": frozenset(),
        "edit_give": TOLD_FIELDS | {"field"},
        "supplement_ask": TOLD_FIELDS,
        "addition_noted": TOLD_FIELDS,
        "new_or_same": TOLD_FIELDS,
        "bot_answer": TOLD_FIELDS,
        "bot_notice": TOLD_FIELDS,
        "bot_clarify": TOLD_FIELDS,
        "answer_closed": frozenset(),
        "progress": frozenset({"lines"}),
        "progress_none": frozenset(),
        "person_called": TOLD_FIELDS,
        "person_wanted": _STAFF_FIELDS,
        "notices_stopped": frozenset(),
        "person_here": TOLD_FIELDS | {"agent"},
        "agent_said": TOLD_FIELDS,
        "back_to_bot": TOLD_FIELDS,
        "agent_left": TOLD_FIELDS,
        "received": TOLD_FIELDS,
        "split_told": TOLD_FIELDS | {"count", "lines"},
        "emergency_advice": TOLD_FIELDS | {"advice"},
        "urging_noted": TOLD_FIELDS | {"count"},
        "urging_escalated": _STAFF_FIELDS | {"count"},
        "questionnaire": TOLD_FIELDS | {"options"},
        "questionnaire_again": TOLD_FIELDS | {"options"},
        "callback_thanks": TOLD_FIELDS,
        "reopening_refused": TOLD_FIELDS,
        "delayed_notice": TOLD_FIELDS,
        "asked_back": TOLD_FIELDS,
        "several_notices": frozenset({"count", "lines"}),
        "mark_proposed": _STAFF_FIELDS,
        "resident_added": _STAFF_FIELDS,
        "resident_replied": _STAFF_FIELDS,
        "resident_urged": _STAFF_FIELDS,
        "conversation_taken": _STAFF_FIELDS | {"agent"},
        "resident_waits": _STAFF_FIELDS | {"agent"},
        "undelivered": _STAFF_FIELDS,
        "co_answered": _STAFF_FIELDS | {"helper"},
        "pushed_down": _STAFF_FIELDS,
        "case_merged": _STAFF_FIELDS | {"master"},
        "to_tell": _STAFF_FIELDS,
        "city_said": _STAFF_FIELDS,
        "infected": _STAFF_FIELDS,
        "mass_event": _STAFF_FIELDS | {"count"},
        "automatic_off": _STAFF_FIELDS | {"category"},
        "supervisor_alert": _STAFF_FIELDS,
        "handed_over": _STAFF_FIELDS,
        "alert_raised": _STAFF_FIELDS | {"kind", "minutes", "link", "who"},
        "alert_acknowledged": _STAFF_FIELDS | {"kind", "link", "who"},
        "order_issued": _STAFF_FIELDS | {"level"},
        "order_answered": _STAFF_FIELDS | {"level"},
        "order_decided": _STAFF_FIELDS | {"level", "decision"},
        "order_overdue": _STAFF_FIELDS | {"level"},
        "leaders_note": _STAFF_FIELDS | {"leader"},
        "leaders_note_answered": _STAFF_FIELDS | {"leader"},
        "inspection_result": _STAFF_FIELDS | {"score"},
        "inspection_objected": _STAFF_FIELDS,
        "inspection_decided": _STAFF_FIELDS | {"score"},
        "clock_yellow": _STAFF_FIELDS | {"clock"},
        "clock_red": _STAFF_FIELDS | {"clock"},
        "clock_overdue": _STAFF_FIELDS | {"clock"},
        "clock_still_overdue": _STAFF_FIELDS | {"clock", "after"},
        "clock_recounted": _STAFF_FIELDS,
        "review_due": _STAFF_FIELDS,
    }
)
"""Templates that the desk's own code uses beside those named in the workflow, with the fields it offers them."""

_FORMATTER = string.Formatter()


def fields_of(text: str) -> frozenset[str]:
    """Names of the ``{fields}`` in a text; raises ``ValueError`` for anything but plain names in braces."""
    names = set()
    for _, name, spec, conversion in _FORMATTER.parse(text):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            msg = f"填充项“{{{name}}}”只能是一个名字"
            raise ValueError(msg)
        names.add(name)
    return frozenset(names)


class Templates:
    """All templates. Read only, safe to share between threads."""

    def __init__(self, templates: Iterable[Template], manifest: Manifest) -> None:
        self._templates = {template.name: template for template in templates}
        self._standing = {name: str(getattr(manifest, name)) for name in STANDING_FIELDS}

    def __iter__(self) -> Iterator[Template]:
        return iter(self._templates.values())

    def __contains__(self, name: object) -> bool:
        return name in self._templates

    def get(self, name: str) -> Template:
        """The template of this name; raises ``UnknownName``."""
        try:
            return self._templates[name]
        except KeyError:
            raise UnknownName("模板", name) from None

    def fields(self, name: str) -> frozenset[str]:
        """Names that ``render`` must be given, no more and no fewer."""
        return self.get(name).fields

    def render(self, name: str, channel: str, **fields: object) -> TemplateText:
        """The template's words on a channel (its default where the channel has none of its own), filled in.

        Raises ``TemplateFields`` unless exactly the template's fields are given, ``UnknownName`` for the template.
        Values are put in as they are: whoever makes HTML of it escapes it.
        """
        template = self.get(name)
        if fields.keys() != template.fields:
            raise TemplateFields(name, missing=template.fields - fields.keys(), unknown=fields.keys() - template.fields)
        words = template.channels.get(channel, template.default)
        given = self._standing | {key: str(value) for key, value in fields.items()}
        return TemplateText(subject=words.subject.format_map(given), text=words.text.format_map(given).strip())

    def render_offered(self, name: str, channel: str, offered: Mapping[str, object]) -> TemplateText:
        """The same, taking what the template asks for from a larger offer (``TOLD_FIELDS``, ``REQUEST_FIELDS``)."""
        return self.render(name, channel, **self.taken(name, offered))

    def taken(self, name: str, offered: Mapping[str, object]) -> dict[str, str]:
        """What the template takes of a larger offer."""
        wanted = self.fields(name)
        return {key: str(value) for key, value in offered.items() if key in wanted}
