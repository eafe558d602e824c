"""What must hold in words: message templates and who tells them, patterns of urgency and of request types."""

from __future__ import annotations

import re
from collections.abc import Iterator

from district import examples
from district.draft import Draft
from district.notices import check_notices
from district.reading import PathKey, Problems, Stated
from district.schemas import Tell, Template, TemplateText, UrgencyRules, Workflow
from district.table_checks import once
from district.templates import (
    AUDIENCES,
    CHANNELS,
    CODE_TEMPLATES,
    DECISION_FIELDS,
    REQUEST_FIELDS,
    RESIDENT_ONLY,
    STAFF_LINES,
    STANDING_FIELDS,
    TOLD_FIELDS,
    fields_of,
)

REQUEST_TYPES = ("咨询", "求助", "投诉", "举报", "建议", "表扬", "其他")
"""Request types (诉求类型) that the interface promises; the pack may have more."""

PARTS = (("subject", "标题"), ("text", "正文"))
_BRACE = re.compile(r"(?<!\\)\{(?![0-9]*,?[0-9]*\})([^}]*)")
"""An opening brace that begins no quantifier: Python then takes it for the letter, and the sign is never found."""


def check_wording(draft: Draft, problems: Problems) -> None:
    """Note every breach in templates, tells and patterns."""
    once(draft.templates, lambda template: template.name, "模板“{0.name}”", problems, "name")
    for template in draft.templates:
        _check_template(template, problems)
    if "templates.yaml" not in draft.broken:
        _check_told(draft, problems)
        check_notices(draft.notices, draft.templates, problems)
    _check_request_types(draft, problems)
    _check_urgency(draft, problems)
    _check_asks(draft, problems)
    _check_conversation(draft, problems)


def _check_template(template: Stated[Template], problems: Problems) -> None:
    rule = template.rule
    known = CHANNELS | AUDIENCES | STAFF_LINES
    for channel in sorted(rule.channels.keys() - known):
        template.note(problems, f"没有渠道“{channel}”，可用 {'、'.join(sorted(known))}", "channels", channel)
    words: list[tuple[PathKey, TemplateText]] = [(("default",), rule.default)]
    words += [(("channels", name), text) for name, text in rule.channels.items()]
    places = [((*path, key), what, getattr(each, key)) for path, each in words for key, what in PARTS]
    for path, what, text in places:
        try:
            unknown = fields_of(text) - rule.fields - STANDING_FIELDS
        except ValueError as error:
            template.note(problems, f"模板“{rule.name}”的{what}有误：{error}", *path)
            continue
        if unknown:
            names = "、".join(sorted(unknown))
            template.note(problems, f"模板“{rule.name}”的{what}用了没有声明的填充项 {names}", *path)


def _check_told(draft: Draft, problems: Problems) -> None:
    """Templates that are used are there, and ask for nothing they are not offered."""
    templates = {each.rule.name: each for each in draft.templates}
    for name, offered in CODE_TEMPLATES.items():
        if name not in templates:
            problems.add("templates.yaml", 1, f"缺少模板“{name}”，程序要用到")
        elif unknown := templates[name].rule.fields - offered:
            names = "、".join(sorted(unknown))
            templates[name].note(problems, f"模板“{name}”的填充项 {names} 不会提供", "fields")
    if draft.workflow is None:
        return
    for tell, offered, path in _tells(draft.workflow.rule):
        if tell.template not in templates:
            draft.workflow.note(problems, f"没有模板“{tell.template}”", *path)
            continue
        hidden = frozenset() if tell.audience == "resident" else RESIDENT_ONLY
        if unknown := templates[tell.template].rule.fields - (offered - hidden):
            names = "、".join(sorted(unknown))
            draft.workflow.note(problems, f"这里用不了模板“{tell.template}”：它的填充项 {names} 不会提供", *path)


def _tells(workflow: Workflow) -> Iterator[tuple[Tell, frozenset[str], PathKey]]:
    for name, life in (("ticket", workflow.ticket), ("case", workflow.case)):
        for at, transition in enumerate(life.transitions):
            for number, tell in enumerate(transition.tells):
                yield tell, TOLD_FIELDS, (name, "transitions", at, "tells", number)
    for at, kind in enumerate(workflow.requests):
        for number, tell in enumerate(kind.on_asked):
            yield tell, REQUEST_FIELDS, ("requests", at, "on_asked", number)
        for number, tell in enumerate(kind.on_decided):
            yield tell, DECISION_FIELDS, ("requests", at, "on_decided", number)


def _check_request_types(draft: Draft, problems: Problems) -> None:
    once(draft.request_types, lambda kind: kind.name, "诉求类型“{0.name}”", problems, "name")
    names = {kind.rule.name for kind in draft.request_types}
    missing = [name for name in REQUEST_TYPES if name not in names]
    if missing and "request_types.yaml" not in draft.broken:
        problems.add("request_types.yaml", 1, f"缺少诉求类型：{'、'.join(missing)}")
    for kind in draft.request_types:
        for at, cue in enumerate(kind.rule.cues):
            if fault := pattern_fault(cue.pattern):
                kind.note(problems, fault, "cues", at, "pattern")
    for example in draft.examples:
        if example.request_type and example.request_type not in names:
            problems.add(examples.FILE, example.line, f"没有诉求类型“{example.request_type}”")


def _check_urgency(draft: Draft, problems: Problems) -> None:
    if draft.urgency is None:
        return
    names: set[str] = set()
    for at, rule in enumerate(draft.urgency.rule.rules):
        if rule.name in names:
            draft.urgency.note(problems, f"紧急规则“{rule.name}”重复", "rules", at, "name")
        names.add(rule.name)
        if not rule.patterns:
            draft.urgency.note(problems, f"紧急规则“{rule.name}”没有 patterns", "rules", at)
        if rule.level == "emergency" and not rule.advice:
            draft.urgency.note(problems, f"突发规则“{rule.name}”没有写给居民的 advice", "rules", at)
        for key in ("patterns", "unless"):
            for number, pattern in enumerate(getattr(rule, key)):
                if fault := pattern_fault(pattern):
                    draft.urgency.note(problems, fault, "rules", at, key, number)
    _check_spellings(draft.urgency, problems)
    for key in ("negations", "past"):
        for number, pattern in enumerate(getattr(draft.urgency.rule, key)):
            fault = pattern_fault(pattern) if pattern.strip() else f"{key} 里有空词，会匹配任何文本"
            if fault:
                draft.urgency.note(problems, fault, key, number)


def _check_spellings(urgency: Stated[UrgencyRules], problems: Problems) -> None:
    """A slip and its right form are as long as one another, so that offsets stay."""
    for at, (slip, right) in enumerate(urgency.rule.spellings):
        if len(slip) != len(right):
            urgency.note(problems, f"“{slip}”与“{right}”长短不一", "spellings", at)


def _check_asks(draft: Draft, problems: Problems) -> None:
    """Categories, types and channels must be there; patterns sound; and something must show that a thing is named."""
    known = {
        "categories": {each.rule.code for each in draft.categories},
        "request_types": {each.rule.name for each in draft.request_types},
        "channels": CHANNELS,
    }
    for ask in draft.asks:
        for key, names in known.items():
            for at, name in enumerate(getattr(ask.rule, key)):
                if names and name not in names:
                    ask.note(problems, f"没有“{name}”", key, at)
        for at, pattern in enumerate(ask.rule.found):
            if fault := pattern_fault(pattern):
                ask.note(problems, fault, "found", at)
        if not ask.rule.entities and not ask.rule.found:
            ask.note(problems, "entities 和 found 至少写一项，否则永远缺少", "missing")


def _check_conversation(draft: Draft, problems: Problems) -> None:
    if draft.manifest is None:
        return
    for kind in ("urging", "another"):
        for at, pattern in enumerate(getattr(draft.manifest.rule.conversation, kind)):
            if fault := pattern_fault(pattern):
                draft.manifest.note(problems, fault, "conversation", kind, at)


def pattern_fault(pattern: str) -> str | None:
    """What is wrong with a regular expression, as a sentence; None for a sound one."""
    if found := _BRACE.search(pattern):
        return f"正则表达式“{pattern}”中的“{found[0]}}}”不是量词：请用半角，写作 {{0,6}}"
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"正则表达式“{pattern}”有误：{error}"
    return f"正则表达式“{pattern}”会匹配空文本" if compiled.search("") else None
