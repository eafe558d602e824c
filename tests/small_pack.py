"""The demo pack with a few of its categories: for what is stated of learning and not of how much was learnt.

A model of the whole pack takes twenty seconds of a processor, one of this pack two.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

import packs

DEMO = Path(packs.__file__).parent / "demo"
KEPT = ("01", "10", "11", "1602")
"""Categories with what is below them: street cleaning, the city's works, housing, and sport, of which an order is."""
EXAMPLES = 100
"""Sentences of ``examples.csv`` that are kept: the first ones of each kind, of which there are two dozen."""


def write(folder: Path) -> Path:
    """Write the pack into ``folder``, which is not there yet. It passes every check that the demo pack passes."""
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py", "pairs.jsonl"))
    _keep_rows(folder / "taxonomy.csv", lambda row: row["code"].startswith(KEPT) or row["code"] == "16")
    for name in ("directory.csv", "city_categories.csv"):
        _keep_rows(folder / name, lambda row: row["category"].startswith(KEPT))
    _thin_examples(folder / "examples.csv")
    for file in ("appeals.jsonl", "tellings.jsonl", "chats.jsonl"):
        _keep_lines(folder / "samples" / file)
    letters = folder / "samples" / "letters.yaml"
    _rewrite_yaml(letters, lambda rows: [row for row in rows if str(row.get("category", "")).startswith(KEPT)])
    _rewrite_yaml(folder / "asks.yaml", _of_kept)
    for article in (folder / "articles").iterdir():
        if not _is_of_kept(article):
            article.unlink()
    return folder


def _keep_rows(file: Path, wanted: Callable[[dict[str, str]], bool]) -> None:
    with file.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        names, rows = list(reader.fieldnames or ()), [row for row in reader if wanted(row)]
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _thin_examples(file: Path) -> None:
    seen: dict[tuple[str, str], int] = {}

    def first(row: dict[str, str]) -> bool:
        kind = row["urgency"], row["request_type"]
        seen[kind] = seen.get(kind, 0) + 1
        return seen[kind] <= EXAMPLES

    _keep_rows(file, first)


def _keep_lines(file: Path) -> None:
    rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(row for row in rows if json.loads(row).get("category", "").startswith(KEPT)), "utf-8")


def _rewrite_yaml(file: Path, change: Callable[[Any], Any]) -> None:
    document = change(yaml.safe_load(file.read_text(encoding="utf-8")))
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")


def _of_kept(document: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The questions that are asked of kept categories, of those alone."""
    for ask in document["asks"]:
        ask["categories"] = [code for code in ask["categories"] if code.startswith(KEPT)]
    return document | {"asks": [ask for ask in document["asks"] if ask["categories"]]}


def _is_of_kept(article: Path) -> bool:
    """Whether an article is of a kept category, or of none."""
    _, head, _ = article.read_text(encoding="utf-8").split("---\n", 2)
    return str(yaml.safe_load(head).get("category") or KEPT[0]).startswith(KEPT)
