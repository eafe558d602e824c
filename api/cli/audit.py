"""``yingsheng audit``: the sealed chain."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import select

from api.cli.output import AsJson, desk_open, dump, print_json, say
from storage import audit as store
from storage.audit import AuditRow

app = typer.Typer(help="审计", no_args_is_help=True)


@app.command()
def verify(
    noted: Annotated[str, typer.Option(help="以前记下的链首哈希：核对它还在链上，末尾没有被整段截去")] = "",
    as_json: AsJson = False,
) -> None:
    """核对审计链：有一行被改动、删除或私自加入就报错；给出链首哈希，请记在别处。"""
    with desk_open() as desk:
        with desk.database.read() as session:
            store.verify(session, noted=noted.strip())
        with desk.database.write.begin() as session:
            while store.seal(session, now=desk.now()):
                session.flush()
        with desk.database.read() as session:
            seals, rows = store.verify(session)
            head = store.head(session)
    if as_json:
        print_json({"seals": seals, "rows": rows, "intact": True, "head": head})
    else:
        say(f"审计链完整：{seals} 个封条，{rows} 行，链首 {head}")


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
