"""Chinese numerals (中文数字): their value, and the other way of writing one."""

from __future__ import annotations

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟萬", "一二三四五六七八九十百千万")
_UNITS = {"十": 10, "百": 100, "千": 1_000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}


def value(text: str) -> int | None:
    """The value of a numeral: 120, 十二, 一百零五, 一二〇, 三百五, 两万六; None where it is none."""
    text = text.translate(_FORMAL).replace("廿", "二十").replace("卅", "三十")
    if text.isdecimal():
        return int(text)
    if not text or any(each not in _DIGITS and each not in _UNITS and each not in _MYRIADS for each in text):
        return None
    if all(each in _DIGITS for each in text):
        return int("".join(str(_DIGITS[each]) for each in text))
    total = section = digit = 0
    last = 1
    for each in text:
        if each in _MYRIADS:
            total = (total + section + digit) * _MYRIADS[each] if each == "亿" else total + (section + digit) * 10_000
            section = digit = 0
            last = _MYRIADS[each]
        elif each in _UNITS:
            section += (digit or 1) * _UNITS[each]
            digit, last = 0, _UNITS[each]
        else:
            digit = _DIGITS[each]
            last = last if digit else 10
    # 三百五 is 350, 两万六 is 26,000; 三百零五 is 305
    return total + section + (digit * last // 10 if last > 10 else digit)


def spelt(text: str) -> str:
    """A number below 100 in the other way of writing: 12 for 十二, 十二 for 12; others as they are."""
    number = value(text)
    if number is None or not 0 < number < 100:
        return text
    if not text.isdecimal():
        return str(number)
    tens, ones = divmod(number, 10)
    digits = "零一二三四五六七八九"
    return ("" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十") + (digits[ones] if ones else "")
