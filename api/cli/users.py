"""``yingsheng users``."""

from __future__ import annotations

import getpass
import re
import sys
from typing import Annotated

import typer

from api.cli import staff_import
from api.cli.on_record import record
from api.cli.output import AsJson, Refused, desk_open, print_json, say, table
from api.passwords import MIN_LENGTH
from casework import at_desk
from casework.actors import UNIT_ROLES
from casework.privacy import mask_address
from casework.staff import EMAIL, PHONE
from district.schemas import Role
from storage import identity, migrate, second_factor

app = typer.Typer(help="用户", no_args_is_help=True)
app.command("import")(staff_import.import_)
NAME_LENGTH = 60
_LOGIN = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff]{1,60}")


def _ask_password() -> str:
    """A password from the terminal, or the first line of stdin; never from the command line, where others see it."""
    if sys.stdin.isatty():
        password = getpass.getpass("密码：")
        if getpass.getpass("再输一次：") != password:
            raise Refused("两次输入不一致")
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < MIN_LENGTH:
        raise Refused(f"密码至少 {MIN_LENGTH} 位")
    return password


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="用户名")],
    role: Annotated[Role, typer.Option(help="角色")],
    name: Annotated[str, typer.Option(help="姓名")] = "",
    unit: Annotated[str, typer.Option(help="单位代码（承办人、承办单位负责人必填）")] = "",
    phone: Annotated[str, typer.Option(help="手机，值班告警用")] = "",
    email: Annotated[str, typer.Option(help="邮箱，值班告警用")] = "",
) -> None:
    """添加用户；密码从终端或标准输入读取。"""
    if role in (Role.RESIDENT, Role.SYSTEM):
        raise Refused(f"不能添加角色 {role} 的用户")
    if not _LOGIN.fullmatch(login):
        raise Refused("用户名应为 1 至 60 个字，不含空白和控制字符")
    if len(name) > NAME_LENGTH:
        raise Refused(f"姓名最多 {NAME_LENGTH} 个字")
    if phone and not PHONE.fullmatch(phone):
        raise Refused("--phone 应为电话号码")
    if email and not EMAIL.fullmatch(email):
        raise Refused("--email 不是邮箱地址")
    with desk_open() as desk:
        if role in UNIT_ROLES and unit not in desk.district.units:
            raise Refused(f"角色 {role} 需要有效的 --unit，没有单位 {unit or '(空)'}")
        password = _ask_password()
        migrate.upgrade(desk.database)
        with desk.database.write.begin() as session:
            user = identity.add_user(
                session,
                login=login,
                name=name or login,
                role=role,
                unit=unit,
                phone=phone,
                email=email,
                password=password,
                now=desk.now(),
            )
            record(session, desk, "add_user", "user", user.id, role=role, unit=unit)
    say(f"已添加 {login}")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """列出用户。"""
    with desk_open() as desk, desk.database.read() as session:
        rows = [
            {
                "login": u.login,
                "name": u.name,
                "role": u.role,
                "unit": u.unit,
                "phone": mask_address(u.phone),
                "disabled": u.disabled,
                "demo": u.demo,
            }
            for u in identity.list_users(session)
        ]
    if as_json:
        print_json(rows)
    else:
        table(
            [(r["login"], r["name"], r["role"], r["unit"], "停用" if r["disabled"] else "") for r in rows],
            ("用户名", "姓名", "角色", "单位", "状态"),
        )


@app.command()
def disable(login: Annotated[str, typer.Argument(help="用户名")]) -> None:
    """停用用户，立即生效。"""
    with desk_open() as desk, desk.database.write.begin() as session:
        user = identity.find_user(session, login)
        identity.disable(session, login)
        at_desk.signed_out(session, user.id, now=desk.now())
        record(session, desk, "disable_user", "user", user.id)
    say(f"已停用 {login}")


@app.command()
def reset(login: Annotated[str, typer.Argument(help="用户名")]) -> None:
    """重设密码，并结束其所有登录。"""
    with desk_open() as desk:
        password = _ask_password()
        with desk.database.write.begin() as session:
            user = identity.find_user(session, login)
            identity.set_password(session, login, password)
            record(session, desk, "reset_password", "user", user.id)
    say(f"已重设 {login} 的密码")


@app.command("reset-totp")
def reset_totp(login: Annotated[str, typer.Argument(help="用户名")]) -> None:
    """取消用户的动态验证码（手机丢失时）；他凭密码登录后可重新开启。"""
    with desk_open() as desk, desk.database.write.begin() as session:
        user = identity.find_user(session, login)
        had = second_factor.take_away(session, user.id)
        record(session, desk, "reset_totp", "user", user.id, had=had)
    say(f"已取消 {login} 的动态验证码" if had else f"{login} 没有开启动态验证码")
