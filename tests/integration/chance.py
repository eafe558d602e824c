"""What on a page is drawn by chance, and so holds any four figures now and then."""

from __future__ import annotations

import re

BY_CHANCE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # ids
    r"|(?<=\d\d:\d\d:\d\d)\.\d{1,6}"  # fractions of a second
    r'|(?<=name="csrf" value=")[^"]+|(?<=name="csrf"value=")[^"]+'  # tokens, as read with and without their spaces
)
"""Where four figures also come up by chance."""
