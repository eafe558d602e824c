"""Which engine serves an index: one by name, or ``auto``, which goes by the number of articles."""

from __future__ import annotations

from pathlib import Path

from knowledge.analysis import Analyzer
from knowledge.engine import Engine
from knowledge.errors import UnknownEngine
from knowledge.generations import Kind
from knowledge.local_index import Choice, LocalIndex
from knowledge.tantivy_index import TantivyEngine
from knowledge.whoosh_index import WhooshEngine

AUTO = "auto"
NAMES = (WhooshEngine.name, TantivyEngine.name)
MOST_FOR_WHOOSH = 2_000
"""Beyond so many articles Tantivy serves: Whoosh's part of them would all be held in memory."""
BACK_TO_WHOOSH = 1_800
"""An index that Tantivy serves goes back at so many: articles that come and go do not move it to and fro."""


def by_number(articles: int, serving: Kind) -> str:
    """The engine for so many articles, given what serves them now: what a person chose stays."""
    if serving.chosen:
        return serving.engine
    most = BACK_TO_WHOOSH if serving.engine == TantivyEngine.name else MOST_FOR_WHOOSH
    return WhooshEngine.name if articles <= most else TantivyEngine.name


def check(name: str) -> None:
    """Raises ``UnknownEngine`` for what is neither ``auto`` nor an engine."""
    if name not in (AUTO, *NAMES):
        raise UnknownEngine(name, (AUTO, *NAMES))


def open_index(folder: Path, name: str = AUTO, *, analyzer: Analyzer | None = None) -> LocalIndex:
    """The index in ``folder`` under the engine of this name. Raises ``UnknownEngine``.

    It searches what either engine has made there, and says through ``outgrown`` that another should make it anew.
    """
    check(name)
    engines: list[Engine] = [WhooshEngine(), TantivyEngine()]
    return LocalIndex(folder, engines, by_number if name == AUTO else _always(name), analyzer=analyzer)


def _always(name: str) -> Choice:
    return lambda _articles, _serving: name
