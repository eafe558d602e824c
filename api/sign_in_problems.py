"""What can go wrong at the second step of signing in, at a provider of identities, and where a person is to be shown:
as answers to act on.
"""

from __future__ import annotations

from api.casework_problems import Problem
from api.secret_box import CannotUnseal


class CodeNeeded(Exception):
    """The password is right; a code of the authenticator app is to come with it."""


class WrongCode(Exception):
    """The code is none of the user's, or it was used before."""


class FactorToSet(Exception):
    """The user's role signs in by a code: he sets up his authenticator app before anything else."""


class UnfitFactor(Exception):
    """The second factor cannot be set up, or taken away, so; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Unreasoned(Exception):
    """A person is to be shown without a reason that would stand in the record; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ProviderRefused(Exception):
    """The identity provider did not vouch for somebody whom the desk knows; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ProviderAway(Exception):
    """The identity provider gives no answer, or none that can be used; ``why`` is Chinese."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


PROBLEMS: dict[type[Exception], Problem] = {
    CodeNeeded: (401, "code-needed", lambda _: "这个账号已开启动态验证码，请同时提供 code"),
    WrongCode: (401, "wrong-code", lambda _: "验证码不对，或已经用过，请用应用里最新的一个"),
    FactorToSet: (403, "factor-to-set", lambda _: "您的角色须用动态验证码登录，请先在“我的账户”开启"),
    UnfitFactor: (422, "unfit-factor", lambda e: e.why),
    CannotUnseal: (409, "cannot-unseal", lambda _: "动态验证码的密钥已不能读取，请联系管理员重设"),
    Unreasoned: (422, "need-missing", lambda e: e.why),
    ProviderRefused: (401, "provider-refused", lambda e: e.why),
    ProviderAway: (503, "provider-away", lambda e: e.why),
}
