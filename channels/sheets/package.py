"""The parts of an XLSX, for openpyxl's parsers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from channels.errors import UnreadableMessage
from district import office_package
from district.errors import UnfitPackage


@dataclass(frozen=True, slots=True)
class Parts:
    """The XML parts of a workbook by name, measured; ``read`` is what openpyxl asks of an archive."""

    contents: Mapping[str, bytes]

    def read(self, name: str) -> bytes:
        """The bytes of a part. Raises ``KeyError``."""
        return self.contents[name]


def open_package(payload: bytes) -> Parts:
    """The parts that hold sheets, strings and formats. Raises ``UnreadableMessage`` with what is wrong."""
    try:
        parts = office_package.open_package(payload)
    except UnfitPackage as problem:
        raise UnreadableMessage("xlsx", problem.why) from problem
    if "xl/workbook.xml" not in parts:
        raise UnreadableMessage("xlsx", "压缩包里没有工作簿，请上传另存为 .xlsx 的表格")
    return Parts(parts)
