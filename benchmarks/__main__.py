"""Take all figures, or the named ones, and print each beside its baseline."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import cases, conversations, intake, live_calls, pages, searching, serving, sheets, thinking
from benchmarks.figures import Figure
from benchmarks.place import Place, place

BENCHMARKS: dict[str, Callable[[Place], list[Figure]]] = {
    "intake": intake.run,
    "sheet": sheets.run,
    "classification": thinking.classifications,
    "suggestion": thinking.suggestions,
    "search": lambda place: thinking.searches(place) + searching.engines(place) + searching.changes(place),
    "typing": searching.completions,
    "cases": cases.run,
    "start": serving.starts,
    "webhook": serving.webhook,
    "live_calls": live_calls.run,
    "chats": conversations.chats,
    "acknowledgement": conversations.acknowledgements,
    "pages": pages.run,
}


def main() -> None:
    """Figures go to stdout, progress to stderr. Exit 1 when a benchmark failed, not when an aim was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(BENCHMARKS), help="this one; may be repeated")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--home", type=Path, help="a home that is set up; a copy is used and saves the setting up")
    given = parser.parse_args()
    _say("setting a home up …")
    figures: list[Figure] = []
    failed = []
    with place(given.home) as made:
        for name in given.only or BENCHMARKS:
            started = time.monotonic()
            try:
                found = BENCHMARKS[name](made)
            except Exception as problem:
                failed.append(name)
                _say(f"FAILED {name}: {type(problem).__name__}: {problem}")
                continue
            figures += found
            _say(f"{name}: {time.monotonic() - started:.0f} s")
            if not given.json:
                print("\n".join(figure.line() for figure in found), flush=True)
    if given.json:
        print(json.dumps(_document(figures, failed), ensure_ascii=False, indent=1))
    sys.exit(1 if failed else 0)


def _document(figures: list[Figure], failed: list[str]) -> dict[str, object]:
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
    }
    return {"machine": machine, "figures": [figure.document() for figure in figures], "failed": failed}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
