"""Trained models and the search index of a home: made from the pack at set-up, loaded when needed."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from district.articles import load_articles
from knowledge import articles
from knowledge.following import IndexFollower
from storage.database import new_id

if TYPE_CHECKING:
    from api.desk import Desk
    from knowledge.analysis import Analyzer
    from knowledge.index import SearchIndex
    from triage.model import Model

PROMOTED = "PROMOTED"
NAMELESS = "(空)"
"""What a pointer that names nothing is taken to name: a version that is not there."""

_TURN = ".turn"
_VERSION = re.compile(r"\d{4}-\d\d-\d\d\.[1-9]\d*")


class ModelInUseBroken(Exception):
    """The model in use cannot be loaded, so nothing new can be compared with it; ``usable`` are versions that can."""

    def __init__(self, version: str, why: str, usable: Sequence[str]) -> None:
        self.version = version
        self.why = why
        self.usable = usable
        said_way = f"请先启用可用的版本：yingsheng promote {usable[0]}；或" if usable else "也没有别的可用版本；可"
        super().__init__(
            f"现用模型 {version} 不可用（{why}），新模型无从比较，没有训练或启用。"
            f"{said_way}不作比较、直接启用新模型：yingsheng train --without-comparison"
        )


def promoted(desk: Desk) -> str | None:
    """The version that was promoted last, whether it can be used or not; None where none was."""
    try:
        name = (desk.models / PROMOTED).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None
    return name or NAMELESS


def promote(desk: Desk, version: str) -> str:
    """Use this version from now on. Return the one before, if any.

    Raises ``UnusableModel``, and the one in use stays.
    """
    with in_turn(desk):
        before = promoted(desk)
        put_to_use(desk, load_model(desk, version))
    return before or ""


def put_to_use(desk: Desk, model: Model) -> None:
    """Point at this stored model. For who has the turn."""
    part = desk.models / f".{PROMOTED}.{new_id()}"
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(model.version)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave a pointer that names nothing
        part.replace(desk.models / PROMOTED)
    finally:
        part.unlink(missing_ok=True)
    desk.serving_model.take(model)


@contextmanager
def in_turn(desk: Desk) -> Iterator[None]:
    """One process at a time names, stores, compares and promotes: inside, versions and pointer are nobody else's.

    Waits for its turn. The turn of a process that dies is over, however it dies.
    """
    desk.models.mkdir(parents=True, exist_ok=True)
    handle = os.open(desk.models / _TURN, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def list_versions(desk: Desk) -> list[dict[str, Any]]:
    """Versions with their figures, the newest last; ``why`` says what is wrong with one that is not ``usable``.

    The promoted one is listed even where its folder is missing. Reads each of them whole (a tenth of a second).
    """
    current = promoted(desk)
    return [describe(desk, version, current) for version in sorted({*_stored(desk), current or ""} - {""}, key=_order)]


def describe(desk: Desk, version: str, current: str | None) -> dict[str, Any]:
    """A version as ``list_versions`` lists it."""
    why = fault(desk, version)
    try:
        document = json.loads((desk.models / version / "model.json").read_text(encoding="utf-8"))
        figures = dict(document["figures"])
    except (OSError, ValueError, KeyError, TypeError):
        figures = {}  # why it is so, is said
    data = figures.pop("data", {})
    return {
        "version": version,
        "promoted": version == current,
        "usable": not why,
        "why": why,
        "figures": figures,
        "data": _compared(data) if isinstance(data, dict) else {},
    }


def _compared(data: dict[str, Any]) -> dict[str, Any]:
    """Models once kept a verdict over no text; that was no comparison."""
    if (verdict := data.get("verdict")) and not verdict.get("texts"):
        return data | {"compared_with": "", "verdict": None, "uncompared": "没有可比较的诉求"}
    return data


def _stored(desk: Desk) -> list[str]:
    """Folders of models, whole or not."""
    return [
        path.name
        for path in desk.models.glob("[!.]*")
        if path.is_dir() and (_VERSION.fullmatch(path.name) or (path / "manifest.json").is_file())
    ]


def list_stored(desk: Desk) -> list[str]:
    """All versions that have a folder, the newest last; none is loaded."""
    return sorted(_stored(desk), key=_order)


def is_stored(desk: Desk, version: str) -> bool:
    """Whether there is a folder of this version, whole or not."""
    return version in _stored(desk)


def list_usable(desk: Desk) -> list[str]:
    """Versions that can be promoted, the newest last. Loads each of them to see."""
    return [version for version in sorted(_stored(desk), key=_order) if not fault(desk, version)]


def _order(version: str) -> tuple[str, int, str]:
    """The day and the number of that day, so that the tenth follows the ninth."""
    if not _VERSION.fullmatch(version):
        return "", 0, version
    day, _, number = version.rpartition(".")
    return day, int(number), version


def next_version(desk: Desk) -> str:
    """The day, and the number of the day's next model. Another's while one has not the turn (``in_turn``).

    Whatever has a number of the day has taken it: a broken model, and one that is pointed at and gone.
    """
    day = f"{desk.now().astimezone(desk.district.calendars.zone):%Y-%m-%d}"
    names = [path.name for path in desk.models.glob(f"{day}.*")] + [promoted(desk) or ""]
    return f"{day}.{1 + max((number for made, number, _ in map(_order, names) if made == day), default=0)}"


def load_model(desk: Desk, version: str) -> Model:
    """A stored model of this desk. Raises ``UnusableModel``, also for one of another desk's."""
    from triage.errors import UnusableModel
    from triage.model import load

    if Path(version).name != version or not (desk.models / version).is_dir():
        raise UnusableModel(version, "没有这个版本的文件夹")
    found = load(desk.models / version)
    if found.version != version:
        raise UnusableModel(version, f"文件夹里是模型 {found.version}")
    if strange := next((code for code in found.category.labels if code not in desk.district.taxonomy), ""):
        raise UnusableModel(version, f"它的分类 {strange} 不在本区分类表中")
    return found


def fault(desk: Desk, version: str) -> str:
    """Why this version cannot be used; empty where it can. Loads it to see."""
    from triage.errors import UnusableModel

    try:
        load_model(desk, version)
    except UnusableModel as problem:
        return problem.why
    return ""


def stand_in(desk: Desk, version: str) -> Model | None:
    """What serves while this version cannot: the newest usable one that is older, None where there is none.

    One that was refused is not asked: it was judged worse, and what is newer may have been rolled back from.
    """
    from triage.errors import UnusableModel

    for name in sorted(_stored(desk), key=_order, reverse=True):
        if _order(name) < _order(version):
            with suppress(UnusableModel):
                found = load_model(desk, name)
                if not found.figures.get("data", {}).get("refused"):
                    return found
    return None


def sound_or_none(desk: Desk) -> str | None:
    """The version in use, None where none is. Raises ``ModelInUseBroken`` where it cannot be loaded."""
    current = promoted(desk)
    if current and (why := fault(desk, current)):
        raise broken(desk, current, why)
    return current


def broken(desk: Desk, version: str, why: str) -> ModelInUseBroken:
    """The error, with the versions one might promote instead: what stands in, else the newest others."""
    found = stand_in(desk, version)
    return ModelInUseBroken(version, why, [found.version] if found else list_usable(desk)[::-1])


def pointer_stamp(desk: Desk) -> tuple[int, int] | None:
    """What changes with every promotion, at the price of asking the file system once; None where none is promoted."""
    try:
        found = (desk.models / PROMOTED).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def folder_stamp(desk: Desk) -> tuple[tuple[str, int, int, int], ...]:
    """What changes when a file of the promoted model is mended, damaged or comes; empty where it has no folder."""
    found = []
    try:
        for entry in os.scandir(desk.models / (promoted(desk) or NAMELESS)):
            status = entry.stat()
            found.append((entry.name, status.st_ino, status.st_size, status.st_ctime_ns))
    except (OSError, ValueError):  # ValueError: the pointer holds what is no name
        return ()
    return tuple(sorted(found))


def open_index(desk: Desk) -> IndexFollower:
    """The index of this home, behind its follower, loaded and caught up."""
    analyzer = desk.analyzer
    index = _index(desk, analyzer)
    desk.wordings.serve(index, analyzer)
    analyzer.load()
    follower = IndexFollower(desk.database, index)
    follower.catch_up()
    return follower


def index_stands(desk: Desk) -> bool:
    """Whether this home has an index to search. Reads its files only, without the dictionary (about a second)."""
    index = _index(desk, desk.analyzer)
    try:
        return index.ready()
    finally:
        index.close()


def _index(desk: Desk, analyzer: Analyzer) -> SearchIndex:
    from knowledge.engines import open_index

    return open_index(desk.home / "index", desk.settings.search_engine, analyzer=analyzer)


def import_pack_articles(desk: Desk) -> int:
    """Import the pack's articles; importing again changes nothing. Return how many were added or changed."""
    district = desk.district
    sources = load_articles(district.folder, categories=district.taxonomy, units=district.units)
    with desk.database.write.begin() as session:
        report = articles.import_sources(session, sources, actor="pack", now=desk.now(), publish_them=True)
    return report.count("added") + report.count("changed")
