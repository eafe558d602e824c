"""The settings that an adapter is handed: those of the pack, of the account, and of this process, the last counts."""

from __future__ import annotations

from api.desk import Desk
from api.settings import Settings


def desk(tmp_path, accounts) -> Desk:
    return Desk(Settings(home=tmp_path, accounts=accounts, _env_file=None))  # type: ignore[call-arg]


def test_the_counter_is_handed_the_headings_of_the_pack(tmp_path):
    account = desk(tmp_path, {"walk_in": {"hall": {}}}).account("walk_in", "hall")
    assert account is not None
    assert "群众诉求" in account.settings["headings"]["text"]


def test_an_account_s_own_headings_go_before_those_of_the_pack(tmp_path):
    account = desk(tmp_path, {"walk_in": {"hall": {"headings": {"text": ["事由"]}}}}).account("walk_in", "hall")
    assert account is not None
    assert account.settings["headings"] == {"text": ["事由"]}


def test_other_channels_are_handed_none(tmp_path):
    account = desk(tmp_path, {"wechat": {"district": {"token": "t"}}}).account("wechat", "district")
    assert account is not None
    assert "headings" not in account.settings
