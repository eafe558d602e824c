"""How the words of templates are found, put into another language, and left alone where they are not the page's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from api.web import catalogue, render
from api.web.catalogue import of_code
from api.web.language import OTHERS, Catalogue
from api.web.translating import Unchanged, Worded, messages

TEMPLATES = Path(render.__file__).parent / "templates"
PLAIN = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True)


def _said(template: str, words: dict[str, str], **values: object) -> str:
    known = Catalogue(words)
    made = Worded(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.translate = known.translate
    made.filters["said"] = lambda value: known.said(value) if isinstance(value, str) else value
    return made.from_string(template).render(values)


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>催办 {{ ticket.urgings }} 次</p>", ["催办 {urgings} 次"]),
        ("<p>{{ a }} · 立案 {{ when(b.opened_at) }} · {{ c }}</p>", ["立案 {opened_at}"]),
        ('<a title="查看" href="?q=中文">x</a>', ["查看"]),
        ('<input placeholder="输入{{ what }}查找" value="不动">', ["输入{what}查找"]),
        ("<script>var a = '不动'</script><!-- 不动 --><textarea>不动</textarea>动", ["动"]),
        ('<p{% if a %} class="x"{% endif %}>动</p>', ["动"]),
        ("{{ '没有' if a == '不动' else {'不动': '有'}[b] }}", ["没有", "有"]),
        ("{{ '共 ' ~ n ~ ' 件' }}", ["共 {n} 件"]),
        ("{% macro m(label='动') %}{{ label }}{% endmacro %}", ["动"]),
        ('<p>{{ icon("phone") }} 拨打 {{ phone }}</p>', ["拨打 {phone}"]),
        ("<p>{{ a }}、{{ b }}</p>", []),
        ("{{ act('/x', '重发', words='确定重发？') }}", ["重发", "确定重发？"]),
    ],
)
def test_what_people_read_is_a_message_and_nothing_else_is(template: str, found: list[str]) -> None:
    assert list(messages(PLAIN, template)) == found


def test_words_are_put_in_with_their_variables_where_the_other_language_wants_them() -> None:
    words = {"{name} 催办 {urgings} 次": "urged {urgings} times by {name}"}
    assert _said("<p>{{ name }} 催办 {{ urgings }} 次</p>", words, name="<b>", urgings=3) == (
        "<p>urged 3 times by &lt;b&gt;</p>"
    )


def test_what_has_no_words_yet_stays_as_it_is() -> None:
    assert _said("<p>{{ a }} 派单</p>", {}, a=1) == "<p>1 派单</p>"


def test_punctuation_between_words_is_that_of_the_language() -> None:
    assert _said("<b>{{ a }}</b>（{{ b }}）", {}, a="x", b="y") == "<b>x</b> (y)"


def test_what_residents_and_packs_say_is_never_put_into_another_language() -> None:
    words = {"满意": "Satisfied"}
    page = "{{ ticket.text }} {{ name }} {{ 'x' ~ text }} | {{ label }} {{ states['a'] }} {{ text | said }}"
    values = {"ticket": {"text": "满意"}, "name": "满意", "text": "满意", "label": "满意", "states": {"a": "满意"}}
    assert _said(page, words, **values) == "满意 满意 x满意 | Satisfied Satisfied Satisfied"


def test_a_sentence_that_code_put_together_is_known_by_what_stands_around_its_holes() -> None:
    known = Catalogue(
        {
            "没有承办单位“{unit}”": "There is no unit “{unit}”",
            "{said}，请稍后再试": "{said}; try again later",
            "数据库繁忙": "Busy",
            "热线": "Hotline",
        }
    )
    assert known.said("没有承办单位“热线”") == "There is no unit “热线”", "what was put in is not the code's own"
    assert known.said("数据库繁忙，请稍后再试") == "Busy; try again later"
    assert known.said("数据库繁忙；热线") == "Busy; Hotline"
    assert known.said("请稍候") == "请稍候"


def test_the_words_of_code_are_found_with_their_holes_but_not_what_it_compares_or_documents() -> None:
    source = '''
"""说明"""
LABELS = {"不动": "微信"}
def f(a):
    """说明"""
    if a.name == "不动":
        return f"没有{a.name}，{'请重试' if a else ''}" + (f"，另有 {a.count} 件" if a else "")
'''
    assert set(of_code(source)) == {"微信", "没有{name}，{said}{said2}", "请重试", "，另有 {count} 件"}


def test_in_chinese_a_template_is_compiled_to_what_it_would_be_without_other_languages() -> None:
    unchanged = Unchanged(trim_blocks=True, lstrip_blocks=True, autoescape=True)
    for made in (unchanged, PLAIN):
        made.filters.update(render.environment_of("zh").filters)
        made.tests.update(render.environment_of("zh").tests)
    for file in TEMPLATES.rglob("*.html"):
        source = file.read_text("utf-8")
        without = source.replace(" | said", "")
        assert unchanged.compile(source, raw=True) == PLAIN.compile(without, raw=True), file.name


@pytest.mark.parametrize("language", OTHERS)
def test_all_that_pages_say_has_words_with_the_same_holes_and_nothing_else_has(language: str) -> None:
    wrong = catalogue.faults(language)
    assert not wrong, "\n".join(("run python -m api.web.catalogue and fill in what it prints:", *wrong))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({}, "no words"),
        ({"派单": "Dispatch", "催办 {urgings} 次": "urged {times}", "没有人说": "nobody"}, "other holes"),
        ({"派单": "Dispatch", "催办 {urgings} 次": "urged {urgings}", "没有人说": "nobody"}, "said nowhere"),
        ({"派单": "<b>Dispatch</b>", "催办 {urgings} 次": "urged {urgings}"}, "HTML of its own"),
    ],
)
def test_a_catalogue_tells_what_is_wrong_with_it(words: dict[str, str], fault: str) -> None:
    there = {"派单": "a.html", "催办 {urgings} 次": "b.html"}
    assert any(each.startswith(fault) for each in catalogue.compare(there, words))
    assert catalogue.compare(there, {"派单": "Dispatch", "催办 {urgings} 次": "urged {urgings} times"}) == []


def test_every_template_can_be_compiled_in_every_language() -> None:
    loader = DictLoader(
        {file.relative_to(TEMPLATES).as_posix(): file.read_text("utf-8") for file in TEMPLATES.rglob("*.html")}
    )
    for language in OTHERS:
        made = render.environment_of(language).overlay(loader=loader, cache_size=0)
        for name in loader.list_templates():
            made.get_template(name)
