"""Every error of the rooms reaches people as a sentence: mapped by itself or by its base, in words that can be made."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

import api
from api import errors as edge

ROOMS = ("district", "storage", "channels", "triage", "knowledge", "casework")


def subclasses(base: type[Exception]) -> Iterator[type[Exception]]:
    for each in base.__subclasses__():
        yield each
        yield from subclasses(each)


def errors_of(room: str) -> list[type[Exception]]:
    """Every error below the room's base class, wherever it is defined."""
    module = importlib.import_module(f"{room}.errors")
    own = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__]
    (base,) = (each for each in own if issubclass(each, Exception) and Exception in each.__bases__)
    return sorted(set(subclasses(base)), key=lambda each: each.__name__)


ERRORS = [pytest.param(each, id=f"{room}.{each.__name__}") for room in ROOMS for each in errors_of(room)]
TO_COMMANDS = (
    "api.assistants",
    "api.cli",
    "api.demo",
    "api.golden",
    "api.jobs",
    "api.previews.draw",
    "api.routes.open311",
    "api.setting_up",
    "api.standins",
)
"""Errors of these are told on the terminal that gave the command, to the program that started it, by a stand-in in the platform's own way, or in the documents of Open311."""


def errors_of_the_edge() -> list[type[Exception]]:
    """Every error that a module behind the web server defines."""
    names = [module.name for module in pkgutil.walk_packages(api.__path__, "api.")]
    modules = [importlib.import_module(name) for name in names if not name.startswith(TO_COMMANDS)]
    found = {
        each
        for module in modules
        for _, each in inspect.getmembers(module, inspect.isclass)
        if each.__module__ == module.__name__ and issubclass(each, Exception)
    }
    return sorted(found, key=lambda each: each.__name__)


EDGE = [pytest.param(each, id=f"{each.__module__}.{each.__name__}") for each in errors_of_the_edge()]


def example(kind: type[Exception]) -> Exception:
    """An instance with plausible values, by the names and annotations of its constructor."""
    parameters = inspect.signature(kind.__init__).parameters.values()
    wanted = [each for each in parameters if each.name != "self" and each.default is each.empty]
    if any(each.kind is each.VAR_POSITIONAL for each in wanted):
        return kind("说明")
    values: dict[str, Any] = {each.name: value_of(str(each.annotation)) for each in wanted}
    return kind(**values)


def value_of(annotation: str) -> Any:
    if annotation.startswith(("Mapping", "dict")):
        return {"code": "说明"}
    if annotation.startswith(("Sequence", "Iterable", "list", "tuple", "Collection")):
        return []
    if annotation.startswith(("int", "float")):
        return 3
    if annotation.startswith("datetime"):
        return datetime(2026, 3, 24)
    return "说明"


@pytest.mark.parametrize("kind", [*ERRORS, *EDGE])
def test_an_error_is_told_in_a_sentence_people_can_act_on(kind: type[Exception]) -> None:
    error = example(kind)
    mapped = edge.problem_of(error)
    assert mapped is not None, f"{kind.__name__} is not mapped in api/errors.py"
    status, slug, _ = mapped
    assert 400 <= status < 600
    assert re.fullmatch(r"[a-z-]+", slug)
    assert re.search(r"[\u4e00-\u9fff]", edge.sentence(error))
