"""What lands from anywhere runs nothing and loads nothing, whatever shows it later."""

from __future__ import annotations

import re

import pytest

from knowledge.importing.cleaning import is_safe_link, safe_markdown
from knowledge.markdown import render

RUNS = re.compile(r"javascript|vbscript|data:|file:|<(?!br|b>|/b>)[a-z/]|\bon[a-z]+\s*=|!\[", re.IGNORECASE)
HOSTILE = [
    "[a](javascript:alert(1))",
    "![x](javascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "![i](data:image/png;base64,AAAA)",
    "![i](data:image/svg+xml,<svg onload=alert(1)>)",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert(1)</script></svg>",
    "<img src=x onerror=alert(1)>",
    "<im<img>g src=x onerror=alert(1)>",
    "<b onclick=x>词</b>",
    "[a]\n\n[a]: javascript:alert(1)",
    "[a]\n\n[a]:\n javascript:alert(1)",
    "> [a]: javascript:alert(1)\n\n[a]",
    "- [a]: <javascript:alert(1)>\n\n[a]",
    "[a\\]b]\n\n[a\\]b]: javascript:x",
    "[a](&#106;avascript:alert(1))",
    "[a](java&#115;cript:alert(1))",
    "[a](javascript&colon;alert(1))",
    "[a](%6Aavascript:alert(1))",
    "[a](\\javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](<javascript:alert(1)>)",
    "[a [b]](javascript:alert(1))",
    "[![x](a.png)](javascript:alert(1))",
    "[a](javascript:alert(((1))))",
    "<javascript:alert(1)>",
    "<a href=javascript:alert(1)>词</a>",
    "<form action=//x.example><input></form>",
    "<meta http-equiv=refresh content='0;url=//x.example'>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_runs_is_left_in_the_text_itself(text: str) -> None:
    cleaned = safe_markdown(f"前文 {text} 后文")
    alone = safe_markdown(text)
    for each in (alone, cleaned):
        assert not RUNS.search(each), each
        assert set(re.findall('href="([^"]*)"', render(each))) <= {"#"}, "a link that led there leads nowhere"
    assert cleaned.startswith("前文 ")


@pytest.mark.parametrize(
    ("picture", "link"),
    [
        ("![表](https://tracker.example/p.png)", "[表](https://tracker.example/p.png)"),
        ("![](https://tracker.example/p.png)", "[图片](https://tracker.example/p.png)"),
        ("![表][p]\n\n[p]: https://tracker.example/p.png", "[表][p]\n\n[p]: https://tracker.example/p.png"),
        ("![表](images/p.png)", "表"),
    ],
)
def test_a_picture_of_another_server_becomes_a_link_so_that_nobody_s_reading_is_told_to_it(
    picture: str, link: str
) -> None:
    assert safe_markdown(picture) == link
    assert "<img" not in render(link)


@pytest.mark.parametrize(
    "text",
    [
        "见[网上大厅](https://gov.example/a?b=1&c=2)、<https://gov.example>、<a@gov.example>",
        "面积 1 < 2 且 3 > 2，<身份证>，R&D，[附]:R&D 中心",
        "[注]: https://gov.example/x\n\n注意！[电话](tel:12345)",
        "| 甲 | 乙 |\n| --- | --- |\n| a<br>b | 2 |",
    ],
)
def test_what_offices_write_stays_as_it_is(text: str) -> None:
    assert safe_markdown(text) == text


@pytest.mark.parametrize(
    "address", ["https://a.example", "mailto:a@b.example", "tel:12345", "/articles/1", "#x", "?a&b"]
)
def test_links_to_pages_mail_and_telephones_are_safe(address: str) -> None:
    assert is_safe_link(address)
