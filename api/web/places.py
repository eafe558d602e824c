"""Where in a page's HTML a piece of a template's text stands: between tags, in a tag, in the value of an attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

READ = frozenset(
    {"title", "alt", "aria-label", "placeholder", "label", "data-confirm", "data-label", "data-exact", "data-sign"}
)
"""Attributes whose value people read."""
KEPT = frozenset({"script", "style", "textarea"})
"""Elements whose text is not the page's own words."""
_TAG = re.compile(r"<!--|<(/?)([a-z0-9!]+)")
_IN_TAG = re.compile(r"""([\w-]+)=(["'])|>""")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the HTML; ``element`` is the one whose tag, or text, it is."""

    kind: Literal["text", "tag", "value", "comment"] = "text"
    element: str = ""
    attribute: str = ""
    quote: str = ""

    @property
    def is_read(self) -> bool:
        """Whether people read what stands there as the page's own words."""
        return self.attribute in READ if self.kind == "value" else self.kind == "text" and self.element not in KEPT


TEXT = Place()


def pieces(data: str, place: Place) -> Iterator[tuple[str, Place]]:
    """The text, cut where one place ends and another begins; each piece with its place, the last with where it ends."""
    at = 0
    while True:
        end, after_sign, then = _next(data, at, place)
        if end > at:
            yield data[at:end], place
        if then is None:
            return
        yield (
            data[end:after_sign],
            replace(then, kind="tag", attribute="", quote="") if then.kind != "comment" else then,
        )
        place, at = then, after_sign
        if at == len(data):
            yield "", place
            return


def _next(data: str, at: int, place: Place) -> tuple[int, int, Place | None]:
    """Where the place ends, where the sign that ends it does, and the place after it; None beyond the data."""
    found = {"text": _after_text, "tag": _after_tag, "value": _after_value, "comment": _after_comment}[place.kind](
        data, at, place
    )
    return found or (len(data), len(data), None)


Found = tuple[int, int, Place] | None


def _after_text(data: str, at: int, place: Place) -> Found:
    if place.element in KEPT:
        end = data.find(f"</{place.element}", at)
        return (end, end + 2 + len(place.element), Place("tag")) if end >= 0 else None
    tag = _TAG.search(data, at)
    if tag is None:
        return None
    kind: Literal["comment", "tag"] = "comment" if tag[0] == "<!--" else "tag"
    return tag.start(), tag.end(), Place(kind, "" if tag[1] else tag[2] or "")


def _after_tag(data: str, at: int, place: Place) -> Found:
    sign = _IN_TAG.search(data, at)
    if sign is None:
        return None
    then = Place("text", place.element) if sign[0] == ">" else Place("value", place.element, sign[1], sign[2])
    return sign.start(), sign.end(), then


def _after_value(data: str, at: int, place: Place) -> Found:
    end = data.find(place.quote, at)
    return (end, end + 1, Place("tag", place.element)) if end >= 0 else None


def _after_comment(data: str, at: int, _place: Place) -> Found:
    end = data.find("-->", at)
    return (end, end + 3, TEXT) if end >= 0 else None
