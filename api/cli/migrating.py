"""``yingsheng cases migrate``: open cases go on by the rules of today."""

from __future__ import annotations

from typing import Annotated

import typer

from api import rule_changing
from api.cli.cases import As, actor_of
from api.cli.output import AsJson, desk_open, print_json, say, table
from api.desk import Desk
from casework import rule_changes, tickets
from casework.actors import Actor
from casework.rule_changes import Done, Plan


def migrate(
    login: As,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只预览，不更新")] = False,
    recount: Annotated[bool, typer.Option("--recount", help="按现行规则重新计算时限")] = False,
    from_version: Annotated[str, typer.Option("--from", help="只更新这个旧版本（可只写开头几位）")] = "",
    case: Annotated[str, typer.Option("--case", help="只更新这一件")] = "",
    as_json: AsJson = False,
) -> None:
    """把在办件更新到现行流程版本；不能更新的列出原因，按原版本办结。"""
    with desk_open() as desk:
        with desk.database.read() as session:
            actor = actor_of(session, login)
        if dry_run:
            rule_changes.check_may_see(actor)
            found = rule_changing.plan(desk, recount=recount, from_version=from_version)
            document = rule_changing.plan_json(found)
            _show_plan(found, quiet=as_json)
        else:
            done = (
                _one(desk, actor, case, recount=recount)
                if case
                else rule_changing.run(desk, actor, recount=recount, from_version=from_version)
            )
            document = rule_changing.done_json(done)
            _show_done(done, quiet=as_json)
    if as_json:
        print_json(document)


def _one(desk: Desk, actor: Actor, key: str, *, recount: bool) -> Done:
    with desk.database.write.begin() as session:
        case = tickets.get_case(session, desk.district, key, actor)
        return rule_changes.migrate_one(session, desk.district, case, actor=actor, now=desk.now(), recount=recount)


def _show_plan(found: Plan, *, quiet: bool) -> None:
    if quiet:
        return
    table(
        [(each.pack_version, each.version[:12], each.label, each.count, each.movable) for each in found.groups],
        ("数据包版本", "规则版本", "状态", "在办", "可更新"),
    )
    for stay in found.stays:
        print(f"{stay.number}\t{stay.state_label}\t{'；'.join(stay.reasons)}")
    say(f"可更新 {len(found.movable)} 件，不能更新 {len(found.stays)} 件；重新计算会改变 {found.deadlines} 个时限")


def _show_done(done: Done, *, quiet: bool) -> None:
    if quiet:
        return
    for stay in done.stays:
        print(f"{stay.number}\t{stay.state_label}\t{'；'.join(stay.reasons)}")
    say(f"已更新 {len(done.moved)} 件，改变 {done.deadlines} 个时限；{len(done.stays)} 件按原版本办理")


def add_to(cases: typer.Typer) -> None:
    """Add ``migrate``."""
    cases.command()(migrate)
