"""The cells of the role matrix, and the doors by which an act is tried: a script's, a form's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import httpx

from tests.integration.role_desk import RoleDesk
from tests.integration.role_matters import SATISFIED
from tests.integration.role_rules import STANDINGS, Book, Cell, Standing, Verdict

CELLS = tuple(Book().cells())
WRONG = {Verdict.REFUSED: (403, "not-allowed"), Verdict.CONFLICT: (409, "wrong-state")}
Attempt = Callable[[RoleDesk, Standing, Cell], httpx.Response]


def by_script(desk: RoleDesk, who: Standing, cell: Cell) -> httpx.Response:
    key, given = desk.key(cell), desk.given(cell.given)
    if cell.act == "decide":
        return desk.send(who, "POST", f"/api/v1/requests/{key}/decision", {"approve": True, "text": "同意"})
    if cell.life == "case":
        way = "requests" if cell.act == "ask" else "transitions"
        return desk.send(who, "POST", f"/api/v1/cases/{key}/{way}/{cell.name}", given)
    if "callback" in cell.given.get("needs", ()):
        return desk.send(who, "POST", f"/api/v1/tickets/{key}/callbacks", SATISFIED)
    return desk.send(who, "POST", f"/api/v1/tickets/{key}/transitions/{cell.name}", given)


def by_form(desk: RoleDesk, who: Standing, cell: Cell) -> httpx.Response:
    """Sent once more where the page asks whether it shall go out with its warnings (答复体检)."""
    path, given = _form(desk, cell)
    answer = desk.submit(who, "POST", path, given)
    asked = re.search(r'name="despite" value="([^"]+)"', answer.text)
    return desk.submit(who, "POST", path, given | {"despite": asked[1]}) if asked else answer


def _form(desk: RoleDesk, cell: Cell) -> tuple[str, dict[str, str]]:
    key, given = desk.key(cell), desk.given(cell.given)
    if cell.act == "decide":
        return f"/requests/{key}/decide", {"verdict": "approve", "text": "同意"}
    if cell.life == "case":
        return f"/cases/{key}/{'ask' if cell.act == 'ask' else 'do'}/{cell.name}", given
    if "callback" in cell.given.get("needs", ()):
        heard = {"reached": "yes", "contacted": "yes", "resolved": "yes", "satisfaction": "satisfied"}
        return f"/tickets/{key}/callback", heard
    return f"/tickets/{key}/do/{cell.name}", given


def wrong(desk: RoleDesk, who: Standing, cell: Cell, attempt: Attempt) -> str:
    """What the product does otherwise than the pack says; empty when they agree."""
    said = desk.book.verdict(cell, who, in_hand=desk.is_in_hand(cell))
    answer = attempt(desk, who, cell)
    scripted = answer.request.url.path.startswith("/api/")
    unchanged = desk.seen() == desk.before
    complaint = ""
    if said in (Verdict.MOVES, Verdict.ASKS):
        if not (answer.is_success if scripted else answer.status_code == 303) or unchanged:
            complaint = "the pack allows it"
    else:
        status, kind = WRONG.get(said, (404, f"unknown-{'ticket' if cell.life == 'ticket' else 'case'}"))
        if answer.status_code != status or (scripted and not answer.json()["type"].endswith(f":{kind}")):
            complaint = f"the pack says {said}"
        elif not unchanged:
            complaint = "refused, and something was changed"
    if not unchanged:
        desk.put_back()
    return f"{who}: {cell}: {complaint}, {answer.status_code} {answer.text[:160]}" if complaint else ""


def complaints(desk: RoleDesk, cells: Iterable[Cell], attempt: Attempt) -> list[str]:
    return [found for cell in cells for who in STANDINGS if (found := wrong(desk, who, cell, attempt))]


def first_of_each(cells: Iterable[Cell]) -> list[Cell]:
    """Each act from one of its states."""
    return list({(cell.life, cell.act, cell.name): cell for cell in reversed(tuple(cells))}.values())
