"""``yingsheng intake`` and ``yingsheng quarantine``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from api import views
from api.assistants import apart
from api.cli.on_record import record
from api.cli.output import AsJson, Refused, desk_open, dump, print_json, say, table
from api.desk import Desk
from api.intake_files import Named, Report, looked_at, take
from channels.base import Channel, LineBack, ReturnsRows
from channels.errors import UnreadableMessage
from channels.message import Account
from channels.registry import CHANNELS
from storage import quarantine as store

MANY = 200
"""Payloads from which it pays to start assistants, each of which takes some seconds to begin."""

ROW_BYTES = 300
"""Of a matter in a sheet, about."""

quarantine = typer.Typer(help="无法读取的原始报文", no_args_is_help=True)


def _payloads(files: Iterable[Path], report: Report) -> Iterator[Named]:
    for file in files:
        try:
            yield str(file), sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        except OSError as problem:  # gone since the start: no reason not to take the others
            report.fault(str(file), "", f"文件读不出来：{problem.strerror}")


def find_account(desk: Desk, channel: str, name: str) -> Account:
    """The account of this name, or the channel's only one. Raises ``Refused``."""
    if channel not in CHANNELS:
        raise Refused(f"没有渠道 {channel}，可选：{'、'.join(CHANNELS)}")
    found = desk.settings.list_accounts(channel)
    if name:
        account = desk.account(channel, name)
        if account is None:
            raise Refused(f"渠道 {channel} 没有账号 {name}")
        return account
    if len(found) > 1:
        raise Refused(f"渠道 {channel} 有多个账号，请用 --account 指定：{'、'.join(each.name for each in found)}")
    return desk.account_or_bare(channel, found[0].name) if found else desk.account_or_bare(channel)


def intake(
    channel: Annotated[str, typer.Argument(help="渠道名称，如 wechat、mailbox")],
    files: Annotated[list[Path] | None, typer.Argument(help="报文文件,- 表示标准输入")] = None,
    account: Annotated[str, typer.Option(help="渠道账号")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="只看读得怎样，不登记")] = False,
    rejects: Annotated[Path | None, typer.Option(help="把收不下的行连同原因写成表格（XLSX），改好可再收")] = None,
    as_json: AsJson = False,
) -> None:
    """收取渠道原始报文：一个文件一份报文。"""
    with desk_open() as desk:
        chosen = find_account(desk, channel, account)
        if rejects is not None:
            _write_rejects(chosen, files or [], rejects)
        if preview:
            shown = [looked_at(chosen, name, payload) for name, payload in _payloads(files or [Path("-")], Report())]
            print_json(shown) if as_json else _print_preview(shown)
            return
        report = Report()
        names = files or [Path("-")]
        for name in names:  # before the first is stored: half a batch would be hard to tell from a whole one
            if str(name) != "-":
                name.open("rb").close()
        many = len(names) >= MANY or _has_many_rows(CHANNELS[channel], names)

        def told(done: int) -> None:
            if many:
                say(f"已收取 {done}/{len(names)} 份，{len(report.receipts)} 条")

        with apart(desk) if many else nullcontext() as assistants:
            take(desk, chosen, _payloads(names, report), report, assistants=assistants, told=told)
        document = report.document(desk)
        if as_json:
            print_json(document)
        else:
            _print_report(document)


def _write_rejects(account: Account, files: list[Path], target: Path) -> None:
    """Raises ``Refused`` where the channel has no sheets, or there is not one file."""
    channel = CHANNELS[account.channel]
    if not isinstance(channel, ReturnsRows):
        raise Refused(f"渠道 {account.channel} 不是表格")
    if len(files) != 1 or str(files[0]) == "-":
        raise Refused("--rejects 一次只用于一个文件")
    try:
        sheet = channel.returned(files[0].read_bytes(), account)
    except UnreadableMessage as problem:
        raise Refused(f"{files[0]}：{problem}") from None
    if sheet:
        target.write_bytes(sheet)
        say(f"收不下的行已写入 {target}")


def _print_preview(shown: list[dict[str, Any]]) -> None:
    for each in shown:
        say(f"{each['file']}: 可收 {each['messages']} 条，忽略 {each['ignored']} 条，收不下 {len(each['errors'])} 处")
        table([(text,) for text in each["first"]], ("前几条",))
        _print_errors(each["errors"])


def _has_many_rows(channel: Channel, names: Iterable[Path]) -> bool:
    """A file of a channel without a line back is a list of matters; one so large, a long one."""
    return not isinstance(channel, LineBack) and any(
        name.is_file() and name.stat().st_size >= MANY * ROW_BYTES for name in names
    )


def _print_report(document: dict[str, Any]) -> None:
    counts = [f"{label} {document[key]}" for key, label in LABELS.items()]
    say(" · ".join(counts))
    table(
        [(t["number"], t["channel"], t["sender"], t["text"][:40]) for t in document["tickets"]],
        ("工单", "渠道", "诉求人", "内容"),
    )
    _print_errors(document["errors"])


def _print_errors(errors: list[dict[str, Any]]) -> None:
    for error in errors:
        row = f" 第 {error['row']} 行" if error["row"] is not None else ""
        say(f"{error['file']}:{row} {error['field']} {error['message']}")


LABELS = {"accepted": "受理", "repeated": "重复", "ignored": "忽略", "quarantined": "隔离"}


@quarantine.command("list")
def list_(as_json: AsJson = False) -> None:
    """列出无法读取的报文。"""
    with desk_open() as desk, desk.database.read() as session:
        rows = [views.quarantine_json(row) for row in store.held(session, limit=1000)]
    if as_json:
        print_json(rows)
    else:
        heads = ("编号", "渠道", "来源", "字节", "位置", "原因")
        table([(r["id"], r["channel"], r["source"], r["size"], r["where"], r["why"]) for r in rows], heads)


@quarantine.command()
def show(key: Annotated[str, typer.Argument(help="隔离编号")], as_json: AsJson = False) -> None:
    """查看一份隔离报文；原始字节写到标准输出,--json 只给说明。"""
    with desk_open() as desk:
        with desk.database.read() as session:
            row = store.get(session, key)
            document = views.quarantine_json(row)
            blob = row.blob
        if as_json:
            print_json(document)
        else:
            say(dump(document))
            sys.stdout.buffer.write(desk.blobs.get(blob))
            sys.stdout.buffer.flush()


@quarantine.command()
def retry(key: Annotated[str, typer.Argument(help="隔离编号")]) -> None:
    """重新读取一份隔离报文。"""
    from api.pipeline import retry_quarantined

    with desk_open() as desk:
        received = retry_quarantined(desk, key)
        with desk.database.write.begin() as session:
            record(session, desk, "retry_quarantine", "quarantine", key, read=received.held is None)
    if received.held is not None:
        raise Refused(f"仍无法读取：{received.held.where} {received.held.why}")
    say("已读取")


def add_to(app: typer.Typer) -> None:
    """Add ``intake``."""
    app.command()(intake)
