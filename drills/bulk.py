"""Payloads of a megabyte in which size is the attack: one thing over and over, and documents that are all structure.

What costs the square of its length, or a stack, shows here and in no small sample.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence

from drills.bulky_books import HEADING, WORKBOOKS
from drills.parsing import LARGEST
from drills.wounds import form_of

UNITS: tuple[bytes, ...] = (
    b"[", b"{", b'{"a":', b"[1,", b"<", b"<a>", b"</a>", b"<a b='", b"<a ", b"&amp;", b"&#65;", b"&", b'"',
    b'""', b"'", b"\\", b"\\u0061",
    b" ", b"\t", b"\n", b"\r", b"\r\n", b"\r\n ", b" \n", b"\n\n ", b",", b";", b":", b"a:", b"a: b\n", b"=",
    b"=20", b"=\n",
    b"=?utf-8?B?", b"=?utf-8?q?=41?= ", b"?=", b"(", b")", b"(a", b">", b"> ", b"\n> a", b"-", b"--", b"\r\n--",
    b"\n-- \n", b"0", b"1,",
    b"1 ", b"1.", b"9", b"9-", b"12:34 ", b"+86", b"./", b"A", b"QUJD\r\n", b"\0", b"\x80", b"\xff",
    b"\xed\xa0\x80", b"a@", b"<a@b>", b"<a@b.c>, ",
    b"a@b.c,", b"http://a/", b"begin 644 a\n", b"M" * 60 + b"\n", b"]]>", b"<!--", b"<![CDATA[", b"x\t", b"a|",
    b"*", b"_", b"#",
    b"\x1b$B", b"~{", b"~}", b"+AGE-", b"=1+1,", b"a=b;", b"; a*0=b", b"\xc2\xa0", b"\xe3\x80\x80",
    b"\xe2\x80\x8b", b"\xc3\xa9",
    "嗯".encode(), "嗯，".encode(), "就是说".encode(),
    "那个那个".encode(), "你好。".encode(), "路灯不亮".encode(), "：".encode(),
    "１".encode(),
    "坐席：您好\n".encode(), "发件人：a\n".encode(), "在 2026 写道：".encode(), b"On 1 ", "谢谢".encode(),
    "地点".encode(), "退信".encode(),
)  # fmt: skip
"""What is repeated. Sounds of a caller, marks of replies and halves of every grammar that is read here among them."""


def bulky(samples: Sequence[bytes], *, every: int = 1) -> Iterator[tuple[str, bytes]]:
    """Named payloads. With ``every`` above 1 only each so-many-th of those made of a sample and a unit, and no
    structures but of the forms that the samples have.
    """
    forms = {form_of(sample) for sample in samples}
    for number, (name, payload) in enumerate(_of_units(samples)):
        if number % every == 0:
            yield name, payload
    for make in (*STRUCTURES, *(WORKBOOKS if "zip" in forms else ())):
        payload = make()[:LARGEST]
        if every == 1 or form_of(payload) in forms:
            yield make.__name__.strip("_"), payload


def _of_units(samples: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Each unit alone, and grown inside of samples, at places that differ from unit to unit."""
    for number, unit in enumerate(UNITS):
        yield f"{unit[:12]!r} alone", _much(unit)
        for part in (1, 2, 3, 5):
            sample = samples[(number * 7 + part * 3) % len(samples)]
            if form_of(sample) == "zip":
                sample = samples[0]
            at = len(sample) * part // 6
            yield f"{unit[:12]!r} in {sample[:12]!r} at {at}", sample[:at] + _much(unit, len(sample)) + sample[at:]


def _much(unit: bytes, beside: int = 0) -> bytes:
    return unit * ((LARGEST - beside) // len(unit))


def _letter(*headers: bytes, body: bytes = b"a") -> bytes:
    return b"From: a@example.com\r\nSubject: a\r\n" + b"".join(each + b"\r\n" for each in headers) + b"\r\n" + body


def _many_fields() -> bytes:
    return _letter(*(b"X-%d: a" % number for number in range(80_000)))


def _same_field() -> bytes:
    return _letter(*(b"From: a%d@example.com" % number for number in range(35_000)))


def _many_received() -> bytes:
    return _letter(*(b"Received: from a by b; Tue, 24 Mar 2026 10:00:00 +0800" for _ in range(17_000)))


def _many_references() -> bytes:
    return _letter(b"References: " + b"\r\n ".join(b"<%d@example.com>" % number for number in range(40_000)))


def _many_recipients() -> bytes:
    return _letter(b"Reply-To: " + b", ".join(b'"a" <%d@example.com>' % number for number in range(35_000)))


def _folded_subject() -> bytes:
    return _letter(b"Subject: " + b"\r\n ".join([b"=?utf-8?B?5ZeF?="] * 50_000))


def _odd_lines() -> bytes:
    return _letter(*([b"no field at all"] * 50_000))


def _many_parameters() -> bytes:
    return _letter(
        b"Content-Type: text/plain; " + b"; ".join(b"name*%d*=a" % (number % 1000) for number in range(70_000))
    )


def _many_parts() -> bytes:
    return _letter(b"Content-Type: multipart/mixed; boundary=x", body=b"--x\r\n\r\na\r\n" * 90_000)


def _nested_parts() -> bytes:
    inner = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number) for number in range(15_000)
    )
    return _letter(inner[:-2] + b"\r\n", body=b"a")


def _same_boundary_nested() -> bytes:
    return _letter(
        b"Content-Type: multipart/mixed; boundary=x",
        body=b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 20_000,
    )


def _prefix_boundaries() -> bytes:
    inner = b"".join(
        b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n" % (b"a" * number, b"a" * number)
        for number in range(1, 400)
    )
    return _letter(inner[:-2], body=b"--a" * 200_000)


def _html_nested() -> bytes:
    return _letter(b"Content-Type: text/html", body=b"<div><p>" * 120_000)


def _html_cited() -> bytes:
    return _letter(b"Content-Type: text/html", body=b'<blockquote type="cite"><a href="http://a/">a' * 22_000)


def _html_hidden() -> bytes:
    return _letter(b"Content-Type: text/html", body=b'<b style="display: none"><b title="' * 28_000)


def _html_quotes() -> bytes:
    return _letter(b"Content-Type: text/html", body=b"<a b=\"c>'" * 100_000)


def _quoted_history() -> bytes:
    return _letter(body=b"> a\r\nOn Mon, 1 Jan 2026 at 10:00, a <a@b.c>\r\nwrote\r\n" * 17_000)


def _almost_wrote() -> bytes:
    return _letter(body=("在 10:00 " + "a@b " * 70 + "写道\n").encode() * 2_800)


def _calendar() -> bytes:
    return _letter(b"Content-Type: text/calendar", body=b"SUMMARY:a\n " * 80_000)


def _bounce() -> bytes:
    return _letter(
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x",
        body=b"--x\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b\r\nAction: failed\r\n\r\n" * 18_000,
    )


def _uuencoded() -> bytes:
    return _letter(body=b"begin 644 a\n" + b"!80\n" * 3 + b"end\n" + b"begin 644 b\n" * 70_000)


def _winmail() -> bytes:
    block = (
        b"\x01"
        + (0x9003).to_bytes(2, "little")
        + b"\0\0"
        + (4_000).to_bytes(4, "little")
        + b"\xff\xff\xff\xff"
        + b"\x1e\x10" * 1_998
    )
    inner = base64.encodebytes(b"\x78\x9f\x3e\x22\0\0" + block * 150)
    return _letter(
        b"Content-Type: application/ms-tnef; name=winmail.dat", b"Content-Transfer-Encoding: base64", body=inner
    )


def _json_of(body: bytes, **more: bytes) -> bytes:
    fields = {b"id": b'"a"', b"text": b'"a"', **{name.encode(): value for name, value in more.items()}}
    return b"{" + b",".join(b'"%s":%s' % pair for pair in fields.items()) + body + b"}"


def _many_keys() -> bytes:
    return _json_of(b"".join(b',"k%d":1' % number for number in range(80_000)))


def _same_key() -> bytes:
    return _json_of(b',"k":1' * 150_000)


def _many_objects() -> bytes:
    return _json_of(b"", photos=b"[" + b",".join([b"{}"] * 300_000) + b"]")


def _records() -> bytes:
    return b"[" + b",".join([b'{"text":"a"}'] * 70_000) + b"]"


def _records_of_new_keys() -> bytes:
    return b"[" + b",".join(b'{"text":"a","k%d":1}' % number for number in range(40_000)) + b"]"


def _long_number() -> bytes:
    return _json_of(b',"at":' + b"9" * 900_000)


def _many_numbers() -> bytes:
    return _json_of(b',"at":[' + b",".join([b"1" * 4_000] * 240) + b"]")


def _picture() -> bytes:
    return _json_of(
        b"", photos=b'[{"name":"a","content":"' + base64.b64encode(b"\xff\xd8\xff" + b"a" * 700_000) + b'"}]'
    )


def _many_entities() -> bytes:
    message = b'{"message_id":1,"date":1,"chat":{"id":1,"type":"group"},"from":{"id":1},"text":"%s","entities":[%s]}'
    update = b'{"update_id":1,"message":' + message + b"}"
    entity = b'{"type":"mention","offset":%d,"length":2}'
    return update % (b"@a " * 20_000, b",".join(entity % (3 * number) for number in range(20_000)))


def _call(turns: bytes) -> bytes:
    return b'{"call_id":"1","caller":"13800000000","turns":[' + turns + b"]}"


def _many_turns() -> bytes:
    turn = b'{"speaker":"%d","text":"a","start":%d}'
    return _call(b",".join(turn % (number % 7, number) for number in range(22_000)))


def _many_speakers() -> bytes:
    return _call(b",".join(b'{"speaker":"%d","text":"a"}' % number for number in range(4_900)))


def _long_turns() -> bytes:
    return _call(
        b",".join('{{"speaker":"客户","text":"{}"}}'.format("嗯那个就是说，" * 900).encode() for _ in range(50))
    )


def _lines_of_calls() -> bytes:
    return b"\n".join(b'{"call_id":"%d","turns":[{"speaker":"a","text":"b"}]}' % number for number in range(6_000))


def _lines_of_braces() -> bytes:
    return b"{\n" * 20_000 + b'{"call_id":"1"}\n' + b"{" * 900_000


def _call_as_text() -> bytes:
    return "呼叫编号：1\n".encode() + "[00:00:01] 客户：路灯不亮 那个那个 嗯嗯嗯\n".encode() * 14_000


def _xml(inner: bytes) -> bytes:
    return b"<xml><MsgType>text</MsgType><FromUserName>a</FromUserName><Content>a</Content>" + inner + b"</xml>"


def _xml_deep() -> bytes:
    return _xml(b"<a>" * 140_000 + b"</a>" * 140_000)


def _xml_wide() -> bytes:
    return _xml(b"".join(b"<a%d/>" % number for number in range(90_000)))


def _xml_groups() -> bytes:
    return _xml(b"<a><b/></a>" * 80_000)


def _xml_attributes() -> bytes:
    return _xml(b"<a " + b" ".join(b"a%d=''" % number for number in range(80_000)) + b"/>")


def _xml_namespaces() -> bytes:
    return _xml(b"".join(b"<a xmlns:n%d='u%d'>" % (number, number) for number in range(15_000)) + b"</a>" * 15_000)


def _xml_sections() -> bytes:
    return _xml(b"<Description>" + b"<![CDATA[a]]><!-- --><?a?>" * 35_000 + b"</Description>")


def _xml_references() -> bytes:
    return _xml(b"<Description>" + b"&#x6d4b;&amp;" * 70_000 + b"</Description>")


def _thousand_columns() -> bytes:
    return b"\n".join(
        [HEADING + b"," + b",".join(b"c%d" % number for number in range(1_000)), *([b"a," * 1_000] * 450)]
    )


def _columns_only() -> bytes:
    return HEADING + b",a" * 490_000


def _blank_columns() -> bytes:
    return HEADING + b"\n" + (b"," * 16_000 + b"\n") * 60


def _many_rows() -> bytes:
    return HEADING + b"\n" + "2026-3-5 10:00,a,13800000000,路灯\n".encode() * 22_000


def _only_headings() -> bytes:
    return (HEADING + b"\n") * 22_000


def _open_quotes() -> bytes:
    return HEADING + b"\n" + b'1,a,"' * 200_000


def _open_quote_each_row() -> bytes:
    return HEADING + b"\n" + b'1,"a,b,c\n' * 110_000


def _long_cells() -> bytes:
    return HEADING + b"\n" + (b'1,a,2,"' + b"a\n" * 16_000 + b'"\n') * 30


def _dates() -> bytes:
    return HEADING + b"\n" + ("2026" + " " * 150 + "年 3 月,a,1,b\n").encode() * 6_000


def _phones() -> bytes:
    return HEADING + b"\n" + (b"2026-3-5,a," + b"1 - ( " * 33 + b",b\n") * 4_500


STRUCTURES: tuple[Callable[[], bytes], ...] = (
    _many_fields, _same_field, _many_received, _many_references, _many_recipients, _folded_subject, _odd_lines,
    _many_parameters,
    _many_parts, _nested_parts, _same_boundary_nested, _prefix_boundaries, _html_nested, _html_cited,
    _html_hidden, _html_quotes,
    _quoted_history, _almost_wrote, _calendar, _bounce, _uuencoded, _winmail, _many_keys, _same_key,
    _many_objects, _records,
    _records_of_new_keys, _long_number, _many_numbers, _picture, _many_entities, _many_turns, _many_speakers,
    _long_turns, _lines_of_calls,
    _lines_of_braces, _call_as_text, _xml_deep, _xml_wide, _xml_groups, _xml_attributes, _xml_namespaces,
    _xml_sections, _xml_references,
    _thousand_columns, _columns_only, _blank_columns, _many_rows, _only_headings, _open_quotes,
    _open_quote_each_row, _long_cells, _dates,
    _phones,
)  # fmt: skip
