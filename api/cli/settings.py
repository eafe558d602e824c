"""``yingsheng settings``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import typer
from pydantic import SecretStr

from api.cli.output import AsJson, print_json, table, told
from api.settings import Settings

SHORTEST = 4
"""Characters of a secret that is looked for in words: a shorter one would be found everywhere."""

_SECRET = ("secret", "token", "password", "key")


_PASSWORD = re.compile(r"^([a-z][a-z0-9+.-]*://[^:/@]*):.*@", re.IGNORECASE)


def masked(value: Any, name: str = "") -> Any:
    """The value as it may be shown: secrets by their name, and the password of any address, are hidden."""
    if isinstance(value, dict):
        return {key: masked(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [masked(each, name) for each in (sorted(value) if isinstance(value, frozenset) else value)]
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value(), name)
    return _without_secret(value, name) if isinstance(value, str) and value else value


def _without_secret(value: str, name: str) -> str:
    if any(word in name.lower() for word in _SECRET):
        return "******"
    if "proxy" in name.lower() and "@" in value and "://" not in value:  # user:password@host without a scheme
        return "******@" + value.rpartition("@")[2]
    return _PASSWORD.sub(r"\1:******@", value)


def hidden(words: str, given: Mapping[str, Any]) -> str:
    """Words of another, in which no secret of these settings is left."""
    for name, value in given.items():
        if isinstance(value, Mapping):
            words = hidden(words, value)
        elif isinstance(value, str) and len(value) >= SHORTEST and masked(value, str(name)) != value:
            words = words.replace(value, "******")
    return words


def settings(as_json: AsJson = False) -> None:
    """列出生效的设置：值（密钥隐去）、默认值和含义。"""
    with told():
        found = Settings()
        rows = [
            {
                "variable": f"YINGSHENG_{name.upper()}",
                "value": masked(getattr(found, name), name),
                "default": masked(field.get_default(call_default_factory=True), name),
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
