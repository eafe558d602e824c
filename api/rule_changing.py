"""The workflow outside casework: its graph, and the migration of open cases in batches of one transaction each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.desk import Desk
from api.errors import sentence
from casework import rule_changes
from casework.actors import Actor
from casework.rule_changes import Done, Group, Plan, Stay
from district.graph import Graph, graph
from district.graph_svg import svg
from district.graph_text import mermaid
from district.pack import District
from storage.audit import AuditRow

SHOWN_STAYS = 200
"""Cases that keep their rules that one answer lists; their number is told beside."""


def graph_of(district: District) -> Graph:
    """The graph of the district's workflow."""
    return graph(district.workflow, {rule.name: rule.label for rule in district.clocks.rules})


def picture(district: District, say: Callable[[str], str] = str, *, alone: bool = True) -> str:
    """The workflow as an SVG document; ``say`` puts its words into the reader's language.

    A picture ``alone`` has its title and legend in it.
    """
    return svg(graph_of(district), f"{district.manifest.district}流程图", say=say, alone=alone)


def as_text(district: District) -> str:
    """The workflow as Mermaid text."""
    return mermaid(graph_of(district))


def plan(desk: Desk, *, recount: bool, from_version: str) -> Plan:
    """What a migration would do; ``from_version`` may be the first characters of one old version, empty for all.

    Raises ``UnknownRuleVersion``.
    """
    with desk.database.read() as session:
        chosen = rule_changes.find_version(session, from_version) if from_version else None
        return rule_changes.preview(session, desk.district, now=desk.now(), recount=recount, from_version=chosen)


def run(desk: Desk, actor: Actor, *, recount: bool, from_version: str) -> Done:
    """Migrate every open case that can go on by today's rules, some hundred in a transaction: others act meanwhile.

    What was done stays done if it is broken off; another run does the rest. Raises ``NotAllowed`` and
    ``UnknownRuleVersion``.
    """
    rule_changes.check_may_migrate(actor)
    found = plan(desk, recount=recount, from_version=from_version)
    moved: list[str] = []
    stays, deadlines = list(found.stays), 0
    for start in range(0, len(found.movable), rule_changes.BATCH):
        keys = found.movable[start : start + rule_changes.BATCH]
        with desk.database.write.begin() as session:
            done = rule_changes.migrate(session, desk.district, keys, actor=actor, now=desk.now(), recount=recount)
        moved += done.moved
        stays += done.stays
        deadlines += done.deadlines
    return Done(tuple(moved), tuple(stays), deadlines)


def states_in_use(desk: Desk, district: District) -> list[str]:
    """A sentence for each state that this district's workflow has no more and open cases of the desk stand in."""
    with desk.database.read() as session:
        return [sentence(each) for each in rule_changes.states_in_use(session, district)]


def plan_json(found: Plan) -> dict[str, Any]:
    """A preview."""
    return {
        "version": found.version,
        "recount": found.recount,
        "movable": len(found.movable),
        "groups": [_group_json(each) for each in found.groups],
        "stays": {"count": len(found.stays), "items": [_stay_json(each) for each in found.stays[:SHOWN_STAYS]]},
        "deadlines_moved_by_recount": found.deadlines,
        "overdue_by_recount": found.overdue,
    }


def _group_json(each: Group) -> dict[str, Any]:
    return {
        "version": each.version,
        "pack_version": each.pack_version,
        "first_seen": each.first_seen,
        "state": each.state,
        "state_label": each.label,
        "count": each.count,
        "movable": each.movable,
        "state_in_use": each.in_use,
    }


def _stay_json(each: Stay) -> dict[str, Any]:
    return {"case": each.number, "state_label": each.state_label, "reasons": list(each.reasons)}


def done_json(done: Done) -> dict[str, Any]:
    """What a migration did."""
    return {
        "moved": list(done.moved),
        "stays": {"count": len(done.stays), "items": [_stay_json(each) for each in done.stays[:SHOWN_STAYS]]},
        "deadlines_moved": done.deadlines,
    }


def run_json(row: AuditRow) -> dict[str, Any]:
    """One batch on record."""
    return {"at": row.at, "to": row.subject_id, **row.details}
