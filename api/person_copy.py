"""The copy of a person's data as a file: JSON for machines, HTML to read, in one ZIP archive."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from fastapi.responses import Response

from api.desk import Desk
from api.web import render
from casework import person_file, person_requests
from casework.actors import Actor


def fetch(desk: Desk, key: str, actor: Actor) -> Response:
    """The archive of an approved request, to be saved, on record. Raises as ``person_requests.fetch`` does."""
    now = desk.now()
    with desk.database.write.begin() as session:
        request = person_requests.get(session, key)
        resident = person_requests.fetch(session, desk.district, request, actor=actor, now=now)
        copy = person_file.gather(session, desk.district, resident, now=now)
    headers = {"content-disposition": 'attachment; filename="person.zip"', "cache-control": "no-store"}
    return Response(archive(copy), media_type="application/zip", headers=headers)


def archive(copy: dict[str, Any]) -> bytes:
    """A ZIP archive of ``person.json`` and ``person.html``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("person.json", json.dumps(copy, ensure_ascii=False, indent=1))
        made.writestr("person.html", render.document("person_copy.html", copy=copy))
    return out.getvalue()
