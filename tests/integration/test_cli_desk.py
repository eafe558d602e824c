"""The desk's work by the command line: cases, corrections, rates, users, deliveries, models, packs."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import packs
from api.desk import Desk
from api.errors import BadCredentials
from api.settings import Settings
from api.signing_in import sign_in
from casework.case_file_tables import CaseFile
from casework.tables import Case, Ticket
from storage import deliveries
from storage.deliveries import Delivery
from tests.integration import photographs
from tests.integration.commands import Command, alone, look, run, worked_home

__all__ = ["alone", "run", "worked_home"]

PASSWORD = "a-long-password\n"


def first_case(command: Command) -> str:
    return str(command("cases", "list", "--json").document[0]["number"])


# cases, correct


def test_cases_are_listed_shown_and_exported(run: Command, tmp_path: Path) -> None:
    (row,) = run("cases", "list", "--json").document
    assert (row["state"], row["lead_unit"]["code"]) == ("dispatched", "U001")
    assert run("cases", "list", "--unit", "U002", "--json").document == []
    shown = run("cases", "show", row["number"], "--json").document
    assert shown["id"] == row["id"]
    assert {"clocks", "tickets", "timeline", "requests"} <= set(shown)
    assert run("cases", "show", row["id"]).out.startswith(row["number"])
    path = tmp_path / "cases.csv"
    assert run("cases", "export", path).code == 0
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    (written,) = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
    assert written["办件编号"] == row["number"]
    assert run("cases", "export").out == path.read_text("utf-8-sig").replace("\n", "\r\n")


def test_a_move_takes_its_file_along_and_a_file_that_is_none_is_refused(alone: Command, tmp_path: Path) -> None:
    number, file = first_case(alone), tmp_path / "现场.png"
    file.write_bytes(b"no picture")
    alone("cases", "do", number, "sign", "--as", "lead-U001", "--attachment", file).refused()
    assert look(alone, select(Case.state)) == "dispatched"
    file.write_bytes(photographs.png())
    alone("cases", "do", number, "sign", "--as", "lead-U001", "--attachment", file)
    assert look(alone, select(CaseFile.name)) == "现场.png"
    assert look(alone, select(CaseFile.step_id))


def test_a_case_is_moved_in_the_name_of_a_user(alone: Command) -> None:
    number = first_case(alone)
    done = alone("cases", "do", number, "sign", "--as", "lead-U001", "--json").document
    assert (done["state"], done["request"]) == ("in_progress", None)
    assert look(alone, select(Case.state)) == "in_progress"
    words = ("--text", "已修好", "--record", "电工到场换线")
    done = alone("cases", "do", number, "answer", "--as", "officer-U001", *words, "--json")
    asked = done.document
    assert "过于简短" in {each["label"] for each in asked["warnings"]}
    assert "答复体检 过于简短" in done.err
    assert asked["request"]["record"] == "电工到场换线"
    assert (asked["state"], asked["request"]["kind"], asked["request"]["state"]) == ("in_progress", "answer", "pending")
    assert alone("cases", "show", number, "--json").document["requests"][0]["id"] == asked["request"]["id"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sign", "--as", "nobody"), "没有找到用户 nobody"),
        (("sign", "--as", "lead-U002"), "没有找到办件"),
        (("sign", "--as", "agent"), "不能"),
        (("answer", "--as", "lead-U001", "--text", "好了"), "当前状态是"),
        (("dance", "--as", "dispatcher"), "流程中没有“dance”"),
        (("recall", "--as", "dispatcher"), "需要填写文字内容"),
        (("sign", "--as", "lead-U001", "--review-date", "2026-13-01"), "--review-date 应为 YYYY-MM-DD"),
        (("sign", "--as", "lead-U001", "--review-date", "tomorrow"), "--review-date 应为 YYYY-MM-DD"),
    ],
)
def test_a_move_that_is_not_possible_is_refused_with_its_reason(
    run: Command, arguments: tuple[str, ...], said: str
) -> None:
    number = first_case(run)
    assert said in run("cases", "do", number, *arguments).refused()
    assert look(run, select(Case.state)) == "dispatched"


@pytest.mark.parametrize("key", ["nothing", "", "0", "\u202e", "a" * 3000])
def test_a_case_that_is_not_there_is_named(run: Command, key: str) -> None:
    assert "没有找到办件" in run("cases", "show", key, "--json").refused()


def test_cases_refuse_states_and_files_that_are_not_there(run: Command, tmp_path: Path) -> None:
    assert "可选：open、" in run("cases", "list", "--state", "asleep", "--json").refused()
    for path in (tmp_path, tmp_path / "no folder" / "x.csv"):
        assert str(path) in run("cases", "export", path).refused()


def test_a_suggestion_is_corrected_in_the_name_of_an_agent(alone: Command) -> None:
    number = look(alone, select(Ticket.number).where(Ticket.case_id.is_(None)))
    done = alone(
        "correct", number, "--category", "100204", "--request-type", "咨询", "--as", "agent", "--json"
    ).document
    assert (done["category"]["code"], done["request_type"]) == ("100204", "咨询")
    assert look(alone, select(Ticket.category).where(Ticket.number == number)) == "100204"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--category", "999999", "--as", "agent"), "没有三级分类“999999”"),
        (("--category", "10", "--as", "agent"), "没有三级分类“10”"),
        (("--unit", "nowhere", "--as", "agent"), "没有承办单位“nowhere”"),
        (("--request-type", "胡说", "--as", "agent"), "没有诉求类型“胡说”"),
        (("--category", "100204", "--as", "auditor"), "没有这项权限"),
        (("--category", "100204", "--as", "nobody"), "没有找到用户 nobody"),
    ],
)
def test_a_correction_that_is_not_possible_is_refused(run: Command, arguments: tuple[str, ...], said: str) -> None:
    number = look(run, select(Ticket.number).where(Ticket.case_id.is_(None)))
    before = look(run, select(Ticket.category).where(Ticket.number == number))
    assert said in run("correct", number, *arguments).refused()
    assert "没有找到诉求工单 nothing" in run("correct", "nothing", *arguments[:2], "--as", "agent").refused()
    assert look(run, select(Ticket.category).where(Ticket.number == number)) == before


# rates


def test_rates_have_numerators_denominators_and_the_formula_version(run: Command) -> None:
    for by in ("unit", "street", "category", "channel"):
        done = run("rates", "--by", by, "--from", "2026-01-01", "--to", "2099-12-31", "--json").document
        assert (done["by"], bool(done["formula_version"])) == (by, True)
        assert done["pooled"]["tickets"] == 2
        assert {"numerator", "denominator", "value"} <= set(next(iter(done["pooled"]["rates"].values())))
        assert sum(row["tickets"] for row in done["rows"]) >= 2


def test_the_period_of_the_rates_is_told_in_the_districts_time(run: Command) -> None:
    done = run("rates", "--from", "2026-03-02", "--to", "2026-03-08")
    assert "2026-03-02 12:00 至 2026-03-09 12:00" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "weather"), "不能按“weather”统计"),
        (("--from", "2026-13-01"), "--from 应为 YYYY-MM-DD，给出的是 2026-13-01"),
        (("--to", "2026-02-30"), "--to 应为 YYYY-MM-DD"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "日期范围有误"),
        (("--from", "0001-01-01"), "日期范围有误"),
        (("--to", "9999-12-31"), "日期范围有误"),
    ],
)
def test_rates_refuse_a_period_or_grouping_that_is_none(run: Command, arguments: tuple[str, ...], said: str) -> None:
    assert said in run("rates", *arguments, "--json").refused()


# users, settings


def test_a_user_is_added_with_his_phone_which_is_listed_masked(alone: Command) -> None:
    contact = ("--phone", "138 0000 0001", "--email", "neu@example.org")
    assert alone("users", "add", "neu", "--role", "agent", *contact, stdin=PASSWORD).code == 0
    (row,) = (each for each in alone("users", "list", "--json").document if each["login"] == "neu")
    assert row["phone"] == "138***001"
    for option, told in (
        (("--phone", "打我手机"), "--phone 应为电话号码"),
        (("--email", "neu"), "--email 不是邮箱地址"),
    ):
        refused = alone("users", "add", "other", "--role", "agent", *option, stdin=PASSWORD)
        assert (refused.code, told in refused.err) == (1, True)


def test_users_are_added_listed_disabled_and_reset(alone: Command) -> None:
    def row() -> dict[str, Any]:
        return next(each for each in alone("users", "list", "--json").document if each["login"] == "neu")

    def signs_in(password: str) -> bool:
        desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
        try:
            return bool(sign_in(desk, "neu", password, "127.0.0.1"))
        except BadCredentials:
            return False
        finally:
            desk.close()

    assert alone("users", "add", "neu", "--role", "agent", "--name", "新人", stdin=PASSWORD).code == 0
    known = {"login": "neu", "name": "新人", "role": "agent", "unit": "", "phone": "", "disabled": False, "demo": False}
    assert row() == known
    assert signs_in("a-long-password")
    assert alone("users", "reset", "neu", stdin="another-password\n").code == 0
    assert (signs_in("a-long-password"), signs_in("another-password")) == (False, True)
    assert alone("users", "disable", "neu").code == 0
    assert row()["disabled"]
    assert not signs_in("another-password")
    number = look(alone, select(Ticket.number).where(Ticket.case_id.is_(None)))
    assert "用户 neu 已停用" in alone("correct", number, "--category", "100204", "--as", "neu").refused()


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("add", "agent", "--role", "agent"), PASSWORD, "用户名 agent 已被使用"),
        (("add", "x", "--role", "agent"), "short\n", "密码至少 10 位"),
        (("add", "x", "--role", "agent"), "", "密码至少 10 位"),
        (("add", "x", "--role", "unit_lead"), PASSWORD, "需要有效的 --unit"),
        (("add", "x", "--role", "unit_lead", "--unit", "U9999"), PASSWORD, "没有单位 U9999"),
        (("add", "x", "--role", "system"), PASSWORD, "不能添加角色 system"),
        (("add", "", "--role", "agent"), PASSWORD, "用户名应为 1 至 60 个字"),
        (("add", "a b", "--role", "agent"), PASSWORD, "用户名应为 1 至 60 个字"),
        (("add", "x" * 61, "--role", "agent"), PASSWORD, "用户名应为 1 至 60 个字"),
        (("add", "x", "--role", "agent", "--name", "名" * 61), PASSWORD, "姓名最多 60 个字"),
        (("disable", "nobody"), "", "没有找到用户 nobody"),
        (("reset", "nobody"), PASSWORD, "没有找到用户 nobody"),
    ],
)
def test_users_refuse_what_would_not_work(run: Command, arguments: tuple[str, ...], password: str, said: str) -> None:
    before = run("users", "list", "--json").document
    assert said in run("users", *arguments, stdin=password).refused()
    assert run("users", "list", "--json").document == before


def test_settings_show_every_value_but_no_secret(
    worked_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "postgresql+psycopg://desk:url-is-secret@db.example/desk"
    run = Command(worked_home, monkeypatch, capsys, YINGSHENG_DATABASE_URL=url)
    done = run("settings", "--json")
    rows = {row["variable"]: row for row in done.document}
    assert rows["YINGSHENG_HOME"]["value"] == str(worked_home)
    assert rows["YINGSHENG_DATABASE_URL"]["value"] == "postgresql+psycopg://desk:******@db.example/desk"
    assert rows["YINGSHENG_ACCOUNTS"]["value"]["wechat"]["main"]["app_id"] == "wx1"
    assert all(row["meaning"] for row in rows.values())
    for text in (done.out, run("settings").out):
        assert "is-secret" not in text


# deliveries, models, index, doctor, pack


def test_a_delivery_that_failed_is_listed_and_queued_again(alone: Command) -> None:
    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    with desk.database.write.begin() as session:
        key = session.scalars(select(Delivery.id)).first()
        assert key is not None
        assert deliveries.lease(session, key, by="test", now=desk.now())
        deliveries.mark_failed(session, key, by="test", reason="对方拒收", now=desk.now())
    desk.close()
    (row,) = alone("deliveries", "list", "--state", "failed", "--json").document
    assert (row["id"], row["reason"]) == (key, "对方拒收")
    assert alone("deliveries", "retry", key).code == 0
    assert alone("deliveries", "list", "--state", "failed", "--json").document == []
    assert key in {each["id"] for each in alone("deliveries", "list", "--json").document}
    assert "没有找到消息 nothing" in alone("deliveries", "retry", "nothing").refused()
    assert "可选：queued" in alone("deliveries", "list", "--state", "asleep").refused()


def test_models_are_listed_and_promoted(run: Command) -> None:
    (row,) = run("models", "--json").document
    assert row["promoted"]
    assert row["figures"]
    assert run("promote", row["version"]).code == 0
    for name in ("nothing", "../models", ""):
        assert f"可选：{row['version']}" in run("promote", name).refused()


def test_the_index_is_built_anew(alone: Command) -> None:
    before = alone("search", "路灯", "--json").document
    assert alone("reindex").code == 0
    assert [hit["id"] for hit in alone("search", "路灯", "--json").document] == [hit["id"] for hit in before]
    assert "没有检索引擎 magic" in alone("reindex", "--engine", "magic").refused()


def test_an_index_is_moved_to_another_engine_and_back_by_name(alone: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for named, serving in (("tantivy", "tantivy"), ("auto", "whoosh")):
        assert f"引擎 {serving}" in alone("reindex", "--engine", named).err
        assert alone("search", "路灯坏了找谁修", "--json").document
        (row,) = (row for row in alone("doctor", "--json").document if row["check"] == "知识索引")
        assert row["words"].startswith(f"{serving},")
    monkeypatch.setenv("YINGSHENG_SEARCH_ENGINE", "whoosh")
    assert "改这项设置" in alone("reindex", "--engine", "tantivy").refused()


def test_the_doctor_finds_a_sound_desk_sound_and_a_bare_home_not(
    run: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = run("doctor", "--json").document
    assert {row["level"] for row in found} <= {"ok", "warning"}
    assert {"数据库", "知识索引", "研判模型", "日历", "渠道账号", "时限"} <= {row["check"] for row in found}
    bare = Command(tmp_path / "bare", monkeypatch, capsys)("doctor", "--json")
    assert bare.refused() == "错误：有需要修复的问题"
    errors = [row for row in json.loads(bare.out) if row["level"] == "error"]
    assert {"数据库", "研判模型", "知识索引"} <= {row["check"] for row in errors}
    assert all("yingsheng setup" in row["words"] + row["mend"] for row in errors)


def test_the_doctor_names_the_setting_that_an_account_lacks(
    run: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = {
        "wechat": {"mute": {"token": "t", "app_id": "wx0"}},
        "mailbox": {"deaf": {"address": "a@example.org", "smtp_host": "127.0.0.1", "imap_host": "imap.example.org"}},
    }
    ask = Command(run.home, monkeypatch, capsys, YINGSHENG_ACCOUNTS=json.dumps(accounts))
    told = [row for row in ask("doctor", "--json").document if row["check"] == "渠道账号"]
    assert [row["level"] for row in told] == ["warning", "warning"]
    assert "wechat/mute:app_secret" in told[0]["words"]
    assert "mailbox/deaf:imap_user" in told[1]["words"]


def test_a_broken_pack_is_told_by_file_and_line(run: Command, tmp_path: Path) -> None:
    assert run("pack", "check", "--json").document["problems"] == []
    broken = Path(shutil.copytree(Path(packs.__file__).parent / "demo", tmp_path / "pack"))
    lines = (broken / "units.csv").read_text("utf-8").splitlines()
    lines[1] = lines[1].replace(",", ",,", 1)
    (broken / "units.csv").write_text("\n".join(lines) + "\n", "utf-8")
    done = run("pack", "check", broken)
    assert done.code == 1
    assert "units.csv:2:" in done.out
    assert "Traceback" not in done.err
