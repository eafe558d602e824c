"""Every sentence with which a channel can say that a setting is wrong, read from its source and its tables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from channels.robots import SENDERS
from channels.sms import provider
from channels.wechat import errcodes
from channels.wecom_robot import send as wecom

SOURCE = Path(__file__).parents[1] / "channels"
BLANK = "…"
"""What is put in when the sentence is said."""
_BLANKS = re.compile(f"{BLANK}( {BLANK})+")
_ONLY_BLANK = re.compile(f": {BLANK}(（{BLANK}）)?$")
"""The why is a variable's: its words stand in a table, or are another module's."""

_TABLES: dict[str, frozenset[str]] = {
    "wechat": frozenset(f"{setting}: {why}（{BLANK}）" for setting, why in errcodes._SETTINGS.values()),
    "wecom_robot": frozenset(f"key: {why}（{BLANK}）" for why in wecom._WRONG_KEY.values()),
    "sms": frozenset(f"{BLANK}: {why}" for why in provider._WHY.values()),
}


def of_settings(channel: str) -> frozenset[str]:
    """``setting: why`` of each ``ChannelMisconfigured`` in the channel's package, and of its tables of them."""
    files = sorted((SOURCE / channel).glob("*.py")) if (SOURCE / channel).is_dir() else [SOURCE / f"{channel}.py"]
    found = {_BLANKS.sub(BLANK, each) for file in files for each in _of_file(ast.parse(file.read_text("utf-8")))}
    return frozenset(each for each in found if not _ONLY_BLANK.search(each)) | _TABLES.get(channel, frozenset())


def channels() -> list[str]:
    """All that a delivery may go out by or a message come in by."""
    return sorted(SENDERS)


def _of_file(tree: ast.Module) -> Iterator[str]:
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]:
        given = _assigned(function)
        for node in ast.walk(function):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "ChannelMisconfigured":
                setting, why = node.args
                yield from (f"{a}: {b}" for a, b in product(_words(setting, given), _words(why, given)))


def _assigned(function: ast.AST) -> dict[str, ast.expr]:
    return {
        node.targets[0].id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _words(node: ast.expr, given: dict[str, ast.expr]) -> list[str]:
    match node:
        case ast.Constant(value=str() as text):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return _words(one, given) + _words(other, given)
        case ast.BinOp(left=left, right=right):
            return [a + b for a, b in product(_words(left, given), _words(right, given))]
        case ast.JoinedStr(values=values):
            return ["".join(str(each.value) if isinstance(each, ast.Constant) else BLANK for each in values)]
        case ast.Name(id=name) if isinstance(given.get(name), ast.IfExp):
            return _words(given[name], {})
        case _:
            return [BLANK]
