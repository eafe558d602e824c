"""Makes the one file of icons that pages draw from: those that a template names, out of the installed icon set.

    python -m api.web.sprite ICONS_FOLDER SPRITE

A template draws one by ``{{ icon("phone") }}`` (``icons.html``); a name that the set does not have ends the command.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
_DRAWN = re.compile(r"""icon\(\s*["']([a-z0-9-]+)["']""")
_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def named(templates: Path = TEMPLATES) -> set[str]:
    """The names of the icons that templates draw."""
    return {name for file in templates.rglob("*.html") for name in _DRAWN.findall(file.read_text("utf-8"))}


def sprite(names: set[str], icons: Path) -> str:
    """One SVG with a symbol for each name. Raises ``FileNotFoundError`` for a name that is no icon of the set."""
    symbols = []
    for name in sorted(names):
        found = _INSIDE.search((icons / f"{name}.svg").read_text("utf-8"))
        drawing = " ".join(found.group(1).split()) if found else ""
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def main() -> None:
    icons, target = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        target.write_text(sprite(named(), icons), encoding="utf-8")
    except FileNotFoundError as missing:
        sys.exit(f"no such icon: {Path(str(missing.filename)).stem}")


if __name__ == "__main__":
    main()
