"""Keeps the catalogues of words: what pages say in Chinese, and what that is in another language.

    python -m api.web.catalogue [FILLED.json]

brings ``locale/en/LC_MESSAGES/pages.po`` up to what templates and the code behind pages say now, and prints what still
has no words as JSON, ``{"催办 {urgings} 次": ""}``: fill it in and give it back as ``FILLED.json``. Holes are named
alike in both; white space at an end of the translation is kept. It ends with 1 while anything is missing.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from chinese_calendar.constants import Holiday
from jinja2 import Environment

from api.web.language import HOLE, OTHERS, figures, file_of
from api.web.translating import HAN, messages

API = Path(__file__).parents[1]
DEMO = API.parent / "packs" / "demo"
TEMPLATES = API / "web" / "templates"
IN_CHINESE = frozenset({"person_copy.html"})
"""Papers that are handed out: always in Chinese (``render.document``)."""
NOT_SHOWN = frozenset({"exports.py", "export_rows.py", "sprite.py", "catalogue.py", "language.py", "translating.py"})
"""Modules of pages whose words no page shows."""
BEHIND = (
    "api/*_problems.py",
    "api/after_answer.py",
    "api/appeal_steps.py",
    "api/appeals.py",
    "api/article_attachments.py",
    "api/article_feedback.py",
    "api/auth.py",
    "api/batch_accept.py",
    "api/channel_health.py",
    "api/clamd.py",
    "api/clock_warning_views.py",
    "api/counter_sheets.py",
    "api/day_notice_views.py",
    "api/errors.py",
    "api/follow_up_views.py",
    "api/following_live.py",
    "api/desk.py",
    "api/gate.py",
    "api/import_stash.py",
    "api/intake_files.py",
    "api/invalid.py",
    "api/jobs/dropped.py",
    "api/jobs/fetching.py",
    "api/jobs/sending.py",
    "api/live_calls.py",
    "api/live_views.py",
    "api/models.py",
    "api/oidc.py",
    "api/opening.py",
    "api/passwords.py",
    "api/pipeline.py",
    "api/previews/*.py",
    "api/proposals.py",
    "api/quality_report.py",
    "api/registering.py",
    "api/resident_acts.py",
    "api/rule_changing.py",
    "api/running_calls.py",
    "api/scanning.py",
    "api/second_step.py",
    "api/signing_in.py",
    "api/staff_import.py",
    "api/storing.py",
    "api/web/simulator/[!c]*.py",
    "api/web/simulator/city.py",
    "casework/absences.py",
    "casework/addressees.py",
    "casework/alerts.py",
    "casework/alike.py",
    "casework/anonymous.py",
    "casework/asking_back.py",
    "casework/at_desk.py",
    "casework/audit_trail.py",
    "casework/automatic.py",
    "casework/automatic_figures.py",
    "casework/board_behind.py",
    "casework/call_notes.py",
    "casework/callback_queue.py",
    "casework/callbacks.py",
    "casework/callers.py",
    "casework/case_files.py",
    "casework/city_orders.py",
    "casework/city_reports.py",
    "casework/confidential.py",
    "casework/deadline_words.py",
    "casework/deadlines.py",
    "casework/desk_work.py",
    "casework/dispatch.py",
    "casework/duty.py",
    "casework/event_list.py",
    "casework/event_merging.py",
    "casework/events.py",
    "casework/filing.py",
    "casework/follow_up.py",
    "casework/follow_up_signs.py",
    "casework/hand_over.py",
    "casework/handling.py",
    "casework/inspection.py",
    "casework/intake.py",
    "casework/joining.py",
    "casework/leaders_notes.py",
    "casework/lifecycle.py",
    "casework/malicious.py",
    "casework/merging.py",
    "casework/open_requests.py",
    "casework/opinions.py",
    "casework/page_reports.py",
    "casework/person_requests.py",
    "casework/publication.py",
    "casework/quality.py",
    "casework/questionnaires.py",
    "casework/reaching.py",
    "casework/recounting.py",
    "casework/registering.py",
    "casework/replies.py",
    "casework/reply_check.py",
    "casework/requests.py",
    "casework/resident_history.py",
    "casework/returns.py",
    "casework/reviews.py",
    "casework/revisions.py",
    "casework/roster_lists.py",
    "casework/rule_changes.py",
    "casework/rule_fit.py",
    "casework/splitting.py",
    "casework/spot_checks.py",
    "casework/staff.py",
    "casework/staff_changes.py",
    "casework/suggestion.py",
    "casework/supervision_orders.py",
    "casework/unit_answers.py",
    "casework/unit_handovers.py",
    "casework/unit_work.py",
    "casework/urging.py",
    "casework/windows.py",
    "casework/wishes.py",
    "casework/withdrawal.py",
    "district/calendar.py",
    "api/devices.py",
    "district/duty.py",
    "district/formulas.py",
    "district/graph.py",
    "district/graph_svg.py",
    "district/units.py",
    "knowledge/acts.py",
    "knowledge/attachments.py",
    "knowledge/content.py",
    "knowledge/day_notices.py",
    "knowledge/discarding.py",
    "knowledge/errors.py",
    "knowledge/feedback.py",
    "knowledge/fields.py",
    "knowledge/gap_marks.py",
    "knowledge/lifecycle.py",
    "knowledge/operators.py",
    "knowledge/searching.py",
    "knowledge/standing.py",
    "knowledge/versions.py",
    "triage/decision.py",
)
"""Modules behind pages whose words are shown, beside those of ``web``."""
LABELLED = ("workflow", "clocks", "calendars", "formulas", "inspection", "supervision", "retention", "urgency")
"""Files of the demo's pack whose labels are the desk's own vocabulary: states, acts, deadlines, rates, dangers. A
district that has other words for them sees its own."""


def wanted() -> dict[str, str]:
    """Every message that pages show, with the file that says it first."""
    found: dict[str, str] = {}
    environment = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True)
    for file in sorted(TEMPLATES.rglob("*.html")):
        if file.name not in IN_CHINESE:
            for message in messages(environment, file.read_text("utf-8")):
                found.setdefault(message, file.relative_to(API.parent).as_posix())
    modules = [file for file in sorted((API / "web").glob("*.py")) if file.name not in NOT_SHOWN]
    modules += [file for pattern in BEHIND for file in sorted(API.parent.glob(pattern))]
    for file in modules:
        for message in of_code(file.read_text("utf-8")):
            found.setdefault(message, file.relative_to(API.parent).as_posix())
    for holiday in Holiday:
        found.setdefault(holiday.chinese, "district/calendar.py")
    for name in LABELLED:
        for label in _labels(yaml.safe_load((DEMO / f"{name}.yaml").read_text("utf-8"))):
            found.setdefault(label, f"packs/demo/{name}.yaml")
    return found


def _labels(value: object) -> Iterator[str]:
    """What a file of a pack calls by a ``label``, and the names of states and reasons."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "label" and isinstance(each, str):
                yield each
            elif key in {"states", "reasons"} and isinstance(each, dict):
                yield from (word for word in each.values() if isinstance(word, str))
            else:
                yield from _labels(each)
    elif isinstance(value, list):
        for each in value:
            yield from _labels(each)


def of_code(source: str) -> Iterator[str]:
    """The messages of a module: its Chinese words, those that are put together with their holes named."""
    tree = ast.parse(source)
    passed_over: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed_over.add(node.value)  # a docstring
        elif isinstance(node, ast.Compare) or (isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"):
            passed_over.update(ast.walk(node))
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            passed_over.update(ast.walk(node.format_spec))
        elif isinstance(node, ast.Dict):
            passed_over.update(key for key in node.keys if key is not None)
    for node in ast.walk(tree):
        if node in passed_over:
            continue
        if isinstance(node, (ast.JoinedStr, ast.BinOp)):
            parts = list(_parts(node))
            if any(isinstance(each, str) and HAN.search(each) for each in parts):
                passed_over.update(each for each in _inside(node) if isinstance(each, _WORDS))
                if not figures(HOLE.sub("2026", message := _with_holes(parts))):
                    yield message
        elif _is_chinese(node):
            yield str(cast("ast.Constant", node).value).strip()


_WORDS = (ast.Constant, ast.JoinedStr, ast.BinOp)


def _is_chinese(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, str) and bool(HAN.search(value)) and "%d" not in value and not figures(value)


def _inside(node: ast.expr) -> Iterator[ast.expr]:
    """What of a sentence put together is the sentence itself, not what is put in."""
    yield node
    if isinstance(node, ast.BinOp):
        yield from _inside(node.left)
        yield from _inside(node.right)
    elif isinstance(node, ast.JoinedStr):
        yield from (each for each in node.values if isinstance(each, ast.Constant))


def _parts(node: ast.expr) -> Iterator[str | ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _parts(node.left)
        yield from _parts(node.right)
    elif isinstance(node, ast.JoinedStr):
        for each in node.values:
            yield str(each.value) if isinstance(each, ast.Constant) else each
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        yield node


def _with_holes(parts: Iterable[str | ast.expr]) -> str:
    names: list[str] = []
    text = ""
    for each in parts:
        if isinstance(each, str):
            text += each
            continue
        name, number = (wished := _name(each)), 1
        while name in names:
            number += 1
            name = f"{wished}{number}"
        names.append(name)
        text += f"{{{name}}}"
    return text.strip()


def _name(node: ast.expr) -> str:
    """A hole's name: of the value put in, or ``said`` for words of the code's own."""
    if any(_is_chinese(each) for each in ast.walk(node)):
        return "said"
    named = (each for each in ast.walk(node) if isinstance(each, (ast.Attribute, ast.Name)))
    return next((each.attr if isinstance(each, ast.Attribute) else each.id for each in named), "value")


def read(language: str) -> dict[str, str]:
    """What the catalogue has: every message, with its words or with nothing."""
    with file_of(language).open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id}


def write(language: str, there: dict[str, str], words: dict[str, str]) -> None:
    """Write the catalogue of these messages anew, in an order that changes with nothing else."""
    made = Catalog(locale=language, project="yingsheng", charset="utf-8", fuzzy=False)
    for message, file in there.items():
        made.add(message, words.get(message, ""), locations=[(file, 0)])
    made.mime_headers = [("Content-Type", "text/plain; charset=utf-8")]
    with file_of(language).open("wb") as out:
        write_po(out, made, width=0, include_lineno=False, sort_by_file=False, sort_output=True, omit_header=True)


def faults(language: str) -> list[str]:
    """What is wrong with a catalogue as it stands."""
    return compare(wanted(), read(language))


def compare(there: dict[str, str], words: dict[str, str]) -> list[str]:
    """A line for each message without words, words of none, holes that differ, HTML of its own."""
    wrong = [f"no words: {message} ({file})" for message, file in there.items() if not words.get(message)]
    wrong += [f"said nowhere: {message}" for message in words if message not in there]
    for message, given in words.items():
        if given and sorted(HOLE.findall(message)) != sorted(HOLE.findall(given)):
            wrong.append(f"other holes: {message} → {given}")
        own = [sign for sign in '<>"' if sign in given and sign not in message]
        wrong += [f"HTML of its own, {sign}: {message} → {given}" for sign in own]
    return wrong


def main() -> None:
    filled = json.loads(Path(sys.argv[1]).read_text("utf-8")) if len(sys.argv) > 1 else {}
    left: dict[str, str] = {}
    for language in OTHERS:
        words = read(language) if file_of(language).exists() else {}
        there = wanted()
        words |= {message: given for message, given in filled.items() if given}
        write(language, there, words)
        left |= {message: "" for message in there if not words.get(message)}
        sys.stderr.write(f"{language}: {len(there)} messages, {len(left)} without words\n")
    if left:
        sys.stdout.write(json.dumps(left, ensure_ascii=False, indent=0) + "\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
