"""Codes of an authenticator app, recovery codes, sessions and lock-outs, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import select

from api.secret_box import FILE
from api.signing_in import AT_MOST
from storage import identity, second_factor
from storage.second_factor import HALF_TRIES, SecondFactor
from tests.integration.entrance import PASSWORD, Entrance, Opening, door, is_in, opening, submit

__all__ = ["door", "opening"]
pytestmark = pytest.mark.xdist_group("entrance")


def give(window: httpx.Client, code: str) -> int:
    return window.post("/login/code", data={"otp": code}).status_code


def test_with_an_app_the_password_alone_opens_nothing(door: Entrance) -> None:
    login, _ = door.with_app()
    window = door.enter(login)
    assert not is_in(window)
    assert give(window, "000000") == 401
    assert not is_in(window)
    assert give(window, door.code(login)) == 303
    assert is_in(window)


def test_a_code_is_good_once_and_so_are_those_before_it(door: Entrance) -> None:
    login, _ = door.with_app()
    code, earlier = door.code(login), door.code(login, steps=-1)
    assert give(door.enter(login), code) == 303
    assert give(door.enter(login), code) == 401
    assert give(door.enter(login), earlier) == 401
    door.later(seconds=30)
    assert give(door.enter(login), door.code(login)) == 303


def test_of_two_who_give_the_same_code_at_once_one_comes_in(door: Entrance) -> None:
    login, codes = door.with_app()
    for given in (door.code(login), codes[0]):
        windows = [door.enter(login) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            told = list(pool.map(lambda window, code=given: give(window, code), windows))
        assert sorted(told) == [303, 401, 401, 401]
        door.later(minutes=11)


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 303), (1, 303), (2, 401)])
def test_a_clock_may_be_one_step_off(door: Entrance, steps: int, status: int) -> None:
    login, _ = door.with_app()
    door.later(minutes=2)
    assert give(door.enter(login), door.code(login, steps=steps)) == status


def test_a_recovery_code_is_good_once_however_it_is_written(door: Entrance) -> None:
    login, codes = door.with_app()
    assert give(door.enter(login), codes[0].upper().replace("-", " ")) == 303
    assert give(door.enter(login), codes[0]) == 401
    assert give(door.enter(login), codes[1]) == 303
    assert "还剩 8 个恢复码" in submit_code(door, login, codes[2])
    assert "use_recovery_code" in door.acts(login)


def submit_code(door: Entrance, login: str, code: str) -> str:
    """The account's page of one who used this code before, by his next."""
    window = door.enter(login)
    door.later(seconds=60)
    assert give(window, door.code(login)) == 303
    return window.get("/password").text


def test_new_recovery_codes_end_the_old_ones(door: Entrance) -> None:
    login, codes = door.with_app()
    window = door.enter(login)
    give(window, door.code(login))
    door.later(seconds=60)
    assert submit(window, "/password", "/password/totp/codes", otp=door.code(login)).status_code == 200
    assert give(door.enter(login), codes[0]) == 401


def test_after_five_wrong_codes_the_password_is_asked_again(door: Entrance) -> None:
    login, _ = door.with_app()
    window = door.enter(login)
    for _ in range(HALF_TRIES):
        assert give(window, "000000") == 401
    answer = window.post("/login/code", data={"otp": door.code(login)})
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")
    assert not is_in(window)


def test_guessing_codes_is_braked_whatever_the_window(door: Entrance) -> None:
    login, _ = door.with_app()
    for _ in range(10):
        give(door.enter(login), "000000")
    refused = door.enter(login).post("/login/code", data={"otp": door.code(login)})
    assert refused.status_code == 401
    assert "次数过多" in refused.text
    door.later(minutes=11)
    assert give(door.enter(login), door.code(login)) == 303


def test_a_half_sign_in_ends_by_itself_and_with_its_password(door: Entrance) -> None:
    login, _ = door.with_app()
    late, changed = door.enter(login), door.enter(login)
    with door.desk.database.write.begin() as session:
        identity.set_password(session, login, "another long one")
    assert "/login" in changed.post("/login/code", data={"otp": door.code(login)}).headers["location"]
    late = door.enter(login, "another long one")
    door.later(minutes=6)
    late.post("/login/code", data={"otp": door.code(login)})
    assert not is_in(late)


def test_a_script_gives_password_and_code_together(door: Entrance) -> None:
    login, _ = door.with_app()
    client, given = door.window(), {"login": login, "password": PASSWORD}
    assert client.post("/api/v1/sessions", json=given).json()["title"] == "code-needed"
    assert client.post("/api/v1/sessions", json=given | {"code": "1"}).json()["title"] == "wrong-code"
    assert client.post("/api/v1/sessions", json=given | {"code": door.code(login)}).status_code == 201
    assert client.post("/api/v1/sessions", json=given | {"password": "wrong"}).json()["title"] == "bad-credentials"


def test_it_is_turned_off_by_password_and_code_only(door: Entrance) -> None:
    login, _ = door.with_app()
    window = door.enter(login)
    give(window, door.code(login))
    door.later(seconds=60)
    off = "/password/totp/off"
    assert submit(window, "/password", off, current="wrong", otp=door.code(login)).status_code == 422
    assert submit(window, "/password", off, current=PASSWORD, otp="000000").status_code == 422
    assert submit(window, "/password", off, current=PASSWORD, otp=door.code(login)).status_code == 303
    assert is_in(door.enter(login))
    assert door.acts(login)[-2:] == ["turn_off_totp", "sign_in"]


def test_a_proposed_app_is_not_asked_for_and_one_in_force_is_not_replaced(door: Entrance) -> None:
    login = door.user()
    window = door.enter(login)
    assert submit(window, "/password", "/password/totp", current="wrong").status_code == 422
    assert submit(window, "/password", "/password/totp", current=PASSWORD).status_code == 200
    assert is_in(door.enter(login)), "no code was confirmed yet"
    owner, _ = door.with_app()
    window = door.enter(owner)
    give(window, door.code(owner))
    assert submit(window, "/password", "/password/totp", current=PASSWORD).status_code == 422


def test_the_database_alone_tells_no_secret(door: Entrance) -> None:
    login, codes = door.with_app()
    with door.desk.database.read() as session:
        kept = " ".join(session.scalars(select(SecondFactor.secret)))
        hashes = " ".join(session.scalars(select(second_factor.RecoveryCode.code_hash)))
    assert door.secrets[login] not in kept
    assert not any(code in hashes or code.replace("-", "") in hashes for code in codes)
    assert (door.desk.home / FILE).stat().st_mode & 0o777 == 0o600


def test_a_lost_key_costs_a_reset_and_no_account(door: Entrance) -> None:
    login, codes = door.with_app()
    kept = (door.desk.home / FILE).read_bytes()
    (door.desk.home / FILE).unlink()
    del door.desk.secret_box
    refused = door.enter(login).post("/login/code", data={"otp": door.code(login)})
    assert "联系管理员重设" in refused.text
    assert give(door.enter(login), codes[1]) == 303, "a recovery code needs no key"
    (door.desk.home / FILE).write_bytes(kept)
    del door.desk.secret_box
    assert give(door.enter(login), codes[0]) == 303


@pytest.fixture(scope="module")
def strict(opening: Opening) -> Entrance:
    """A desk whose administrators sign in by a code, and where who does nothing is out after a quarter of an hour."""
    return opening(totp_roles=frozenset({"administrator"}), idle_minutes=15)


def test_who_must_have_an_app_sets_it_up_before_anything_else(strict: Entrance) -> None:
    login = strict.user("administrator")
    window = strict.enter(login)
    for path in ("/trouble", "/tickets", "/"):
        answer = window.get(path, follow_redirects=True)
        assert answer.url.path == "/password", path
    token = strict.window().post("/api/v1/sessions", json={"login": login, "password": PASSWORD}).json()["token"]
    told = strict.window().get("/api/v1/tickets", headers={"authorization": f"Bearer {token}"})
    assert told.json()["title"] == "factor-to-set"
    owner, _ = strict.with_app("administrator")
    window = strict.enter(owner)
    give(window, strict.code(owner))
    assert window.get("/trouble").status_code == 200
    strict.later(seconds=60)
    kept = submit(window, "/password", "/password/totp/off", current=PASSWORD, otp=strict.code(owner))
    assert kept.status_code == 422
    assert is_in(strict.enter(strict.user("agent"))), "no other role must"


def test_who_does_nothing_is_out_and_an_open_page_does_nothing(strict: Entrance) -> None:
    window = strict.enter(strict.user())
    strict.later(minutes=10)
    assert is_in(window)
    strict.later(minutes=10)
    assert window.get("/banner", headers={"hx-request": "true"}).status_code == 200
    strict.later(minutes=6)
    assert not is_in(window)


def test_one_ends_his_other_sessions_and_nobody_elses(door: Entrance) -> None:
    login, other = door.user(), door.user()
    here, there, third, stranger = (door.enter(each) for each in (login, login, login, other))
    page = here.get("/password").text
    ends = [each.split('"')[0] for each in page.split('name="place" value="')[1:]]
    assert len(ends) == 2
    assert submit(stranger, "/password", "/password/sessions/end", place=ends[0]).status_code == 303
    assert (is_in(there), is_in(third)) == (True, True)
    submit(here, "/password", "/password/sessions/end", place=ends[0])
    assert sorted((is_in(there), is_in(third))) == [False, True]
    submit(here, "/password", "/password/sessions/end")
    assert (is_in(here), is_in(there), is_in(third), is_in(stranger)) == (True, False, False, True)


def test_who_is_kept_out_is_put_down_and_an_administrator_lets_him_in(door: Entrance) -> None:
    login, admin = door.user(), door.enter(door.user("administrator"))
    window = door.window()

    def tries(password: str) -> int:
        return window.post("/login", data={"login": login, "password": password}).status_code

    for _ in range(AT_MOST):
        assert tries("wrong") == 401
    assert tries(PASSWORD) == 401
    assert login in admin.get("/admin/users").text
    address = "127.0.0.1"
    done = submit(admin, "/admin/users", "/admin/lock-outs/release", login=login, address=address)
    assert done.status_code == 303
    assert tries(PASSWORD) == 303
