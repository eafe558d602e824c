"""``yingsheng users import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api import staff_import
from api.cli.on_record import COMMAND
from api.cli.output import AsJson, desk_open, print_json, say, table, told
from casework.actors import Actor
from casework.staff import LABELS
from district.schemas import Role
from storage import migrate

OPERATOR = Actor(COMMAND, "命令行", Role.SYSTEM)
"""Who has the machine needs no sign-in."""
_FIELDS = dict(LABELS) | {"disabled": "启用"}


def import_(
    file: Annotated[Path, typer.Argument(help="CSV 或 XLSX：用户名、姓名、角色、单位、电话、邮箱")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看将有哪些变化")] = False,
    disable_missing: Annotated[bool, typer.Option("--disable-missing", help="停用名单中没有的用户")] = False,
    as_json: AsJson = False,
) -> None:
    """按名单新增、更新用户；新用户的一次性密码只在这里显示一次，首次登录须改。"""
    with told():
        content = file.read_bytes()
    with desk_open() as desk:
        migrate.upgrade(desk.database)
        rows = staff_import.read(desk, content)
        passwords: dict[str, str] = {}
        if dry_run:
            made = staff_import.planned(desk, rows, actor=OPERATOR, disable_missing=disable_missing)
        else:
            made, passwords = staff_import.bring_in(desk, rows, actor=OPERATOR, disable_missing=disable_missing)
        document = staff_import.document(made, passwords)
    if as_json:
        print_json(document)
        return
    lines = [("新增", each["login"], each.get("password", "")) for each in document["new"]]
    lines += [
        ("更新", each["login"], "、".join(_FIELDS[name] for name in each["fields"])) for each in document["changes"]
    ]
    lines += [("停用", login, "") for login in document["disable"]]
    table(lines, ("变化", "用户名", "一次性密码或更新的内容"))
    say(_summary(document, dry_run=dry_run))


def _summary(document: dict[str, Any], *, dry_run: bool) -> str:
    counts = (document[name] for name in ("added", "changed", "same", "disabled"))
    words = "新增 {}，更新 {}，不变 {}，停用 {}".format(*counts)
    return f"将{words}（未作任何改动）" if dry_run else f"已{words}"
