"""What must hold in and between the tables: units, taxonomy, dispatch directory, gazetteer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

from district.directory import COMMUNITY, STREET, Directory
from district.draft import Draft
from district.reading import Model, Problems, Stated
from district.schemas import Category, DirectoryLine, Place, PlaceKind, Unit, UnitKind

AREA_RULES = (STREET, COMMUNITY)


def check_tables(draft: Draft, problems: Problems) -> None:
    """Note every breach in the four tables."""
    units = {each.rule.code: each for each in draft.units}
    check_units(draft, units, problems)
    check_taxonomy(draft, problems)
    check_directory(draft, units, problems)
    if "units.csv" not in draft.broken:
        for place in draft.places:
            _check_place(place, units, problems)
    once(draft.places, _spot, "地名“{0.name}”在同一处", problems)


def once(
    stated: Iterable[Stated[Model]],
    key: Callable[[Model], Hashable],
    what: str,
    problems: Problems,
    *inner: str,
) -> None:
    """No two rules have the same key; ``what`` is a format of the rule that names it."""
    seen: dict[Hashable, int] = {}
    for each in stated:
        found = key(each.rule)
        line = each.document.line(*each.path, *inner)
        if found in seen:
            each.note(problems, f"{what.format(each.rule)}重复，第 {seen[found]} 行已有", *inner)
        seen.setdefault(found, line)


def check_units(draft: Draft, units: Mapping[str, Stated[Unit]], problems: Problems) -> None:
    """Codes and names are there once; the tree hangs together; a community hangs below its street."""
    once(draft.units, lambda unit: unit.code, "单位编号“{0.code}”", problems)
    once(draft.units, lambda unit: unit.name, "单位名称“{0.name}”", problems)
    for unit in draft.units:
        rule = unit.rule
        parent = units.get(rule.parent or "")
        if rule.parent and parent is None and "units.csv" not in draft.broken:
            unit.note(problems, f"没有上级单位“{rule.parent}”")
        if rule.kind is UnitKind.COMMUNITY and (parent is None or parent.rule.kind is not UnitKind.STREET):
            unit.note(problems, f"社区“{rule.name}”的上级须是街道")
        if rule.code in _above(rule, units):
            unit.note(problems, f"单位“{rule.code}”的上级绕了一圈又回到它自己")


def _above(unit: Unit, units: Mapping[str, Stated[Unit]]) -> dict[str, None]:
    """Codes of all units above, nearest first; the unit's own among them where its parents run in a circle."""
    above: dict[str, None] = {}
    code = unit.parent
    while code and code in units and code not in above:
        above[code] = None
        code = units[code].rule.parent
    return above


def check_taxonomy(draft: Draft, problems: Problems) -> None:
    """Codes and paths are there once; code, path and parent's path agree."""
    once(draft.categories, lambda category: category.code, "分类编号“{0.code}”", problems)
    once(draft.categories, lambda category: category.path, "分类“{0.name}”的路径", problems)
    paths = {each.rule.code: each.rule.path for each in draft.categories}
    for category in draft.categories:
        rule = category.rule
        above = rule.code[:-2]
        if len(rule.code) != 2 * rule.level:
            category.note(problems, f"编号“{rule.code}”是第 {len(rule.code) // 2} 级，名称却填到第 {rule.level} 级")
        elif above and above in paths and paths[above] != rule.path[:-1]:
            category.note(problems, f"上级分类“{above}”名为“{'/'.join(paths[above])}”，与本行不一致")
        elif above and above not in paths and "taxonomy.csv" not in draft.broken:
            category.note(problems, f"没有上级分类“{above}”的一行")


def check_directory(draft: Draft, units: Mapping[str, Stated[Unit]], problems: Problems) -> None:
    """Numbers are there once; lines name what there is; every third-level category can be dispatched."""
    once(draft.directory, lambda line: line.line, "条目编号“{0.line}”", problems)
    once(draft.directory, lambda line: (line.category, line.area), "分类“{0.category}”在同一范围的条目", problems)
    codes = {each.rule.code for each in draft.categories}
    for line in draft.directory:
        if line.rule.category not in codes and "taxonomy.csv" not in draft.broken:
            line.note(problems, f"没有分类“{line.rule.category}”")
        if "units.csv" not in draft.broken:
            _check_line_units(line, units, problems)
    if "directory.csv" not in draft.broken:
        directory = Directory((line.rule for line in draft.directory), version="")
        for category in draft.categories:
            _check_covered(category, directory, problems)


def _check_line_units(line: Stated[DirectoryLine], units: Mapping[str, Stated[Unit]], problems: Problems) -> None:
    for code in (line.rule.lead, *line.rule.co_units):
        if code.startswith("@") and code not in AREA_RULES:
            line.note(problems, f"不认识的属地规则“{code}”，可用 {'、'.join(AREA_RULES)}")
        elif not code.startswith("@") and code not in units:
            line.note(problems, f"没有单位“{code}”")
    area = line.rule.area
    if area and (area not in units or units[area].rule.kind is not UnitKind.STREET):
        line.note(problems, f"适用范围“{area}”不是街道的编号")


def _check_covered(category: Stated[Category], directory: Directory, problems: Problems) -> None:
    rule = category.rule
    if rule.level == 3 and directory.line_for(rule.code, None) is None:
        category.note(problems, f"三级分类 {rule.code} {rule.name} 没有不限街道的派单目录条目（directory.csv）")


def _check_place(place: Stated[Place], units: Mapping[str, Stated[Unit]], problems: Problems) -> None:
    rule = place.rule
    street, community = units.get(rule.street), units.get(rule.community or "")
    if street is None or street.rule.kind is not UnitKind.STREET:
        place.note(problems, f"“{rule.street}”不是街道的编号")
    if rule.community and (community is None or community.rule.kind is not UnitKind.COMMUNITY):
        place.note(problems, f"“{rule.community}”不是社区的编号")
    elif community is not None and community.rule.parent != rule.street:
        place.note(problems, f"社区“{rule.community}”不在街道“{rule.street}”之下")
    if rule.kind is PlaceKind.COMMUNITY and not rule.community:
        place.note(problems, f"社区“{rule.name}”没有填社区编号")
    if rule.from_number and rule.to_number and rule.to_number < rule.from_number:
        place.note(problems, f"门牌 {rule.from_number}—{rule.to_number} 前大后小")
    for alias in rule.aliases:
        if len(alias) < 2:
            place.note(problems, f"别名“{alias}”只有一个字，会在无关的词里被认出")


def _spot(place: Place) -> tuple[object, ...]:
    return place.name, place.kind, place.street, place.community, place.from_number, place.to_number
