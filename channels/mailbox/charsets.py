"""What bytes say, when the charset they declare may be wrong.

Chinese mail declares gb2312 and sends gb18030, declares utf-8 and sends GBK, declares nothing at all.
Bytes are decoded strictly by the declared charset first; where that fails, or gives text nobody writes, the
charsets in use among Chinese writers are tried and the most plausible reading is taken. How plausible a reading
is, is measured by the share of its characters that are frequent in Chinese writing.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# The characters met most often in letters to an office, simplified and traditional: about three quarters of any
# Chinese text, and almost none of a text decoded by the wrong charset.
_FREQUENT = frozenset(
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好"
    "看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知"
    "世什两次使身者被高已亲其进此话常与活正感见明问力理尔点文几定本公特做外孩相西果走将月十实向声车全信重三机工物气每并别真打"
    "太新比才便夫再书部水像眼等体却加电主界门利海受听表德少克代员许先口由死安写性马光白或住难望教命花结乐色更拉东神记处让母父"
    "应直字场平报友关放至张认接告入笑内英军候民岁往何度山觉路带万男边风解叫任金快原吃妈变通师立象数四失满战远格士音轻目条呢病"
    "始达深完今提求清王化空业思切怎非找片罗钱南京北区街道社县市村镇镇乡居楼单元号室院物业管委办局政府部门投诉反映举报建议咨询"
    "您请谢感情况解决处理回复帮助希望麻烦尽快领导尊敬热线噪音扰民施工夜间停车占道垃圾清运漏水供暖供热燃气停水停电维修费用收费"
    "合同工资拖欠公司职工保险医保社保养老补贴申请办理证明材料户口登记学校入学老师幼儿园医院门诊药店公交地铁车站路灯井盖坑洼绿化"
    "树木污水气味油烟餐饮违建拆除租房购房业主电梯消防安全隐患网络电话邮件附件照片图片视频转发自动测试你好主题关于通知答复"
    "這個們來時為說國著後會過對學麼發當沒還樣種開總從無現經長間兩親進話與見問點幾實聲車報關張認應場變師數滿戰遠輕條業樓號處"
    "請謝況決復幫導熱線擾夜停費電話郵件區鄉鎮門訴舉議詢協辦戶證險醫藥園廠燈樹氣煙違購買賣網圖視頻轉動測試題於裡麗寫讓難頭書"
)
_PUNCTUATION = frozenset("，。！？、；：“”‘’（）《》〈〉【】「」『』—…·～￥　％－／．＋＝＠＃")
_ALIASES = {
    **dict.fromkeys(
        ("gb2312", "gb_2312", "gb_2312_80", "gbk", "x_gbk", "cp936", "ms936", "windows_936", "euc_cn", "euccn"),
        "gb18030",
    ),
    **dict.fromkeys(("csgb2312", "x_euc_cn", "chinese", "gb", "gb18030_2000", "gb13000", "iso_gb2312"), "gb18030"),
    **dict.fromkeys(("big5", "big_5", "x_x_big5", "cn_big5", "csbig5", "big5_hkscs", "x_big5", "cp950"), "big5hkscs"),
    **dict.fromkeys(("utf8", "utf_8", "utf_8_sig", "unicode_1_1_utf_8", "utf8mb4", "x_utf8", "u8"), "utf-8"),
    **dict.fromkeys(("iso_8859_1", "latin1", "latin_1", "windows_1252", "cp1252", "cp_1252", "iso8859_1"), "cp1252"),
    **dict.fromkeys(("ascii", "us_ascii", "ansi_x3.4_1968", "iso_ir_6", "646"), ""),
    **dict.fromkeys(("unknown_8bit", "x_unknown", "unknown", "8bit", "none", "default", "binary"), ""),
    **dict.fromkeys(("hz_gb_2312", "hz_gb2312", "hz"), "hz"),
    **dict.fromkeys(("iso_2022_cn", "iso_2022_cn_ext", "csiso2022cn"), "iso-2022-cn"),
    **dict.fromkeys(("unicode_1_1_utf_7", "utf7"), "utf-7"),
}
# Codecs of Python that are no charsets: they would unescape, or refuse in ways of their own.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_HZ = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}")
_MARKUP_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([a-z0-9_-]{2,30})", re.IGNORECASE)
_IN_A_WORD = re.compile("[A-Za-z][\u00c0-\u024f]|[\u00c0-\u024f][A-Za-z]")
_LARGE = 400_000
_WIDE = re.compile(rb"[\x80-\xff]")
_BROKEN = re.compile("\ufffd+")
_SAMPLE = 6_000
_TRUSTED = 0.6
_MARGIN = 0.2
_HAN_WITHOUT_DECLARATION = 0.45


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the charset that read it, and a note where that is not the declared one (else empty)."""

    text: str
    charset: str
    note: str = ""


@lru_cache(maxsize=128)
def normalise(declared: str) -> str:
    """The codec for a declared charset: gb2312 widened to gb18030; "" for none, unknown or us-ascii."""
    name = declared.strip().strip("\"'").split("*")[0].lower().replace("-", "_").replace(" ", "_")
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return "" if found.replace("-", "_") in _NO_CHARSETS else found


def plausibility(text: str) -> float:
    """How much ``text`` looks like something a person wrote: about 0.8 for Chinese, below 0.3 for mojibake."""
    wide = [char for char in text[:_SAMPLE] if char > "\x7f"]
    if not wide:
        return 1.0
    hangul = sum("\uac00" <= char <= "\ud7a3" for char in wide)
    if hangul and sum("\u4e00" <= char <= "\u9fff" for char in wide) * 8 > len(wide):
        return 0.0  # Korean of today is written without Chinese characters; GBK read as EUC-KR is such a mixture
    return sum(map(_weight, wide)) / len(wide)


def _weight(char: str) -> float:
    if char in _FREQUENT:
        return 1.0
    if "\u4e00" <= char <= "\u9fff":
        return 0.55 if _everyday(char) else 0.05
    if char in _PUNCTUATION:
        return 0.8
    return _foreign_weight(char)


def _foreign_weight(char: str) -> float:
    if char == "\ufffd":
        return -1.5
    if unicodedata.category(char) in {"Cc", "Co", "Cn", "Cs"}:
        return -1.0
    if "\uff61" <= char <= "\uff9f":  # half-width kana: what GBK looks like when read as Shift JIS
        return -0.3
    if "\uac00" <= char <= "\ud7a3" or "\u3041" <= char <= "\u30ff":
        return 0.7  # Korean is all Hangul and Japanese half kana; Chinese misread so is a mixture with rare characters
    return 0.35 if char < "\u0250" else 0.3


def markup_charset(source: bytes) -> str:
    """The charset an HTML document names inside itself, or ""."""
    found = _MARKUP_CHARSET.search(source[:2_000])
    return found.group(1).decode("ascii") if found else ""


def _everyday(char: str) -> bool:
    """Level one of GB 2312: the 3,755 characters of everyday writing."""
    try:
        return 0xB0 <= char.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        return False


def decode(data: bytes, declared: str = "") -> Decoded:
    """Read ``data``, declared to be in ``declared`` (may be wrong, unknown or empty). Never raises."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Decoded(data.decode("utf-16", "replace"), "utf-16")
    charset = normalise(declared)
    if data.isascii():
        return _seven_bit(data, charset, declared)
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    stated = _read(data, charset) if charset else None
    if stated is not None and "\ufffd" not in stated and (charset == "utf-8" or plausibility(stated) >= _TRUSTED):
        return _encoded_once(stated) or Decoded(stated, charset)
    return _best(data, charset, stated, declared)


def _seven_bit(data: bytes, charset: str, declared: str) -> Decoded:
    if b"\x1b$" in data:
        named = "iso-2022-cn" if b"\x1b$)" in data and b"\x0e" in data else charset
        text = _iso_2022_cn(data) if named == "iso-2022-cn" else _escaped(data, named)
        if text is not None:
            return Decoded(text, named or "iso2022_jp_2")
    if charset == "hz" or (charset == "" and _HZ.search(data)):
        return Decoded(_hz(data), "hz", "" if charset == "hz" else _note(declared, "hz"))
    if charset.replace("_", "-") in {"utf-7", "utf-16", "utf-16le", "utf-16-le", "utf-16be", "utf-16-be", "iso2022-kr"}:
        try:
            return Decoded(data.decode(charset), charset)
        except (UnicodeError, LookupError):
            pass
    return Decoded(data.decode("ascii"), charset or "us-ascii")


def _escaped(data: bytes, charset: str) -> str | None:
    for name in (charset if charset.startswith("iso2022") else "iso2022_jp_2", "iso2022_jp_2", "iso2022_kr"):
        try:
            return data.decode(name)
        except (UnicodeError, LookupError):
            continue
    # Japanese writers use characters outside the standard (row 13): the rest is read all the same.
    return data.decode(charset, "replace") if charset.startswith("iso2022") else None


def _best(data: bytes, charset: str, stated: str | None, declared: str) -> Decoded:
    """The most plausible reading; the declared one is left only for one that is clearly better."""
    if len(data) > _LARGE:
        return _by_a_stretch(data, declared)
    readings = {
        name: text for name in ("utf-8", "gb18030", "big5hkscs", "cp950") if (text := _read(data, name)) is not None
    }
    if stated is not None:
        readings[charset] = stated
    scores = {name: plausibility(text) for name, text in readings.items()}
    winner = max(scores, key=scores.__getitem__, default="")
    if stated is not None and scores[charset] > -0.5:
        beaten = scores[winner] >= _TRUSTED and scores[winner] > scores[charset] + _MARGIN
        if not beaten:
            return Decoded(stated, charset, "" if "\ufffd" not in stated else f"字符集 {charset} 有无法识别的字节")
    if _IN_A_WORD.search(readings.get("utf-8", "")) and "\ufffd" not in readings["utf-8"]:
        winner = "utf-8"  # "Mobilité": GBK makes one everyday character of the é
    if winner and ((winner == "utf-8" and scores[winner] > 0) or scores[winner] >= _HAN_WITHOUT_DECLARATION):
        return Decoded(readings[winner], winner, _note(declared, winner))
    western = _read(data, "cp1252")
    if western is not None:
        return Decoded(western, "cp1252", _note(declared, "cp1252"))
    fallback = "gb18030" if charset in {"", "gb18030"} else charset
    return Decoded(_lenient(data, fallback), fallback, f"字符集 {declared or '未声明'} 有无法识别的字节")


def _by_a_stretch(data: bytes, declared: str) -> Decoded:
    """Decide over the lines round the first characters that are not ASCII; trying all of a large text takes long."""
    first = next(_WIDE.finditer(data)).start()
    start = max(data.rfind(b"\n", 0, first) + 1, first - 1_000)
    last = data.rfind(b"\n", first, start + _LARGE)
    stretch = decode(data[start : last if last > 0 else start + _LARGE], declared)
    return Decoded(_lenient(data, stretch.charset), stretch.charset, stretch.note)


def _encoded_once(text: str) -> Decoded | None:
    """The Chinese in a text whose bytes some gateway took for Latin letters and encoded again, else None."""
    wide = [char for char in text[:_SAMPLE] if char > "\x7f"]
    if len(wide) < 6 or max(wide) > "\u2122":
        return None
    for mistaken in ("latin-1", "cp1252"):
        try:
            data = text.encode(mistaken)
        except UnicodeError:
            continue
        for name in ("utf-8", "gb18030", "big5hkscs"):
            reading = _read(data, name)
            if reading is not None and "\ufffd" not in reading and plausibility(reading) >= _TRUSTED:
                return Decoded(reading, name, f"文字被重复编码，已还原为 {name}")
    return None


def _note(declared: str, found: str) -> str:
    return f"声明的字符集 {declared[:40]} 不符，按 {found} 读取" if declared else f"未声明字符集，按 {found} 读取"


def _read(data: bytes, charset: str) -> str | None:
    """``data`` in ``charset``, also with some places broken (a cut letter, half an emoji); None where too many are.

    At most a twentieth, for what is wrong in one charset is seldom so in another; a fifth in UTF-8, whose other four
    fifths nothing but UTF-8 makes.
    """
    if charset == "iso-2022-cn":
        return None
    try:
        return data.decode(charset)
    except UnicodeError:
        text = _lenient(data, charset)
    except LookupError:
        return None
    broken = len(_BROKEN.findall(text))
    wide = len(text) - len(text.encode("ascii", "ignore"))
    return text if wide > 4 and broken <= max(1, wide // (5 if charset == "utf-8" else 20)) else None


def _lenient(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, "replace")
    except (LookupError, UnicodeError):
        return data.decode("latin-1")


def _hz(data: bytes) -> str:
    """HZ (RFC 1843) where the line that ends inside a shift is no error: writers leave the closing mark out."""
    try:
        return data.decode("hz")
    except UnicodeError:
        return _HZ.sub(lambda found: _from_gb(found.group()[2:-2]).encode("utf-8"), data).decode("utf-8", "replace")


def _from_gb(seven_bit: bytes) -> str:
    return bytes(byte | 0x80 for byte in seven_bit).decode("gb2312", "replace")


def _iso_2022_cn(data: bytes) -> str:
    """ISO-2022-CN (RFC 1922), which Python has no codec for: GB 2312 between SO and SI; CNS 11643 is left unread."""
    out: list[str] = []
    gb, shifted = True, False
    for token in re.split(rb"(\x1b\$\)[AEG]|\x1b\$[*+].|\x1bN..|[\x0e\x0f\n])", data, flags=re.DOTALL):
        if token == b"\x0e":
            shifted = True
        elif token in (b"\x0f", b"\n"):
            shifted = False
            out.append("\n" if token == b"\n" else "")
        elif token.startswith(b"\x1b"):
            gb = token == b"\x1b$)A" if token.startswith(b"\x1b$)") else gb
        elif shifted:
            out.append(_from_gb(token) if gb else "\ufffd" * (len(token) // 2))
        else:
            out.append(token.decode("ascii", "replace"))
    return "".join(out)
