"""Writes the payloads of ``samples/walk_in``; what each must become is written by hand beside it.

Run it by hand after a change: ``python -m tests.contract.walk_in_samples``. The workbooks are committed, for they must
stay what they are when the library that writes them changes. All people, places and numbers are invented.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime, time
from pathlib import Path

from openpyxl import Workbook

FOLDER = Path(__file__).parent / "samples" / "walk_in"
STAMP = (2026, 3, 6, 9, 0, 0)

DAY = """\
来访时间,姓名,联系电话,诉求内容,地址,窗口,经办人,诉求类型,答复方式,登记编号
2026-03-05 09:10,李女士,13900000101,槐安里3号楼门口的路灯三天不亮，老人晚上出门害怕,槐安里3号楼,2号窗口,小周,求助,电话,YQ-0305-001
2026-03-05 09:40,王先生,13900000102,"楼上装修每天六点开工。
问过物业，没人管",玉泉路17号院,2号窗口,小周,投诉,短信,YQ-0305-002
2026-03-05 10:05,,,公园南门的厕所没有无障碍扶手,柳荫公园,2号窗口,小周,建议,不需要,YQ-0305-003
"""

TITLED = """\
玉泉区政务服务大厅现场登记表（2026年3月）,,,,,
填报单位：玉泉区政务服务大厅,,,,,
,,,,,
序号,日期,时间,来访人,手 机,* 诉求内容（必填）,备注
1,3月5日,下午2点半,赵女士,13900000111,小区东门的井盖松动，车一过就响,带了照片
,,,,,,
2,3月6日,9:15,钱先生,13900000112,问一下老年证在哪个窗口办,
序号,日期,时间,来访人,手 机,* 诉求内容（必填）,备注
3,3月6日,上午11点,孙女士,13900000113,河边步道夜里有人放音响跳舞,
合计,,,,,3件,
制表人：小周,,,,,,
"""

DATES = """\
登记时间,姓名,诉求内容
2026-3-5,周一,第一种写法
2026/3/5 14:30,周二,第二种写法
2026年3月5日 下午2点,周三,第三种写法
20260305,周四,第四种写法
46086.604166667,周五,第五种写法
2026.03.05 晚上8点15分,周六,第六种写法
3月5日,周日,没有年份
03/05/2026,吴一,分不清月和日
2026-2-30,吴二,没有这一天
上周三,吴三,不是日期
"""

PHONES = """\
姓名,联系电话,诉求内容
甲,1.3900000131E10,科学计数没有丢数字
乙,1.39E+10,科学计数丢了数字
丙,13900000132.0,变成了小数
丁,１３９ ００００－０１３３,全角和横线
戊,010-62340134转801,座机和分机
己,1390000013,少了一位
庚,无,没有电话
辛,13900000135（女儿）,电话旁边有字
壬,+86 139 0000 0136,国家代码
癸,'13900000137,前面有撇号
"""

FORMULAS = """\
姓名,联系电话,诉求内容,附注
郑一,13900000141,"=HYPERLINK(""http://example.com"",""点我"")",
郑二,=1+1,电话是公式,
郑三,13900000142,@提到别人的内容不是公式,=ROW()
郑四,13900000143,-减号开头的内容也不是公式,
"""

QUOTES = """\
来访时间,姓名,联系电话,诉求内容,地址
2026-03-05 09:00,冯一,13900000151,引号之前的一行,甲路1号
2026-03-05 09:05,冯二,13900000152,"引号没有收尾,乙路2号
2026-03-05 09:10,冯三,13900000153,引号之后的一行,丙路3号
2026-03-05 09:15,冯四,13900000154,"写了""引号""的内容",丁路4号
2026-03-05 09:20,冯五,13900000155,逗号,没有,加引号,戊路5号
"""

EQUAL = """\
登记日期,诉求内容
2026-03-05,东街路灯不亮
2026-03-05,东街路灯不亮
"""

ONE = {
    "time": "2026-03-05T15:20:00+08:00",
    "name": "陈女士",
    "phone": 13900000161,
    "text": "医院门口的斑马线看不清了",
    "place": "玉泉区医院",
    "counter": "5号窗口",
    "clerk": "小吴",
    "number": "YQ-0305-061",
}

SEVERAL = (
    r'{"records": [{"诉求内容": "半个表情\ud83d在这里", "姓名": "褚一"}, {"诉求内容": {"写": "嵌套"}, "姓名": "褚二"},'
    r' {"诉求内容": "第一次", "诉求内容": "第二次"}, 7, {"诉求内容": "好的一条", "姓名": "褚四"}]}'
)


def day_as_workbook() -> Workbook:
    """The rows of ``DAY`` as a spreadsheet holds them: times and telephone numbers as numbers."""
    book = Workbook()
    lines = [
        ["来访时间", "姓名", "联系电话", "诉求内容", "地址", "窗口", "经办人", "诉求类型", "答复方式", "登记编号"],
        [datetime(2026, 3, 5, 9, 10), "李女士", 13900000101, "槐安里3号楼门口的路灯三天不亮，老人晚上出门害怕", "槐安里3号楼",
         "2号窗口", "小周", "求助", "电话", "YQ-0305-001"],
        [datetime(2026, 3, 5, 9, 40), "王先生", 13900000102.0, "楼上装修每天六点开工。\n问过物业，没人管", "玉泉路17号院", "2号窗口",
         "小周", "投诉", "短信", "YQ-0305-002"],
        [datetime(2026, 3, 5, 10, 5), None, None, "公园南门的厕所没有无障碍扶手", "柳荫公园", "2号窗口", "小周", "建议", "不需要",
         "YQ-0305-003"],
    ]  # fmt: skip
    for line in lines:
        book.active.append(line)
    return book


def merged() -> Workbook:
    book = Workbook()
    sheet = book.active
    sheet.append(["玉泉街道接待登记"])
    sheet.append(["接待日期", "时间", "来访人", None, "反映问题", "事发地点"])
    sheet.append([None, None, "姓名", "电话", None, None])
    sheet.append([date(2026, 3, 7), time(9, 0), "卫一", 13900000171, "楼道里堆满了纸箱", "槐安里5号楼"])
    sheet.append([None, time(9, 30), "卫二", 13900000172, "电梯停了两天", None])
    sheet.append([None, time(10, 0), "卫三", 13900000173, '=HYPERLINK("http://example.com")', None])
    for cells in ("A1:F1", "C2:D2", "A2:A3", "B2:B3", "E2:E3", "F2:F3", "A4:A6", "F4:F6"):
        sheet.merge_cells(cells)
    for row in (4, 5, 6):
        sheet.cell(row, 2).number_format = "h:mm"
    return book


def several_sheets() -> Workbook:
    book = Workbook()
    book.active.title = "填写说明"
    book.active.append(["每行写一件诉求，电话请设为文本"])
    for name, resident in (("一号窗口", "蒋一"), ("二号窗口", "蒋二")):
        sheet = book.create_sheet(name)
        sheet.append(["登记时间", "姓名", "电话", "诉求内容"])
        sheet.append([datetime(2026, 3, 8, 9, 0), resident, "13900000181", f"在{name}说水管漏水"])
        sheet.append([datetime(2026, 3, 8, 9, 5), resident, "不清楚123", f"在{name}说停车难"])
    hidden = book.create_sheet("选项")
    hidden.append(["姓名", "诉求内容"])
    hidden.append(["不该读到", "隐藏的工作表"])
    hidden.sheet_state = "hidden"
    return book


def packed(book: Workbook, **changed: bytes | None) -> bytes:
    """A workbook as bytes that do not depend on the clock; ``changed`` parts, by the end of their names, are replaced
    or (``vbaProject.bin``) added."""
    book.properties.created = book.properties.modified = datetime(*STAMP)
    written = io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
    parts |= {next((name for name in parts if name.endswith(end)), f"xl/{end}"): new for end, new in changed.items()}
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), content, zipfile.ZIP_DEFLATED)
    return again.getvalue()


def entities() -> bytes:
    levels = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 10))
    sheet = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "诉求">{levels}]><worksheet>&e9;</worksheet>'
    return packed(Workbook(), **{"sheet1.xml": sheet.encode()})


def payloads() -> dict[str, bytes]:
    """Every payload by its file's name."""
    spread = DAY.replace("YQ-", "TAB-").replace(",", "\t")
    return {
        "day.csv": DAY.encode(),
        "day_saved_as_workbook.xlsx": packed(day_as_workbook()),
        "day_again_in_gb18030.csv": DAY.replace("\n", "\r\n").encode("gb18030"),
        "tabs_in_utf16.csv": spread.encode("utf-16"),
        "semicolons_with_mark.csv": "姓名;诉求内容\n朱一;分号隔开，内容里有，逗号\n".encode("utf-8-sig"),
        "titles_totals_and_footers.csv": TITLED.encode(),
        "dates.csv": DATES.encode("gb18030"),
        "phones.csv": PHONES.encode(),
        "formulas.csv": FORMULAS.encode(),
        "quotes_broken.csv": QUOTES.encode(),
        "equal_rows.csv": EQUAL.encode(),
        "blanks_and_nul.csv": "姓名,诉求内容\n\u3000秦\u00a0一 ,\u3000\u3000行首有全角空格\0和空字符\n".encode(),
        "no_heading.csv": "今天,来了,三个人\n明天,还有,两个\n".encode(),
        "merged_cells.xlsx": packed(merged()),
        "several_sheets.xlsx": packed(several_sheets()),
        "macros.xlsx": packed(day_as_workbook(), **{"vbaProject.bin": b"macro"}),
        "zip_bomb.xlsx": packed(Workbook(), **{"sheet1.xml": b" " * 20_000_000}),
        "entities.xlsx": entities(),
        "old_workbook.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
        "one_record.json": json.dumps(ONE, ensure_ascii=False).encode(),
        "several_records.json": SEVERAL.encode(),
        "forty_levels.json": b'{"text": ' + b"[" * 39 + b"]" * 39 + b"}",
    }  # fmt: skip


if __name__ == "__main__":
    for file, content in payloads().items():
        (FOLDER / file).write_bytes(content)
