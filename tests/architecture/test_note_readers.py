"""Internal notes never go out: all that knows them is named here, with whose eyes it is for."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
READS_NOTES = {
    "casework/dialogue/notes.py": "the rules",
    "casework/erased_parts.py": "erases them",
    "api/dialogue_views.py": "staff",
    "api/routes/conversations.py": "staff",
    "api/routes/tickets.py": "staff",
    "api/web/talk.py": "staff",
}


def knows_notes(file: Path) -> bool:
    imports = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if str(node.module).startswith("casework.dialogue")]
    named = {each.name for node in ours for each in node.names}
    return bool(named & {"notes", "note_tables", "InternalNote"}) or any(
        str(node.module).endswith((".notes", ".note_tables")) for node in ours
    )


def test_nothing_that_writes_to_residents_or_platforms_knows_the_notes() -> None:
    files = (each for room in ("casework", "api", "storage", "knowledge") for each in (ROOT / room).rglob("*.py"))
    assert {file.relative_to(ROOT).as_posix() for file in files if knows_notes(file)} == READS_NOTES.keys()
