"""``yingsheng settings``."""

from __future__ import annotations

from typing import Any

import typer
from pydantic import SecretStr

from api.cli.output import AsJson, print_json, table, told
from api.settings import Settings

_SECRET = ("secret", "token", "password", "key")


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(each, key) for key, each in value.items()}
    if isinstance(value, SecretStr):
        return _without_password(value.get_secret_value())
    if isinstance(value, str) and value and any(word in name for word in _SECRET):
        return "******"
    return value


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)


def settings(as_json: AsJson = False) -> None:
    """列出生效的设置：值（密钥隐去）、默认值和含义。"""
    with told():
        found = Settings()
        rows = [
            {
                "variable": f"YINGSHENG_{name.upper()}",
                "value": _masked(getattr(found, name), name),
                "default": field.get_default(call_default_factory=True),
                "meaning": field.description,
            }
            for name, field in Settings.model_fields.items()
        ]
    if as_json:
        print_json(rows)
    else:
        table([(r["variable"], r["value"], r["default"], r["meaning"]) for r in rows], ("变量", "值", "默认", "含义"))


def add_to(app: typer.Typer) -> None:
    """Add ``settings``."""
    app.command()(settings)
