"""The parts of a DOCX or XLSX that is to be imported."""

from __future__ import annotations

from collections.abc import Mapping

from district import office_package
from district.errors import UnfitPackage
from knowledge.errors import UnfitFile


def open_package(payload: bytes, folder: str, what: str) -> Mapping[str, bytes]:
    """The XML parts by name, the contents in ``folder``. ``what`` is the kind of file people know ("DOCX 文档").

    Raises ``UnfitFile``.
    """
    try:
        parts = office_package.open_package(payload)
    except UnfitPackage as problem:
        raise UnfitFile(problem.why) from problem
    if not any(name.lower().startswith(folder) for name in parts):
        raise UnfitFile(f"是压缩包，但不是 {what}，请确认文件内容与后缀一致")
    return parts
