"""Placeholders of a mapping filled in, and values found in what came back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"\{([a-z_]+)\}")


def names_in(template: str) -> frozenset[str]:
    """The placeholders that a template names."""
    return frozenset(_NAME.findall(template))


def fill(template: str, values: Mapping[str, Any]) -> Any:
    """The template with its placeholders filled; of one that is nothing else the value itself, with its type.

    None where that value is empty: such a field is not sent.
    """
    alone = _NAME.fullmatch(template)
    if alone is not None:
        value = values[alone[1]]
        return None if value in ("", (), [], {}, None) else value
    return _NAME.sub(lambda found: written(values[found[1]]), template)


def written(value: Any) -> str:
    """A value as a signed string and a form have it: text as it is, all else as compact JSON with sorted keys."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def joined(fields: Mapping[str, Any]) -> str:
    """All fields as ``name=value`` joined by ``&``, sorted by name (by code points)."""
    return "&".join(f"{name}={written(fields[name])}" for name in sorted(fields))


def look(value: Any, path: str) -> Any:
    """What stands at the path; None where nothing does. An empty path is the whole."""
    for step in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and len(step) < 6 and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def word(value: Any) -> str:
    """A text or a whole number as text; anything else is empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
