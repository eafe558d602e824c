"""What the desk's own code counts on in every workflow (流程); ``district.workflow_checks`` asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CODE_STATES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ticket": frozenset({"received", "assessed", "on_case", "told", "answered_directly", "closed", "rejected"}),
        "case": frozenset({"open", "answered"}),
    }
)
"""States that the desk's own code asks for, by life; the pack may have more."""

CODE_MOVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ticket": frozenset(
            {
                "assess",
                "file",
                "tell",
                "call_back",
                "close_direct",
                "close_anonymous",
                "bot_answer",
                "join_matter",
                "reopen",
                "city_withdraw",
                "city_take_back",
            }
        ),
        "case": frozenset({"dispatch", "answer", "rework", "close"}),
    }
)
"""Transitions that the desk's own code makes, by life; the pack may have more."""

SYSTEM_MOVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ticket": frozenset(
            {"assess", "tell", "close_direct", "close_anonymous", "bot_answer", "join_matter", "reopen"}
        ),
        "case": frozenset({"rework", "close"}),
    }
)
"""Those of them that nobody's word is waited for: the role ``system`` makes them."""
