"""What can be wrong with a district's rules or with what is asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One breach found in a pack: file relative to the pack's folder, line counted from 1, a Chinese sentence."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DistrictError(Exception):
    """Base of all errors of this package."""


class PackError(DistrictError):
    """The pack cannot be used; ``problems`` lists everything that was found, not only the first."""

    def __init__(self, folder: str, problems: Sequence[Problem]) -> None:
        self.folder = folder
        self.problems: list[Problem] = list(problems)
        shown = "\n".join(str(problem) for problem in self.problems)
        super().__init__(f"规则包 {folder} 有 {len(self.problems)} 处问题：\n{shown}")


class PackNotFound(DistrictError):
    """Neither a pack shipped with the package nor a folder has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"找不到规则包“{name}”：既不是随程序发布的规则包，也不是一个文件夹")


class UnknownName(DistrictError):
    """The pack has no such unit, category, clock, calendar, state, transition, template or rate."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(known)
        super().__init__(f"规则包中没有{kind}“{name}”")


class TemplateFields(DistrictError):
    """A template was filled with too few fields, or with fields it does not have."""

    def __init__(self, template: str, *, missing: Iterable[str], unknown: Iterable[str]) -> None:
        self.template = template
        self.missing = tuple(sorted(missing))
        self.unknown = tuple(sorted(unknown))
        parts = [f"缺少 {'、'.join(self.missing)}"] if self.missing else []
        parts += [f"多出 {'、'.join(self.unknown)}"] if self.unknown else []
        super().__init__(f"模板“{template}”的填充项不符：{'；'.join(parts)}")


class NaiveTime(DistrictError):
    """A time without a zone was given; the desk computes with aware times only."""

    def __init__(self, given: object) -> None:
        super().__init__(f"时间 {given} 没有时区")


class CalendarNeverOpens(DistrictError):
    """A calendar is closed for more than two years on end, so no deadline can be computed."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"日历“{name}”连续两年没有开放时间")


class UnfitPackage(DistrictError):
    """An Office file is broken, or made to harm whoever opens it; ``why`` is Chinese and says what to do."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)
