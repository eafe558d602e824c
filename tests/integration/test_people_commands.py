"""``users import``, ``units``, ``duty`` and ``rates --successors`` as commands: dry runs change nothing, a second run neither."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

import packs
from api.desk import Desk
from api.setting_up import add_demo_users
from api.settings import Settings
from casework import rules
from casework.people_tables import DutyShift
from casework.tables import Case
from storage import migrate
from storage.identity import User
from tests.integration.commands import Command, files, look
from tests.unit.casework.conftest import Bench

HEAD = "用户名,姓名,角色,单位,电话,邮箱\n"


@pytest.fixture(scope="module")
def light_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demo's users and one dispatched case, without model and index; its pack may be changed."""
    folder = tmp_path_factory.mktemp("light")
    demo = Path(packs.__file__).parent / "demo"
    shutil.copytree(demo, folder / "pack", ignore=shutil.ignore_patterns("articles", "samples"))
    desk = Desk(Settings(home=folder / "home", _env_file=None))  # type: ignore[call-arg]
    migrate.upgrade(desk.database)
    add_demo_users(desk)
    with desk.database.write.begin() as session:
        rules.keep(session, desk.district, now=desk.now())
    Bench(desk.database, desk.district, now=datetime.now(UTC)).case()
    desk.close()
    return folder


@pytest.fixture
def alone(
    light_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(light_home, tmp_path / "own")
    return Command(tmp_path / "own" / "home", monkeypatch, capsys, YINGSHENG_PACK=str(tmp_path / "own" / "pack"))


def change(command: Command, *lines: str) -> None:
    """The pack's changes of units."""
    path = Path(command.environment["YINGSHENG_PACK"]) / "unit_changes.csv"
    path.write_text("\n".join(("day,kind,from,to,note", *lines)) + "\n", encoding="utf-8")


def sheet(command: Command, text: str, name: str = "staff_csv") -> Path:
    (path,) = files(command.home.parent, **{name: text.encode()})
    return path


def test_a_dry_run_tells_what_a_staff_list_would_do_and_does_nothing(alone: Command) -> None:
    path = sheet(alone, f"{HEAD}zhao,赵某,坐席,,,\nagent,周某,派单员,,,\n")
    before = look(alone, select(func.count(User.id)))
    told = alone("users", "import", path, "--dry-run", "--json").document
    assert (told["added"], told["changed"], told["disabled"]) == (1, 1, 0)
    assert "password" not in told["new"][0]
    assert look(alone, select(func.count(User.id))) == before
    assert look(alone, select(User.role).where(User.login == "agent")) == "agent"


def test_a_staff_list_is_brought_in_with_passwords_once_and_a_second_time_nothing_changes(alone: Command) -> None:
    path = sheet(alone, f"{HEAD}zhao,赵某,坐席,,,\n")
    done = alone("users", "import", path)
    assert (done.code, done.out.count("zhao")) == (0, 1)
    assert "新增 1" in done.err
    assert look(alone, select(User.one_time).where(User.login == "zhao"))
    again = alone("users", "import", path, "--json").document
    assert (again["added"], again["same"]) == (0, 1)


def test_who_is_not_on_the_list_is_disabled_only_when_asked(alone: Command) -> None:
    path = sheet(alone, f"{HEAD}admin,罗某,管理员,,,\n")
    alone("users", "import", path)
    assert not look(alone, select(User.disabled).where(User.login == "agent"))
    alone("users", "import", path, "--disable-missing")
    assert look(alone, select(User.disabled).where(User.login == "agent"))


@pytest.mark.parametrize(
    ("text", "told"),
    [(f"{HEAD}zhao,赵某,主任,,,\n", "第 2 行“角色”"), ("什么\n", "无法读取"), (f"{HEAD}", "没有找到人员")],
)
def test_a_list_that_does_not_fit_is_refused(alone: Command, text: str, told: str) -> None:
    assert told in alone("users", "import", sheet(alone, text)).refused()
    assert look(alone, select(User.id).where(User.login == "zhao")) is None


def test_a_file_that_is_not_there_is_refused(alone: Command) -> None:
    alone("users", "import", alone.home / "none.csv").refused()


def test_changes_of_units_are_shown_then_applied_once(alone: Command) -> None:
    unit = look(alone, select(Case.lead_unit))
    change(alone, f"2026-01-01,merge,{unit},U040,试")
    listed = alone("units", "list", "--ended", "--json").document
    assert [(row["code"], row["successors"]) for row in listed] == [(unit, ["U040"])]
    shown = alone("units", "apply-changes", "--dry-run", "--json").document
    assert shown["applied"] is False
    assert [each["to"]["code"] for each in shown["units"][0]["cases"]] == ["U040"]
    assert look(alone, select(Case.lead_unit)) == unit
    done = alone("units", "apply-changes")
    assert "已移交 1 件" in done.err
    assert look(alone, select(Case.lead_unit)) == "U040"
    assert look(alone, select(User.unit).where(User.login == f"lead-{unit}")) == "U040"
    assert alone("units", "apply-changes", "--json").document["units"] == []
    by_unit = alone("rates", "--json").document["rows"]
    assert [row["key"] for row in by_unit if row["tickets"]] == ["U040"]
    assert "U040" in alone("rates", "--successors", "--json").out


def test_a_wrong_change_of_units_is_told_with_its_line(alone: Command) -> None:
    change(alone, "2026-01-01,merge,U001,U999,试")
    assert "unit_changes.csv:2" in alone("units", "list").err


def test_the_roster_is_imported_whole_or_not_at_all(alone: Command) -> None:
    start = datetime.now(UTC) + timedelta(days=1)
    line = f"{start:%Y-%m-%d} 08:00,{start:%Y-%m-%d} 20:00"
    head = "开始,结束,用户名,顺序,电话\n"
    wrong = sheet(alone, f"{head}{line},agent,1,\n{line},nobody,2,\n", "duty_csv")
    assert "第 3 行" in alone("duty", "import", wrong).refused()
    assert look(alone, select(func.count(DutyShift.id))) == 0
    right = sheet(alone, f"{head}{line},agent,1,0999-5550-0001\n{line},dispatcher,2,\n", "duty_csv")
    assert "已登记 2 班" in alone("duty", "import", right).err
    rows = alone("duty", "list", "--json").document
    assert [(row["login"], row["position"], row["phone"]) for row in rows] == [
        ("agent", 1, "0999-5550-0001"),
        ("dispatcher", 2, ""),
    ]
    assert "agent" not in alone("duty", "list").err
