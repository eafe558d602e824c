"""Trained models and the search index of a home: made from the pack at set-up, loaded when needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.desk import NotSetUp
from district.articles import load_articles
from knowledge import articles
from knowledge.following import IndexFollower
from storage.database import new_id

if TYPE_CHECKING:
    from api.desk import Desk
    from knowledge.analysis import Analyzer
    from knowledge.index import SearchIndex
    from triage.assess import Engine
    from triage.model import Model

PROMOTED = "PROMOTED"
ENGINES = ("whoosh",)


def promoted(desk: Desk) -> str | None:
    """The version in use, or None."""
    name = _pointed_at(desk)
    return name if name and (desk.models / name / "manifest.json").is_file() else None


def _pointed_at(desk: Desk) -> str:
    """The version that was promoted last, whole or not; empty where none was."""
    pointer = desk.models / PROMOTED
    return pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""


def promote(desk: Desk, version: str) -> None:
    """Use this version from now on. Raises as ``load_model`` does, and the one in use stays."""
    load_model(desk, version)
    part = desk.models / f".{PROMOTED}.{new_id()}"
    part.write_text(version, encoding="utf-8")
    part.replace(desk.models / PROMOTED)
    desk.reload_engine()


def list_versions(desk: Desk) -> list[dict[str, Any]]:
    """Stored versions with their figures, the newest last."""
    current = promoted(desk)
    found = []
    for version in sorted(_stored(desk), key=_order):
        try:
            document = json.loads((desk.models / version / "model.json").read_text(encoding="utf-8"))
            figures = dict(document["figures"])
        except (OSError, ValueError, KeyError, TypeError):
            figures = {}  # damaged: said by whoever would use it
        data = figures.pop("data", {})
        found.append({"version": version, "promoted": version == current, "figures": figures, "data": data})
    return found


def _stored(desk: Desk) -> list[str]:
    """Versions that are whole."""
    return [path.parent.name for path in desk.models.glob("*/manifest.json") if not path.parent.name.startswith(".")]


def _order(version: str) -> tuple[str, int]:
    """The day and the number of that day, so that the tenth follows the ninth."""
    day, _, number = version.rpartition(".")
    return day, int(number) if number.isdecimal() else 0


def next_version(desk: Desk) -> str:
    """The day, and the number of the day's next model."""
    day = desk.now().astimezone(desk.district.calendars.zone)
    today = [number for made, number in map(_order, _stored(desk)) if made == f"{day:%Y-%m-%d}"]
    return f"{day:%Y-%m-%d}.{1 + max(today, default=0)}"


def load_model(desk: Desk, version: str) -> Model:
    """A stored model of this desk. Raises ``NotSetUp`` and ``UnusableModel``, also for one of another desk's."""
    from triage.errors import UnusableModel
    from triage.model import load

    if Path(version).name != version or not (desk.models / version).is_dir():
        raise NotSetUp(f"模型 {version}")
    found = load(desk.models / version)
    if found.version != version:
        raise UnusableModel(version, f"文件夹里是模型 {found.version}")
    if strange := next((code for code in found.category.labels if code not in desk.district.taxonomy), ""):
        raise UnusableModel(version, f"它的分类 {strange} 不在本区分类表中")
    return found


def pointer_stamp(desk: Desk) -> tuple[int, int] | None:
    """What changes with every promotion, at the price of asking the file system once; None where none is promoted."""
    try:
        found = (desk.models / PROMOTED).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def load_engine(desk: Desk) -> Engine:
    """The engine with the promoted model. Raises ``NotSetUp`` and ``UnusableModel``."""
    from triage.assess import Engine

    if not (name := _pointed_at(desk)):
        raise NotSetUp("研判模型")
    return Engine(desk.district, load_model(desk, name))


def open_index(desk: Desk) -> IndexFollower:
    """The index of this home, behind its follower, loaded and caught up."""
    analyzer = _analyzer(desk)
    index = _index(desk, analyzer)
    analyzer.load()
    follower = IndexFollower(desk.database, index)
    follower.catch_up()
    return follower


def index_stands(desk: Desk) -> bool:
    """Whether this home has an index to search. Reads its files only, without the dictionary (about a second)."""
    index = _index(desk, _analyzer(desk))
    try:
        return index.ready()
    finally:
        index.close()


def _analyzer(desk: Desk) -> Analyzer:
    from knowledge.analysis import Analyzer

    return Analyzer(desk.home / "words")


def _index(desk: Desk, analyzer: Analyzer) -> SearchIndex:
    from knowledge.errors import UnknownEngine
    from knowledge.whoosh_index import WhooshIndex

    name = desk.settings.search_engine
    if name not in ("auto", *ENGINES):
        raise UnknownEngine(name, ENGINES)
    return WhooshIndex(desk.home / "index", analyzer=analyzer)


def import_pack_articles(desk: Desk) -> int:
    """Import the pack's articles; importing again changes nothing. Return how many were added or changed."""
    district = desk.district
    sources = load_articles(district.folder, categories=district.taxonomy, units=district.units)
    with desk.database.write.begin() as session:
        report = articles.import_sources(session, sources, actor="pack", now=desk.now(), publish_them=True)
    return report.added + report.updated
