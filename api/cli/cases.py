"""``yingsheng cases`` and ``yingsheng correct``."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from sqlalchemy.orm import Session

from api import case_files, views
from api.cli.output import AsJson, Refused, day, desk_open, print_json, say, table, told
from api.desk import Desk
from api.reply_views import warning_json
from casework import acts, desk_work, replies, requests, tickets
from casework.actors import Actor, Given
from casework.reading import Reader
from casework.tables import Request
from channels.plain_cells import write_csv
from district.schemas import Role
from knowledge.attachments import Attached
from storage import identity

app = typer.Typer(help="办件", no_args_is_help=True)
READER = Actor("command", "命令行", Role.AUDITOR)
HEADS = ("办件编号", "状态", "分类", "诉求类型", "承办单位", "立案时间", "派单时间", "答复时间", "办结时间")
As = Annotated[str, typer.Option("--as", help="以哪位用户的身份操作")]


def actor_of(session: Session, login: str) -> Actor:
    """The user as actor. Raises ``UnknownRow``, and ``Refused`` for a disabled user."""
    user = identity.find_user(session, login)
    if user.disabled:
        raise Refused(f"用户 {login} 已停用")
    return Actor(user.id, user.name, Role(user.role), user.unit)


def _all(desk: Desk, session: Session, chosen: tickets.CaseFilter) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    reader = Reader(desk.district, READER)
    cursor = ""
    while True:
        found = tickets.list_cases(session, desk.district, READER, chosen, after=cursor, limit=200)
        rows += [views.case_brief(reader, case) for case in found.items]
        cursor = found.next
        if not cursor:
            return rows


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option(help="状态，可重复")] = None,
    unit: Annotated[str, typer.Option(help="承办单位代码")] = "",
    category: Annotated[str, typer.Option(help="分类代码或前缀")] = "",
    as_json: AsJson = False,
) -> None:
    """列出办件，新的在前。"""
    with desk_open() as desk, desk.database.read() as session:
        states = desk.district.workflow.case.states
        for each in state or ():
            if each not in states:
                raise Refused(f"没有状态 {each}，可选：{'、'.join(states)}")
        rows = _all(desk, session, tickets.CaseFilter(tuple(state or ()), unit, "", category))
    if as_json:
        print_json(rows)
        return
    table(
        [(r["number"], r["state_label"], (r["lead_unit"] or {}).get("name"), r["title"]) for r in rows],
        ("办件", "状态", "承办单位", "标题"),
    )


@app.command()
def show(key: Annotated[str, typer.Argument(help="办件编号")], as_json: AsJson = False) -> None:
    """查看一个办件：时限、申请、经过。"""
    with desk_open() as desk, desk.database.read() as session:
        case = tickets.get_case(session, desk.district, key, READER)
        reader = Reader(desk.district, READER)
        document = views.case_whole(session, reader, case, now=desk.now())
        document["timeline"] = reader.step_texts(tickets.timeline(session, case=case), case)
    if as_json:
        print_json(document)
        return
    print(f"{document['number']}  {document['state_label']}  {document['title']}")
    for clock in document["clocks"]:
        print(f"  {clock['why']}  [{clock['level']}]")
    for step in document["timeline"]:
        print(f"  {step['at']:%m-%d %H:%M}  {step['label']}  {step['actor']}  {step['text']}")


@app.command()
def export(file: Annotated[Path | None, typer.Argument(help="CSV 文件，默认标准输出")] = None) -> None:
    """导出办件为 CSV。"""
    with desk_open() as desk, desk.database.read() as session:
        rows = _all(desk, session, tickets.CaseFilter())
    if file is None:
        _write(sys.stdout, rows)
        return
    with told(), file.open("w", encoding="utf-8-sig", newline="") as stream:
        _write(stream, rows)
    say(f"已导出 {len(rows)} 件到 {file}")


def _write(stream: TextIO, rows: list[dict[str, Any]]) -> None:
    write_csv(stream, [HEADS, *(_line(row) for row in rows)])


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    path = "/".join((row["category"] or {}).get("path", ()))
    unit = (row["lead_unit"] or {}).get("name", "")
    times = [row[key] for key in ("opened_at", "dispatched_at", "answered_at", "closed_at")]
    stamps = [time.isoformat() if time else "" for time in times]
    return (row["number"], row["state_label"], path, row["request_type"], unit, *stamps)


def _taken(desk: Desk, key: str, file: Path, login: str) -> Attached:
    """The file, stored before the act's transaction begins."""
    with desk.database.read() as session:
        actor = actor_of(session, login)
    with file.open("rb") as stream:
        content = stream.read(case_files.LARGEST + 1)
    return case_files.taken(desk, key, file.name, content, actor=actor)


@app.command()
def do(
    key: Annotated[str, typer.Argument(help="办件编号")],
    transition: Annotated[str, typer.Argument(help="操作名称，如 dispatch、sign、answer")],
    login: As,
    unit: Annotated[str, typer.Option(help="承办单位代码或名称")] = "",
    reason: Annotated[str, typer.Option(help="原因")] = "",
    text: Annotated[str, typer.Option(help="文字内容")] = "",
    record: Annotated[str, typer.Option(help="办理记录，不公开")] = "",
    proposed_unit: Annotated[str, typer.Option(help="建议承办单位")] = "",
    directory_line: Annotated[str, typer.Option(help="派单目录条目")] = "",
    review_date: Annotated[str, typer.Option(help="复核日期 YYYY-MM-DD")] = "",
    attachment: Annotated[
        Path | None, typer.Option(help="附件：PDF、DOCX、XLSX 或图片", exists=True, dir_okay=False, readable=True)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """对办件做一个操作；需要审批的会成为一项申请。"""
    given = Given(
        reason=reason,
        text=text,
        record=record,
        unit=unit,
        proposed_unit=proposed_unit,
        directory_line=directory_line,
        review_date=day(review_date, "--review-date"),
    )
    with desk_open() as desk, ExitStack() as stack:
        file = _taken(desk, key, attachment, login) if attachment is not None else None
        session = stack.enter_context(desk.database.write.begin())
        actor = actor_of(session, login)
        case = tickets.get_case(session, desk.district, key, actor)
        if file is not None:
            given = replace(given, attachment=case_files.put(session, desk, case, file, actor=actor).id)
        is_answer = transition == requests.ANSWER
        warned = replies.look_over(desk.district, case, text, actor=actor, now=desk.now()) if is_answer else ()
        done = acts.perform(session, desk.district, case, transition, actor=actor, now=desk.now(), given=given)
        session.flush()
        reader = Reader(desk.district, actor)
        document = views.case_whole(session, reader, case, now=desk.now())
        document["request"] = views.request_json(reader, done) if isinstance(done, Request) else None
        document["warnings"] = [warning_json(each) for each in warned]
    for each in warned:
        say(f"答复体检 {each.label}：{each.sentence}")
    if as_json:
        print_json(document)
    elif document["request"]:
        say(f"{document['number']} 已提出申请，等待审批")
    else:
        say(f"{document['number']} 现在是“{document['state_label']}”")


def correct(
    ticket: Annotated[str, typer.Argument(help="工单编号")],
    login: As,
    category: Annotated[str, typer.Option(help="三级分类代码")] = "",
    unit: Annotated[str, typer.Option(help="承办单位代码或名称")] = "",
    request_type: Annotated[str, typer.Option(help="诉求类型")] = "",
    as_json: AsJson = False,
) -> None:
    """更正一条智能研判。"""
    if not (category or unit or request_type):
        raise typer.BadParameter("请给出 --category、--unit 或 --request-type")
    with desk_open() as desk, desk.database.write.begin() as session:
        actor = actor_of(session, login)
        found = tickets.get_ticket(session, desk.district, ticket, actor)
        desk_work.correct(
            session,
            desk.district,
            found,
            actor=actor,
            now=desk.now(),
            category=category,
            unit=unit,
            request_type=request_type,
        )
        document = views.ticket_whole(Reader(desk.district, actor), found)
    if as_json:
        print_json(document)
    else:
        say(f"已更正 {document['number']}")


def add_to(root: typer.Typer) -> None:
    """Add ``correct``."""
    root.command()(correct)
