"""The shapes of the workflow (流程). Import them from ``district.schemas``."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field

from district.rule import Rule


class Role(StrEnum):
    """Roles of the desk; ``resident`` and ``system`` act too, without an account."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    UNIT_OFFICER = "unit_officer"
    UNIT_LEAD = "unit_lead"
    CALLBACK_AGENT = "callback_agent"
    KNOWLEDGE_EDITOR = "knowledge_editor"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    RESIDENT = "resident"
    SYSTEM = "system"


Need = Literal[
    "reason",
    "text",
    "unit",
    "attachment",
    "review_date",
    "directory_line",
    "proposed_unit",
    "callback",
    "category",
]


class Tell(Rule):
    """Who is told of a transition, and with which template."""

    audience: Literal["resident", "unit", "desk", "supervisor"]
    template: str


class Transition(Rule):
    """One move of a ticket or a case: who, from where to where, what it needs, which clocks, whom it tells."""

    name: str
    label: str
    sources: tuple[str, ...] = Field(alias="from", min_length=1)
    target: str = Field(alias="to")
    roles: tuple[Role, ...]
    own_unit: bool = False
    """The actor's unit must lead the case (or be above its lead in the tree)."""
    co_unit: bool = False
    """It is the co-handlers' (协办单位) and not the lead's: the actor's unit must have that part."""
    after_co_units: bool = False
    """Made when every co-handler has answered the lead, or with a reason why one is not waited for."""
    needs: tuple[Need, ...] = ()
    reasons: dict[str, str] = Field(default_factory=dict)
    """Reason codes with their Chinese text; empty: any text will do."""
    approval: str | None = None
    """Kind of request that must be approved before the move is made."""
    exempt: tuple[Role, ...] = ()
    """Roles that make the move without that approval."""
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    """Clocks that stand still until a transition that names them under ``resumes``."""
    resumes: tuple[str, ...] = ()
    tells: tuple[Tell, ...] = ()
    confirm: bool = False
    """The pages ask once more before it is made."""


class Life(Rule):
    """A state machine: the ticket's or the case's."""

    initial: str
    final: tuple[str, ...]
    states: dict[str, str]
    starts: tuple[str, ...] = ()
    """Clocks that run from the first moment; the case's ``dispatch`` clock counts from its first ticket's intake."""
    transitions: tuple[Transition, ...]


class RequestKind(Rule):
    """What needs somebody's approval (申请): who asks, who decides, and what it does to clocks and states."""

    name: str
    label: str
    asked_by: tuple[Role, ...]
    decided_by: tuple[Role, ...]
    own_unit: bool = True
    states: tuple[str, ...]
    """Case states in which it may be asked."""
    needs: tuple[Need, ...] = ("reason",)
    reasons: dict[str, str] = Field(default_factory=dict)
    pauses: tuple[str, ...] = ()
    """Clocks that stand still while the request is pending."""
    approved: str | None = None
    """Case transition made when approved."""
    extends: str | None = None
    """Clock that an approval extends, by at most its own allowance."""
    before_due: bool = False
    """Only while the clock it extends is not over (申请须在期限届满前)."""
    within: str | None = None
    """Only while this clock has not run out: a return is asked in the time for signing (签收时限内)."""
    holds: tuple[str, ...] = ()
    """Case transitions that are refused while the request waits for its decision."""
    at_most: int = 0
    """How many of a kind a case may have; 0: no limit."""
    then: str | None = None
    """Kind of request that the desk itself makes when the last of ``at_most`` was approved."""
    on_asked: tuple[Tell, ...] = ()
    on_decided: tuple[Tell, ...] = ()


class Workflow(Rule):
    """Both lives and the requests; cases in flight keep the version they started with."""

    version: str
    ticket: Life
    case: Life
    requests: tuple[RequestKind, ...]
    callback_attempts: int = Field(default=3, ge=1)
    rework_at_most: int = Field(default=2, ge=0)
    mass_event_reporters: int = Field(default=10, ge=1)
    mass_event_share: Decimal = Decimal("0.2")
    direct_callback_share: Decimal = Field(default=Decimal("0.1"), ge=0, le=1)
    """Share of the directly answered tickets that is called back all the same."""
