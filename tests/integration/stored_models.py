"""Stored models as a test wants them: a second version without training one, and whatever can befall a folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api import models
from api.desk import Desk
from api.settings import Settings
from tests.integration.commands import Command


def desk_of(command: Command) -> Desk:
    pack = command.environment.get("YINGSHENG_PACK", "demo")
    return Desk(Settings(home=command.home, pack=pack, _env_file=None))  # type: ignore[call-arg]


def in_use(desk: Desk) -> str:
    version = models.promoted(desk)
    assert version is not None
    return version


def rewrite(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change a JSON file of a model, and the manifest with it."""
    document = change(json.loads((folder / name).read_text(encoding="utf-8")))
    (folder / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8", errors="surrogatepass")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def forget_file(folder: Path, name: str) -> None:
    """As if the model had been stored without this file."""
    (folder / name).unlink()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest[name]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def as_version(desk: Desk, version: str, *, like: str = "", refused: str = "") -> Path:
    """A model of this version, in all else the like of another, by default the one in use."""
    folder = Path(shutil.copytree(desk.models / (like or in_use(desk)), desk.models / version))

    def named(document: dict[str, Any]) -> dict[str, Any]:
        document["figures"]["data"]["refused"] = refused
        return document | {"version": version}

    rewrite(folder, "model.json", named)
    return folder


def foreign(folder: Path) -> None:
    """As if another district had trained it."""

    def renamed(document: dict[str, Any]) -> dict[str, Any]:
        document["heads"]["category"]["labels"][0] = "999999"
        return document

    rewrite(folder, "model.json", renamed)


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (lambda folder: (folder / "category.bias.npy").write_bytes(b"x"), "category.bias.npy 与清单不符"),
    "without a file": (lambda folder: (folder / "category.bias.npy").unlink(), "缺少文件 category.bias.npy"),
    "without manifest": (lambda folder: (folder / "manifest.json").unlink(), "缺少文件 manifest.json"),
    "manifest cut": (lambda folder: (folder / "manifest.json").write_text("{"), "内容不成模型"),
    "without folder": (shutil.rmtree, "没有这个版本的文件夹"),
    "another district's": (foreign, "999999 不在本区分类表中"),
}
