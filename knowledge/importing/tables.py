"""Tables of documents as tables of Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def as_markdown(rows: Sequence[Sequence[str]]) -> str:
    """The rows as a Markdown table, the first as its head; a table of one column or row is text, as on a form."""
    filled = [list(row) for row in rows if any(cell.strip() for cell in row)]
    wide = max((len(row) for row in filled), default=0)
    used = [column for column in range(wide) if any(column < len(row) and row[column].strip() for row in filled)]
    filled = [[row[column].strip() if column < len(row) else "" for column in used] for row in filled]
    if len(used) == 1 or len(filled) == 1:
        return "\n\n".join(cell for row in filled for cell in row if cell)
    if not filled:
        return ""
    lines = [_line(filled[0]), _line(["---"] * len(used)), *(_line(row) for row in filled[1:])]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
