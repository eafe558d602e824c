"""What goes wrong around a command - settings, files, the database server - as sentences that say what to mend."""

from __future__ import annotations

import errno
import re

from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from api.busy import is_busy
from api.settings import Settings

FILES: dict[int, str] = {
    errno.ENOENT: "没有这个文件",
    errno.EISDIR: "是目录，不是文件",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EEXIST: "已存在，且不是目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "所在磁盘只读",
    errno.ENOSPC: "磁盘已满",
    errno.ENAMETOOLONG: "文件名过长",
    errno.ELOOP: "符号链接成环",
}
SCHEMA = frozenset({"42P01", "42703"})
"""PostgreSQL: no such table, no such column."""

_QUOTED = re.compile(r'field "(\w+)"')


def trouble(problem: Exception) -> str | None:
    """The sentence; None when it is not the surroundings that are at fault but the program."""
    words = None
    match problem:
        case OSError(filename=str() as name, errno=int() as number):
            words = f"{name}: {FILES.get(number, problem.strerror)}"
        case UnicodeDecodeError():
            words = "输入不是 UTF-8 编码的文字"
        case SettingsError():
            words = "环境变量或 .env 中有一项应为 JSON 而不是：" + ", ".join(_QUOTED.findall(str(problem))[:1])
        case ValidationError(title="Settings"):
            words = _settings(problem)
        case ArgumentError() | NoSuchModuleError():
            words = "无法识别数据库地址，请检查 YINGSHENG_DATABASE_URL"
        case DBAPIError():
            words = _database(problem)
    return words


def _settings(problem: ValidationError) -> str:
    names = dict.fromkeys(str(each["loc"][0]) for each in problem.errors() if each["loc"])
    meant = [f"YINGSHENG_{name.upper()}（{Settings.model_fields[name].description}）" for name in names]
    return f"设置的值不符合要求：{'；'.join(meant)}"


def _database(problem: DBAPIError) -> str | None:
    said = str(problem.orig).lower()
    if str(getattr(problem.orig, "sqlstate", "")) in SCHEMA or "no such table" in said or "no such column" in said:
        return "数据库尚未初始化，或结构与程序版本不符，请先运行 yingsheng setup"
    if "not a database" in said or "malformed" in said:
        return "数据库文件已损坏，请从备份恢复"
    if not isinstance(problem, OperationalError):
        return None
    if "locked" in said:
        return "数据库正被其他进程占用，请稍后再试"
    if is_busy(problem) or "could not" in said or "unable to open" in said:
        return "连不上数据库，请检查 YINGSHENG_DATABASE_URL 和数据库服务"
    return None
