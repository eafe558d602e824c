"""Open311 GeoReport v2: the documents, as XML and JSON.

Element names and their order are the specification's (wiki.open311.org/GeoReport_v2). A document is a list of flat
records; in XML the list has a name and so has each record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal
from xml.etree import ElementTree as ET

from fastapi import Response

Format = Literal["xml", "json"]
Record = Mapping[str, str | float | bool | None]

MEDIA = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}


def document(kind: Format, names: tuple[str, str], records: Sequence[Record], status: int = 200) -> Response:
    """The records as the client asked for them; ``names`` are those of the list and of a record, for XML."""
    if kind == "json":
        body = json.dumps([dict(record) for record in records], ensure_ascii=False)
    else:
        root = ET.Element(names[0])
        for record in records:
            one = ET.SubElement(root, names[1])
            for name, value in record.items():
                ET.SubElement(one, name).text = _words(value)
        body = ET.tostring(root, encoding="unicode", xml_declaration=False)
        body = f'<?xml version="1.0" encoding="utf-8"?>\n{body}'
    return Response(body.encode("utf-8", "replace"), status, media_type=MEDIA[kind])


def refusal(kind: Format, status: int, why: str) -> Response:
    """An error document: its code is the HTTP status, as the specification has it."""
    return document(kind, ("errors", "error"), [{"code": str(status), "description": why}], status)


def _words(value: str | float | bool | None) -> str:  # noqa: FBT001  (a record's value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else "".join(mark for mark in str(value) if mark >= " " or mark in "\t\n\r")
