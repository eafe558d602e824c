"""``yingsheng audit``: the sealed chain."""

from __future__ import annotations

import typer
from sqlalchemy import select

from api.cli.output import AsJson, desk_open, dump, print_json, say
from storage import audit as store
from storage.audit import AuditRow

app = typer.Typer(help="审计", no_args_is_help=True)


@app.command()
def verify(as_json: AsJson = False) -> None:
    """核对审计链：有一行被改动或删除就报错。"""
    with desk_open() as desk:
        with desk.database.write.begin() as session:
            store.seal(session, now=desk.now(), limit=1_000_000)
        with desk.database.read() as session:
            seals, rows = store.verify(session)
    if as_json:
        print_json({"seals": seals, "rows": rows, "intact": True})
    else:
        say(f"审计链完整：{seals} 个封条，{rows} 行")


@app.command()
def export() -> None:
    """导出审计行(JSON Lines)。"""
    with desk_open() as desk, desk.database.read() as session:
        for row in session.scalars(select(AuditRow).order_by(AuditRow.id)):
            print(
                dump(
                    {
                        "id": row.id,
                        "at": row.at,
                        "actor": row.actor,
                        "role": row.role,
                        "act": row.act,
                        "subject": row.subject,
                        "subject_id": row.subject_id,
                        "details": row.details,
                        "seal": row.seal,
                    }
                )
            )
