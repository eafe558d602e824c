"""HTML letters as people read them."""

from __future__ import annotations

import pytest

from channels.mailbox.html_text import html_to_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>一</p><p>二</p>", "一\n\n二"),
        ("一<br>二<br/>三", "一\n二\n三"),
        ("<div>一</div><div>二</div>", "一\n二"),
        ("<ul><li>一<li>二</ul>", "- 一\n- 二"),
        ("<table><tr><td>楼号<td>9</tr></table>", "楼号 | 9"),
        ("<a href='https://a.example.com/x'>看这里</a>", "看这里 (https://a.example.com/x)"),
        ("<a href='javascript:alert(1)'>看这里</a>", "看这里"),
        ("a &lt;b&gt; &amp; &#x8DEF;&nbsp;灯", "a <b> & 路 灯"),
        ("<style>p{}</style><script>if(a<b){}</script>话", "话"),
        ("<p style='display:none'>预览</p>话", "话"),
        ("<p style='DISPLAY : NONE'>只有这一句</p>", "只有这一句"),
        ('<p title="hidden > here">话</p>', "话"),
        ("<!-- 注释 <p>不要</p> -->话", "话"),
        ("3 < 5 而且 5 > 3", "3 < 5 而且 5 > 3"),
        ("路\n灯不\n亮", "路灯不亮"),
        ("one\ntwo", "one two"),
        ("<pre>一\n  二</pre>", "一\n  二"),
        ("<blockquote type=cite>旧话</blockquote>新话", "> 旧话\n>\n新话"),
        ("<blockquote>缩进的话</blockquote>", "缩进的话"),
        ("<p>没有关上<b>的标签", "没有关上的标签"),
        ("<table><tr><td>", ""),
        ("", ""),
    ],
)
def test_a_letter_reads_as_it_looks(source, text):
    assert html_to_text(source) == text
