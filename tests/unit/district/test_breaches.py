"""Every breach of a pack is found with its file and line, and refused on load: one thing broken at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from district.articles import load_articles
from district.checks import check, examine
from district.errors import PackError
from district.pack import District, load

Edit = Callable[[str, str, str], int]

HERE = ""
TOP = "\n"

# Each case: file, what stood there, what stands there now, words of the line that is named (HERE: the line changed,
# TOP: the first line), words of the message.
TABLES = [
    ("units.csv", "U002,区城市管理委", "U001,区城市管理委", HERE, "单位编号“U001”重复，第 2 行"),
    ("units.csv", "U003,样区供电公司", "U003,区城市管理委", HERE, "单位名称“区城市管理委”重复"),
    ("units.csv", "street,,,东门街道办", "street,U999,,东门街道办", HERE, "没有上级单位“U999”"),
    ("units.csv", "street,,,东门街道办", "street,U1001,,", HERE, "“U100”的上级绕了一圈"),
    ("units.csv", "石桥,community,U100", "石桥,community,U002", HERE, "社区“石桥社区”的上级须是街道"),
    ("units.csv", "供电,utility", "供电,company", HERE, "“company”不在可选范围"),
    ("units.csv", "U003,样区", "X3,样区", HERE, "“X3”格式不对"),
    ("taxonomy.csv", "010102,市容环卫", "010101,市容环卫", HERE, "分类编号“010101”重复"),
    ("taxonomy.csv", "桶站位置,桶站放在哪里", "清运不及时,桶站放在哪里", HERE, "“清运不及时”的路径重复，第 4 行"),
    ("taxonomy.csv", "\n0201,供电,停电,,", "\n0202,供电,停电,,", "020101", "没有上级分类“0201”"),
    ("taxonomy.csv", "020101,供电,停电", "020101,供热,停电", HERE, "与本行不一致"),
    ("taxonomy.csv", "0201,供电,停电,,", "02011,供电,停电,,", HERE, "“02011”格式不对"),
    ("taxonomy.csv", "02,供电,,,", "02,供电,用电,,", HERE, "第 1 级，名称却填到第 2 级"),
    ("directory.csv", "DL-0002", "DL-0001", HERE, "条目编号“DL-0001”重复"),
    ("directory.csv", "DL-0004,0201", "DL-0004,0301", HERE, "没有分类“0301”"),
    ("directory.csv", "DL-0004,0201,U003", "DL-0004,0201,U004", HERE, "没有单位“U004”"),
    ("directory.csv", "@street,U002", "@streets,U002", HERE, "不认识的属地规则“@streets”"),
    ("directory.csv", "@street,U002", "@street,U777", HERE, "没有单位“U777”"),
    ("directory.csv", "U200", "U003", HERE, "“U003”不是街道"),
    ("directory.csv", "010101,U002,@street,U200", "010101,U002,@street,", HERE, "同一范围的条目重复，第 2 行"),
    ("directory.csv", "环卫第2条", "", HERE, "“clause”太短"),
    ("gazetteer.csv", "槐树社区,community,U100,U1001", "槐树社区,community,U100,", HERE, "没有填社区编号"),
    ("gazetteer.csv", "长街北里,compound,U100,U1002", "长街北里,compound,U100,U2001", HERE, "不在街道“U100”之下"),
    ("gazetteer.csv", "双塔,landmark,U200", "双塔,landmark,U003", HERE, "“U003”不是街道"),
    ("gazetteer.csv", "双塔,landmark,U200,U2001", "双塔,landmark,U200,U200", HERE, "“U200”不是社区"),
    ("gazetteer.csv", "平安里,compound,U200,U2001", "平安里,compound,U100,U1001", HERE, "“平安里”在同一处重复"),
    ("gazetteer.csv", "1,99", "99,1", HERE, "前大后小"),
    ("gazetteer.csv", "1,99", "一,99", HERE, "应是整数"),
    ("gazetteer.csv", "塔园", "塔", HERE, "只有一个字"),
    ("gazetteer.csv", "老长街,1,99", "老长街,1,99,多", HERE, "应有 7 列，实有 8 列"),
    ("examples.csv", "请问清运桶几点来", "楼道里一股煤气味", HERE, "与第 2 行重复"),
    ("examples.csv", ",normal,咨询", ",normal,咨问", HERE, "没有诉求类型“咨问”"),
    ("examples.csv", ",normal,咨询", ",calm,咨询", HERE, "“calm”不在可选范围"),
    ("examples.csv", ",normal,咨询", ",,", HERE, "urgency 与 request_type 都没有填"),
]

RULES = [
    ("pack.yaml", "timezone: Asia/Shanghai", "timezone: Asia/Peking", HERE, "没有时区“Asia/Peking”"),
    ("pack.yaml", '"2026-05-31"', '"2026-02-30"', HERE, "日期应写作"),
    ("pack.yaml", '"2026-05-31"', '"2026-02-28"', HERE, "最后一天早于第一天"),
    ("pack.yaml", "desk: 样区", "dask: 样区", HERE, "不认识的字段“dask”"),
    ("pack.yaml", 'version: "1"', "version: 1", HERE, "应是文字"),
    ("clocks.yaml", "hard: 15 wd office, ", "", HERE, "“answer”缺少列：hard"),
    ("clocks.yaml", "consult: 30 min desk", "consult: 30 min moon", HERE, "没有日历“moon”"),
    ("clocks.yaml", "consult: 30 min desk", "consult: 半小时", HERE, "时限应写作"),
    ("clocks.yaml", "yellow: 0.4", "yellow: 0.1", HERE, "red 须小于 yellow"),
    ("clocks.yaml", "name: answer", "name: dispatch", HERE, "时限“dispatch”重复"),
    ("clocks.yaml", "clocks:\n", "ladder:\n  - {at: red}\nclocks:\n", "ladder:", "缺少字段“tell”"),
    ("clocks.yaml", "clocks:\n", "ladder: [{at: red, tell: mayor}]\nclocks:\n", "ladder:", "“mayor”不在可选范围"),
    ("clocks.yaml", "clocks:\n", "ladder: [{tell: desk}]\nclocks:\n", "ladder:", "at(yellow、red、overdue)或"),
    ("clocks.yaml", "clocks:\n", "ladders: []\nclocks:\n", "ladders:", "不认识的字段“ladders”"),
    (
        "clocks.yaml",
        "clocks:\n",
        "ladder: [{at: red, tell: unit}, {at: yellow, tell: unit}]\nclocks:\n",
        "ladder:",
        "先后各写一级",
    ),
    (
        "clocks.yaml",
        "clocks:\n",
        "ladder:\n  - {after_overdue: 1 wd moon, tell: unit}\nclocks:\n",
        "moon",
        "没有日历“moon”",
    ),
    (
        "clocks.yaml",
        "    warn: {yellow",
        "    ladder: [{after_overdue: 1 wd moon, tell: unit}]\n    warn: {yellow",
        "ladder",
        "没有日历“moon”",
    ),
    ("calendars.yaml", "name: desk", "name: always", HERE, "日历“always”重复"),
    ("calendars.yaml", '"13:30-18:00"', '"11:30-18:00"', "name: office", "互不重叠"),
    ("calendars.yaml", "weekdays: [1, 2, 3, 4, 5]", "weekdays: [0, 1]", "name: office", "weekdays 须是"),
    ("calendars.yaml", "holidays: true", "holidays: true\n    closed_on: [2026-10-08]", "closed_on", "加引号"),
    ("request_types.yaml", "name: 建议", "name: 意见", TOP, "缺少诉求类型：建议"),
    ("request_types.yaml", "name: 建议", "name: 举报", HERE, "诉求类型“举报”重复"),
    ("request_types.yaml", "cues: [投诉]", 'cues: ["投诉)"]', HERE, "正则表达式“投诉)”有误"),
    ("request_types.yaml", "cues: [投诉]", 'cues: ["(投诉)?"]', HERE, "会匹配空文本"),
    ("urgency.yaml", ".{0,6}(泄漏", ".{0，6}(泄漏", HERE, "“{0，6}”不是量词"),
    ("urgency.yaml", ".{0,6}(泄漏", ".{６}(泄漏", HERE, "“{６}”不是量词"),
    ("urgency.yaml", "name: manhole", "name: gas", HERE, "紧急规则“gas”重复"),
    ("urgency.yaml", "    advice: 请开窗通风，撤到室外后拨打119\n", "", "name: gas", "没有写给居民的 advice"),
    ("urgency.yaml", "unless: [安检]", 'unless: ["安检["]', HERE, "正则表达式“安检[”有误"),
    ("urgency.yaml", "past: [去年]", "past: [去年]\nspellings: [[媒气, 煤]]", "spellings", "长短不一"),
    ("urgency.yaml", "negations: [没有]", 'negations: [没有, ""]', HERE, "空词"),
    ("pack.yaml", "timezone: Asia/Shanghai\n", 'conversation: {urging: ["催("]}\n', HERE, "正则表达式“催(”有误"),
    ("pack.yaml", "timezone: Asia/Shanghai\n", "conversation: {fragment: -1}\n", HERE, "应不小于 0"),
    ("formulas.yaml", "numerator: [contacted_in_time]", "numerator: [contacted]", HERE, "没有统计列“contacted”"),
    ("formulas.yaml", 'satisfaction_rate: "0.6"', 'happiness: "0.6"', HERE, "没有指标“happiness”"),
    ("formulas.yaml", 'satisfaction_rate: "1"', 'happiness: "1"', HERE, "没有指标“happiness”"),
    ("formulas.yaml", "name: satisfaction_rate", "name: response_rate", HERE, "指标“response_rate”重复"),
    ("formulas.yaml", "numerator: [contacted_in_time]", "numerator: []", HERE, "至少要有 1 项"),
    ("formulas.yaml", "start_day: 19", "start_day: 31", HERE, "应不大于 28"),
    ("templates.yaml", "name: asked,", "name: decided,", "审批结果", "模板“decided”重复，第 24 行"),
    ("templates.yaml", "{number} 居民催办。", "{nummer} 居民催办。", HERE, "没有声明的填充项 nummer"),
    ("templates.yaml", "{number} 居民催办。", "{number 居民催办。", HERE, "正文有误"),
    ("templates.yaml", "{number} 居民催办。", "{number!r} 居民催办。", HERE, "只能是一个名字"),
    ("templates.yaml", "mailbox: {subject", "mail: {subject", HERE, "没有渠道“mail”"),
    ("templates.yaml", "name: clock_red", "name: clock_rot", TOP, "缺少模板“clock_red”"),
    (
        "templates.yaml",
        'fields: [number, count], default: "{number} 第',
        'fields: [number, count, advice], default: "{advice}{number} 第',
        HERE,
        "“urging_noted”的填充项 advice 不会提供",
    ),
]

WORKFLOW = [
    (
        "needs: [reason, proposed_unit]\n",
        "needs: [reason, proposed_unit]\n    holds: [vanish]\n",
        "vanish",
        "“vanish”不存在",
    ),
    ("needs: [reason, proposed_unit]\n", "needs: [reason, proposed_unit]\n    within: egg\n", "egg", "没有时限“egg”"),
    (
        "needs: [reason, proposed_unit]\n",
        "needs: [reason, proposed_unit]\n    then: talk\n",
        "talk",
        "“talk”不是任何申请",
    ),
    (
        "needs: [reason, proposed_unit]\n",
        "needs: [reason, proposed_unit]\n    then: answer\n",
        "then",
        "没有规定 at_most",
    ),
    ("final: [closed]", "final: [closed, burnt]", HERE, "终止状态“burnt”没有定义"),
    ("final: [closed]", "final: []", HERE, "没有终止状态"),
    ("initial: open", "initial: opened", HERE, "初始状态“opened”没有定义"),
    ("    answered: 已答复\n", "    answered: 已答复\n    lost: 失踪\n", "lost", "“lost”(失踪)无法到达"),
    ("    answered: 已答复\n", "    answered: 已答复\n    lost: 失踪\n", "lost", "没有流转离开它"),
    ("    answered: 已答复\n", "", "  states:\n", "办件缺少状态“answered”，程序要用到"),
    ("name: file", "name: filed", "transitions:", "工单缺少流转“file”，程序要用到"),
    ("to: assessed, roles: [system]", "to: assessed, roles: [agent]", HERE, "roles 须含 system"),
    ("from: [open, in_progress, answered]", "from: [open, in_progress, nowhere]", HERE, "“nowhere”没有定义"),
    (
        "to: answered_directly, roles: [agent]",
        "to: answered_somehow, roles: [agent]",
        HERE,
        "到达状态“answered_somehow”没有定义",
    ),
    ("from: [assessed], to: rejected", "from: [assessed, closed], to: rejected", HERE, "从终止状态“closed”出发"),
    ("name: reject,", "name: file,", HERE, "流转“file”从“assessed”出发的不止一条"),
    ("roles: [unit_officer, unit_lead]", "roles: []", HERE, "没有任何角色可以做"),
    ("roles: [unit_officer, unit_lead]", "roles: [unit_officer, unit_lead, auditor]", HERE, "审计员只能查看"),
    ("roles: [unit_officer, unit_lead]", "roles: [unit_officer, wizard]", HERE, "“wizard”不在可选范围"),
    ("exempt: [unit_lead]", "exempt: [supervisor]", HERE, "免审批的角色“supervisor”"),
    ("      starts: [dispatch]\n", "      starts: [dispatch, sign]\n", HERE, "没有时限“sign”"),
    ("      starts: [dispatch]\n", "      starts: [dispatch, sign]\n", HERE, "“sign”启动后没有流转停止它"),
    ("      stops: [dispatch, answer]\n", "      stops: [dispatch]\n", "name: close\n", "时限“answer”可能还在走"),
    ("      own_unit: true\n", "      pauses: [answer]\n", HERE, "“answer”暂停后没有流转恢复"),
    ("needs: [reason]}", "needs: [reason], stops: [dispatch]}", HERE, "工单流转“reject”不能起停时限"),
    ("needs: [reason]}", "needs: [reason], approval: return}", HERE, "工单流转“reject”不能设审批"),
    ("needs: [reason]}", "needs: [reason, attachment]}", HERE, "工单流转“reject”不能要求附件"),
    ("approval: return", "approval: refund", HERE, "审批“refund”不是任何申请"),
    ("approved: take_back", "approved: give_back", HERE, "批准后的流转“give_back”不存在"),
    ("approved: take_back", "approved: close", "approval: return", "后者批准后并不执行它"),
    ("    extends: answer", "    extends: sign", HERE, "没有时限“sign”"),
    ("    extends: answer", "    approved: answer", "approval: answer", "另需“answer”批准"),
    ("states: [in_progress]\n    extends", "states: [lost]\n    extends", HERE, "状态“lost”没有定义"),
    ("needs: [reason, proposed_unit]", "needs: [nonsense]", HERE, "不在可选范围"),
    ("    needs: [text]\n    approved: answer", "    needs: [reason]\n    approved: answer", HERE, "“answer”需要 text"),
    ("approved: take_back", "approved: rework", "states: [in_progress]", "却不能从它出发"),
    ("asked_by: [unit_lead]", "asked_by: []", HERE, "没有任何角色可以做"),
    ("decided_by: [unit_lead]", "decided_by: []", HERE, "没有任何角色可以做"),
    ("- name: extension", "- name: return", HERE, "申请“return”重复"),
    ("audience: resident, template: answered", "audience: resident, template: answer", HERE, "没有模板“answer”"),
    ("audience: desk, template: asked", "audience: desk, template: decided", HERE, "填充项 decision 不会提供"),
    ("audience: desk, template: asked", "audience: desk, template: received", HERE, "填充项 lookup_code 不会提供"),
]
RULE_BREACHES = [*TABLES, *RULES, *(("workflow.yaml", *breach) for breach in WORKFLOW)]

BESIDE = [
    ("articles/KB-0001.md", "'010101'", "'030101'", HERE, "没有分类“030101”"),
    ("articles/KB-0001.md", "unit: U002", "unit: U999", HERE, "没有单位“U999”"),
    ("articles/KB-0001.md", "2026-01-01", "2026-13-01", HERE, "YAML 语法错误"),
    ("articles/KB-0001.md", "2026-01-01", "2026-01-01\nvalid_until: 2025-12-31", "id:", "失效日期早于生效日期"),
    ("articles/KB-0001.md", "unit: U002", "unit: U002\nunits: U002", "units:", "不认识的字段“units”"),
    ("articles/KB-0001.md", "---\nid", "id", TOP, "缺少以 --- 围起"),
    ("samples/appeals.jsonl", "020101", "0201", HERE, "没有三级分类“0201”"),
    ("samples/appeals.jsonl", "求助", "求救", HERE, "没有诉求类型“求救”"),
    ("samples/appeals.jsonl", '{"text": "全楼', '"text": "全楼', HERE, "不是 JSON"),
]
"""What a pack ships beside its rules: found by the check; articles are refused when they are loaded."""


def _line(text: str, words: str) -> int:
    return 1 if words == TOP else text.count("\n", 0, text.index(words)) + 1


def _expected(copy: Path, edit: Edit, breach: tuple[str, str, str, str, str]) -> tuple[str, int]:
    file, old, new, where, _ = breach
    changed = edit(file, old, new)
    return file, _line((copy / file).read_text(encoding="utf-8"), where) if where else changed


def test_every_file_of_samples_is_counted_and_its_labels_are_checked(copy: Path) -> None:
    before = check(copy).counts["samples"]
    rows = '{"id": "D1", "channel": "web", "payload": {"text": "灯"}}\n{"id": "D2", "category": "0201"}\n'
    (copy / "samples" / "doors.jsonl").write_text(rows, encoding="utf-8")
    report = check(copy)
    assert report.counts["samples"] == before + 2
    assert [tuple(problem)[:2] for problem in report.problems] == [("samples/doors.jsonl", 2)]


def test_the_smallest_pack_is_sound(copy: Path) -> None:
    assert check(copy).problems == ()


@pytest.mark.parametrize("breach", RULE_BREACHES, ids=lambda breach: f"{breach[0]}: {breach[4]}")
def test_a_breach_of_the_rules_is_refused_on_load_with_file_and_line(
    copy: Path, edit: Edit, breach: tuple[str, str, str, str, str]
) -> None:
    file, line = _expected(copy, edit, breach)
    with pytest.raises(PackError) as refused:
        load(copy)
    assert [each for each in refused.value.problems if each[:2] == (file, line) and breach[4] in each.message], str(
        refused.value
    )
    assert set(refused.value.problems) <= set(check(copy).problems)


@pytest.mark.parametrize("breach", BESIDE, ids=lambda breach: f"{breach[0]}: {breach[4]}")
def test_a_breach_beside_the_rules_is_found_with_file_and_line(
    copy: Path, edit: Edit, breach: tuple[str, str, str, str, str]
) -> None:
    file, line = _expected(copy, edit, breach)
    (found,) = check(copy).problems
    assert found[:2] == (file, line)
    assert breach[4] in found.message


def test_articles_that_name_what_the_pack_has_not_are_refused(copy: Path, edit: Edit, smallest: District) -> None:
    line = edit("articles/KB-0001.md", "unit: U002", "unit: U999")
    with pytest.raises(PackError) as refused:
        load_articles(copy, categories=smallest.taxonomy, units=smallest.units)
    assert [each[:2] for each in refused.value.problems] == [("articles/KB-0001.md", line)]


def test_two_articles_of_one_number_are_told_apart_by_file(copy: Path) -> None:
    article = copy / "articles" / "KB-0001.md"
    (copy / "articles" / "KB-0002.md").write_text(article.read_text(encoding="utf-8"), encoding="utf-8")
    (found,) = check(copy).problems
    assert found == ("articles/KB-0002.md", 2, "编号“KB-0001”与 articles/KB-0001.md 重复")


def test_approvals_that_wait_for_one_another_are_found(copy: Path, edit: Edit) -> None:
    edit("workflow.yaml", "approved: take_back", "approved: answer")
    edit("workflow.yaml", "    needs: [text]\n    approved: answer", "    needs: [text]\n    approved: take_back")
    lines = (copy / "workflow.yaml").read_text(encoding="utf-8")
    found = {(each.line, each.message) for each in check(copy).problems}
    for approval in ("return", "answer"):
        assert any(line == _line(lines, f"approval: {approval}") and "绕了一圈" in words for line, words in found)


def test_a_clock_nobody_starts_is_found(copy: Path) -> None:
    clocks = copy / "clocks.yaml"
    text = clocks.read_text(encoding="utf-8")
    lost = text.split("\n", 1)[1].split("  - name: answer")[0].replace("name: dispatch", "name: lost")
    clocks.write_text(text + lost, encoding="utf-8")
    (found,) = check(copy).problems
    assert found == ("clocks.yaml", text.count("\n") + 1, "时限“lost”没有任何流转启动")


@pytest.mark.parametrize("file", ["pack.yaml", "workflow.yaml", "units.csv", "taxonomy.csv", "urgency.yaml"])
def test_a_missing_file_is_one_problem_and_nobody_else_is_blamed(copy: Path, file: str) -> None:
    (copy / file).unlink()
    assert check(copy).problems == ((file, 1, "缺少这个文件"),)


def test_a_table_without_a_column_is_one_problem_and_nobody_else_is_blamed(copy: Path, edit: Edit) -> None:
    edit("units.csv", "code,name", "name,name")
    assert {each.message for each in check(copy).problems} == {"缺少列：code", "列重复：name"}


def test_every_breach_is_told_at_once_in_order(copy: Path, edit: Edit) -> None:
    edit("units.csv", "U003,样区", "X3,样区")
    edit("templates.yaml", "{number} 居民催办。", "{nummer} 居民催办。")
    edit("formulas.yaml", "start_day: 19", "start_day: 31")
    with pytest.raises(PackError) as refused:
        load(copy)
    assert [each.file for each in refused.value.problems] == ["formulas.yaml", "templates.yaml", "units.csv"]


def test_a_pack_is_checked_as_far_as_it_can_be_read(copy: Path, edit: Edit) -> None:
    edit("workflow.yaml", "ticket:", "ticket: [")
    draft, problems = examine(copy)
    assert draft.workflow is None
    assert {each.file for each in problems.found} == {"workflow.yaml"}
    assert len(draft.units) == 8


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        ('{missing: time, categories: ["999999"], found: [点]}', "没有“999999”"),
        ('{missing: time, categories: ["010101"], request_types: [抱怨], found: [点]}', "没有“抱怨”"),
        ('{missing: time, categories: ["010101"], channels: [fax], found: [点]}', "没有“fax”"),
        ('{missing: time, categories: ["010101"], found: ["点("]}', "有误"),
        ('{missing: time, categories: ["010101"]}', "至少写一项"),
        ('{missing: place, categories: ["010101"], found: [点]}', "“place”不在可选范围"),
        ("{missing: time, categories: [], found: [点]}", "至少要有 1 项"),
    ],
)
def test_what_is_to_be_asked_for_must_be_of_the_pack_and_answerable(copy: Path, asks: str, said: str) -> None:
    (copy / "asks.yaml").write_text(f"asks:\n  - {asks}\n", encoding="utf-8")
    with pytest.raises(PackError) as refused:
        load(copy)
    assert [(each.file, each.line) for each in refused.value.problems] == [("asks.yaml", 2)]
    assert said in refused.value.problems[0].message
