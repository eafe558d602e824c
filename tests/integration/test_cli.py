"""The command line: exit 0, 1 or 2, data on stdout, one line that says what and where when the input is refused."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

import packs
from casework.message_tables import Message
from casework.tables import Ticket
from drills.payloads import letter, wechat_text
from tests.integration.commands import CUT, Command, alone, files, json_lines, look, run, worked_home

__all__ = ["alone", "run", "worked_home"]

# intake, quarantine


def test_intake_tells_what_became_of_each_payload(alone: Command, tmp_path: Path) -> None:
    unknown = wechat_text(11).replace(b"[text]", b"[hologram]")
    names = files(tmp_path, new_xml=wechat_text(10), known_xml=wechat_text(0), cut_xml=CUT + b"1", what_xml=unknown)
    done = alone("intake", "wechat", *names, "--json").document
    assert {name: done[name] for name in ("accepted", "repeated", "ignored", "quarantined")} == {
        "accepted": 1,
        "repeated": 1,
        "ignored": 1,
        "quarantined": 1,
    }
    (new, known) = done["tickets"]
    assert set(new) >= {"id", "channel", "external_id", "sender", "text", "case_id", "suggestion"}
    assert (new["channel"], new["external_id"], new["sender"]) == ("wechat", "7000000010", "o_drill_000010")
    assert len(new["suggestion"]["category"]) == 3
    assert known["case_id"] is not None
    (error,) = done["errors"]
    assert error == {"file": str(tmp_path / "cut.xml"), "row": None, "field": "xml", "message": error["message"]}
    assert len(done["ignored_reasons"]) == 1


def test_a_repeated_payload_gives_the_same_ticket(alone: Command) -> None:
    first = alone("intake", "wechat", "-", "--json", stdin=wechat_text(20)).document
    again = alone("intake", "wechat", "-", "--json", stdin=wechat_text(20)).document
    assert (again["accepted"], again["repeated"]) == (0, 1)
    assert again["tickets"][0]["id"] == first["tickets"][0]["id"]


def test_intake_takes_letters_of_the_account_named(alone: Command) -> None:
    done = alone("intake", "mailbox", "--account", "south", "-", "--json", stdin=letter(3)).document
    assert done["tickets"][0]["sender"] == "resident3@example.com"
    assert look(alone, select(Ticket.account).where(Ticket.id == done["tickets"][0]["id"])) == "south"


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe" * 900, b"<xml></xml>", b"\n" * 40])
def test_what_cannot_be_read_is_quarantined_with_its_reason(alone: Command, content: bytes) -> None:
    done = alone("intake", "wechat", "-", "--json", stdin=content).document
    assert (done["accepted"], done["quarantined"]) == (0, 1)
    assert done["errors"][0]["message"]


def test_nothing_is_taken_when_a_file_is_missing(alone: Command, tmp_path: Path) -> None:
    names = files(tmp_path, new_xml=wechat_text(30))
    before = look(alone, select(func.count(Message.id)))
    for bad in (tmp_path / "missing.xml", tmp_path):
        assert str(bad) in alone("intake", "wechat", *names, bad, "--json").refused()
    assert look(alone, select(func.count(Message.id))) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pigeon", "-"), "没有渠道 pigeon"),
        (("wechat", "--account", "nowhere", "-"), "没有账号 nowhere"),
        (("mailbox", "-"), "请用 --account 指定：north、south"),
    ],
)
def test_intake_refuses_a_channel_or_account_that_is_not_there(
    run: Command, arguments: tuple[str, ...], said: str
) -> None:
    assert said in run("intake", *arguments, stdin=wechat_text(40)).refused()


def test_quarantine_lists_shows_and_retries(run: Command) -> None:
    (row,) = run("quarantine", "list", "--json").document
    assert (row["channel"], row["source"], row["state"], row["size"]) == ("wechat", "cut.xml", "held", len(CUT))
    shown = run("quarantine", "show", row["id"])
    assert shown.out.encode() == CUT
    assert run("quarantine", "show", row["id"], "--json").document["why"] == row["why"]
    assert row["why"] in run("quarantine", "retry", row["id"]).refused()
    for act in ("show", "retry"):
        assert "没有找到隔离件 nothing" in run("quarantine", act, "nothing").refused()


# suggest, search


def test_suggest_prints_the_document_of_the_interface_and_stores_nothing(run: Command) -> None:
    before = look(run, select(func.count(Message.id)))
    done = run("suggest", "光明路的路灯坏了三天，晚上看不清路", "--json").document
    wanted = {
        "category",
        "request_type",
        "urgency",
        "unit",
        "co_units",
        "matters",
        "missing",
        "entities",
        "similar_cases",
        "articles",
        "reasons",
        "decision",
        "why",
        "model",
        "took_ms",
    }
    assert set(done) >= wanted
    assert len(done["category"]) == 3
    assert {"code", "path", "probability"} <= set(done["category"][0])
    assert done["decision"] in {"auto", "review"}
    assert look(run, select(func.count(Message.id))) == before


def test_suggest_takes_its_text_from_stdin(run: Command) -> None:
    given, piped = (
        run("suggest", "井盖松动了", "--json").document,
        run("suggest", "-", "--json", stdin="井盖松动了").document,
    )
    assert given["category"] == piped["category"]


@pytest.mark.parametrize("packed", [False, True])
def test_suggest_answers_each_line_in_order_and_keeps_its_id(run: Command, tmp_path: Path, packed: bool) -> None:
    rows = json_lines(
        {"id": "a", "text": "路灯不亮"},
        {"id": 7, "text": "井盖松动", "title": "井盖", "channel": "wechat", "time": "2026-03-02T10:00:00+08:00"},
        {"text": "小区停水\u2028没人管"},
    )
    path = tmp_path / ("lines.jsonl.gz" if packed else "lines.jsonl")
    path.write_bytes(gzip.compress(rows) if packed else rows)
    done = run("suggest", "--lines", path)
    assert done.code == 0
    assert [line.get("id") for line in done.lines] == ["a", 7, None]
    assert all(len(line["category"]) == 3 for line in done.lines)


def test_a_lone_surrogate_stays_an_escape_in_what_is_printed(run: Command) -> None:
    done = run("suggest", "--lines", "-", stdin=rb'{"id": "\ud800", "text": "\udfff\u0000 x"}')
    assert (done.code, done.lines[0]["id"]) == (0, "\ud800")
    assert done.out.isascii()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"not json", "不是有效的 JSON"),
        (b"[1, 2]", "应为 JSON 对象"),
        (b'{"text": 5}', "text 应为文字"),
        (b'{"text": "a", "title": ["b"]}', "title 应为文字"),
        (b'{"text": "a", "time": "2026-13-01"}', "time 应为 RFC 3339 时间"),
        (b'{"id": NaN, "text": "a"}', "不是有效的 JSON"),
        (b"\xff\xfe{", "不是 UTF-8 编码的文字"),
        (b"[" * 100_000, "不是有效的 JSON"),
    ],
)
def test_a_bad_line_is_named_after_the_good_ones_are_answered(run: Command, line: bytes, said: str) -> None:
    done = run("suggest", "--lines", "-", stdin=json_lines({"text": "路灯不亮"}) + line + b"\n")
    assert len(done.lines) == 1
    assert done.refused() == f"错误：-:2: {said}"


def test_files_that_cannot_be_read_are_named(run: Command, tmp_path: Path) -> None:
    (packed,) = files(tmp_path, cut_gz=gzip.compress(json_lines({"text": "路灯"}) * 50)[:-20])
    (plain,) = files(tmp_path, plain_gz=b"not gzip at all")
    for path in (packed, plain, tmp_path, tmp_path / "missing"):
        assert str(path) in run("suggest", "--lines", path).refused()
    assert "UTF-8" in run("suggest", "-", stdin=b"\xff\xfe\x00").refused()


def test_search_finds_articles(run: Command) -> None:
    found = run("search", "路灯不亮", "--json").document
    assert set(found[0]) >= {"id", "title", "score"}
    assert "路灯" in found[0]["title"]
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)


@pytest.mark.parametrize("words", ["", "((", 'AND "', "\u202e*?", "的" * 5000])
def test_a_strange_question_finds_what_it_finds(run: Command, words: str) -> None:
    assert isinstance(run("search", words, "--json").document, list)


# evaluate


def test_evaluate_prints_the_documents_of_the_interface(run: Command, tmp_path: Path) -> None:
    matters = {"路灯": "路灯不亮", "停水": "家里停水", "噪声": "夜间施工噪声"}
    rows = [
        {"title": "", "text": f"{words}第{number}次反映", "category": name}
        for number in range(12)
        for name, words in matters.items()
    ]
    train, test = files(tmp_path, train_jsonl=json_lines(*rows[:27]), test_jsonl=json_lines(*rows[27:]))
    done = run("evaluate", "triage", "--train", train, "--test", test, "--json").document
    assert (done["n_train"], done["n_test"]) == (27, 9)
    assert {"accuracy", "macro_f1", "top3_accuracy", "ece", "ece_floor", "coverage_at_99", "fit_seconds"} <= set(done)
    assert set(done["ms_per_text"]) == {"p50", "p99"}
    assert set(done["per_class"]) == set(matters)
    articles, queries = files(
        tmp_path,
        articles_jsonl=json_lines(*({"id": name, "text": words} for name, words in matters.items())),
        queries_jsonl=json_lines(*({"query": words, "relevant": name} for name, words in matters.items())),
    )
    found = run("evaluate", "search", "--articles", articles, "--queries", queries, "--json").document
    assert (found["n_articles"], found["n_queries"], found["mrr_at_10"]) == (3, 3, 1.0)
    assert {"engine", "recall_at_1", "recall_at_5", "recall_at_10", "ndcg_at_10", "ms_per_query"} <= set(found)


def test_evaluate_names_the_file_and_line_it_cannot_use(run: Command, tmp_path: Path) -> None:
    good, bad, binary = files(
        tmp_path,
        good_jsonl=json_lines({"text": "路灯", "category": "a"}),
        bad_jsonl=json_lines({"text": "路灯", "category": "a"}) + b"{\n",
        binary_jsonl=b"\x00\xff" * 99,
    )
    for path, line in ((bad, ":2"), (binary, ":1"), (tmp_path / "missing", ""), (tmp_path, "")):
        done = run("evaluate", "triage", "--train", path, "--test", good, "--json")
        assert (done.code, done.out) == (1, "")
        assert f"{path}{line}" in done.err


# wrong usage, surroundings, pipes


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("intake",),
        ("suggest",),
        ("search",),
        ("search", "路灯", "--limit", "0"),
        ("cases", "do", "1", "sign"),
        ("correct", "1", "--as", "agent"),
        ("users", "add", "x", "--role", "king"),
        ("evaluate", "triage", "--test", "x"),
        ("evaluate", "triage", "--train", "x", "--test", "x", "--target", "weather"),
        ("serve", "--port", "70000"),
    ],
)
def test_wrong_usage_ends_with_2(run: Command, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("cases", "list", "--json"),
        ("deliveries", "list"),
        ("quarantine", "list"),
        ("users", "list"),
        ("rates",),
        ("suggest", "路灯"),
        ("search", "路灯"),
        ("intake", "wechat", "-"),
        ("audit", "verify"),
        ("serve",),
        ("worker",),
    ],
)
def test_a_home_that_is_not_set_up_says_so(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = Command(tmp_path / "bare", monkeypatch, capsys)(*arguments)
    assert "请先运行 yingsheng setup" in done.refused()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("YINGSHENG_PASSIVE_BUDGET", "soon", "YINGSHENG_PASSIVE_BUDGET"),
        ("YINGSHENG_ACCOUNTS", "{half", "accounts"),
        ("YINGSHENG_ACCOUNTS", '{"wechat": 5}', "YINGSHENG_ACCOUNTS"),
        ("YINGSHENG_DATABASE_URL", "nonsense", "YINGSHENG_DATABASE_URL"),
        ("YINGSHENG_DATABASE_URL", "oracle-of-delphi://x", "YINGSHENG_DATABASE_URL"),
        ("YINGSHENG_DATABASE_URL", "postgresql+psycopg://u:url-is-secret@127.0.0.1:1/x", "YINGSHENG_DATABASE_URL"),
        ("YINGSHENG_HOME", "/dev/null/home", "/dev/null/home"),
    ],
)
def test_surroundings_that_are_wrong_are_named(
    run: Command,
    name: str,
    value: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = Command(run.home, monkeypatch, capsys, **{name: value})("users", "list").refused()
    assert said in told
    assert "url-is-secret" not in told


def test_a_database_file_that_is_none_is_named(alone: Command) -> None:
    for path in alone.home.glob("yingsheng.sqlite*"):
        path.unlink()
    (alone.home / "yingsheng.sqlite").write_bytes(b"not a database" * 500)
    assert "数据库文件已损坏" in alone("users", "list").refused()


def test_a_reader_that_goes_away_ends_the_command_in_silence(run: Command) -> None:
    command = [sys.executable, "-m", "api.cli", "articles", "export"]
    environment = os.environ | dict(run.environment)
    root = Path(packs.__file__).parent.parent
    with subprocess.Popen(
        command, env=environment, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["id"]
        process.stdout.close()
        said = process.stderr.read().decode()
        process.wait(30)
    assert said == ""


@pytest.mark.parametrize(
    "name",
    [
        "demo",
        "serve",
        "worker",
        "intake",
        "suggest",
        "search",
        "articles",
        "cases",
        "correct",
        "reindex",
        "users",
        "settings",
        "audit",
        "standin",
        "rates",
        "train",
        "models",
        "promote",
        "evaluate",
        "pack",
        "quarantine",
        "deliveries",
        "doctor",
    ],
)
def test_every_command_has_its_help(run: Command, name: str) -> None:
    done = run(name, "--help")
    assert done.code == 0
    assert "Usage: yingsheng" in done.out
