"""``yingsheng deliveries``: what could not be sent."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import select

from api import views
from api.cli.cases import READER
from api.cli.on_record import record
from api.cli.output import AsJson, Refused, desk_open, print_json, say, table
from casework.reading import Reader
from casework.tables import Ticket
from storage import deliveries as store
from storage.deliveries import Delivery

app = typer.Typer(help="发给居民的消息", no_args_is_help=True)
TROUBLED = ("queued", "leased", "waiting", "failed", "perhaps_sent", "dead", "to_tell")
SHOWN = ("id", "channel", "recipient", "state", "attempts", "reason")
FOLLOWED = {"way": "已改发", "desk": "转人工告知", "parts": "逐条改发", "none": "不再发送"}


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option(help="状态，可重复；默认列出所有未发出的")] = None,
    as_json: AsJson = False,
) -> None:
    """列出没有发出的消息。"""
    for each in state or ():
        if each not in store.STATES:
            raise Refused(f"没有状态 {each}，可选：{'、'.join(store.STATES)}")
    with desk_open() as desk, desk.database.read() as session:
        query = select(Delivery).where(Delivery.state.in_(state or TROUBLED)).order_by(Delivery.created_at).limit(1000)
        reader = Reader(desk.district, READER)
        rows = [
            views.delivery_json(reader, session.get(Ticket, each.ticket_id) if each.ticket_id else None, each)
            for each in session.scalars(query)
        ]
    if as_json:
        print_json(rows)
    else:
        heads = ("编号", "渠道", "收件人", "状态", "次数", "原因", "去向")
        table([(*(r[name] for name in SHOWN), _whereto(r)) for r in rows], heads)


def _whereto(row: dict[str, Any]) -> str:
    """What became of it, or what it is instead of."""
    if row["state"] == "waiting":
        return f"{row['due_at']:%m-%d %H:%M} UTC 前后发出"
    instead = f"替代 {row['fallback_of']}" if row["fallback_of"] else ""
    return "；".join(filter(None, (FOLLOWED.get(row["followed"], ""), instead)))


@app.command()
def retry(key: Annotated[str, typer.Argument(help="消息编号")]) -> None:
    """重新发送失败、中止或可能已发出的消息。"""
    with desk_open() as desk, desk.database.write.begin() as session:
        delivery = store.retry(session, key, now=desk.now())
        state = delivery.state
        record(session, desk, "retry_delivery", "delivery", delivery.id, state=state)
    say("已排队" if state == "queued" else f"无需重发，当前状态 {state}")
