"""Who may do what: one table, called by services, so that pages, API and command line are covered alike."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from matcher.core.errors import NotAllowed
from matcher.core.labels import Label
from matcher.core.people import Actor, Role

ENTERPRISE, UNIVERSITY, GOVERNMENT, DESK, ADMIN, EXPERT = Role


@dataclass(frozen=True, slots=True)
class Rule:
    """Allow an action to everyone with one of `roles`, and to members with one of `own` for what their organisation owns."""

    roles: frozenset[Role] = field(default_factory=frozenset)
    own: frozenset[Role] = field(default_factory=frozenset)
    everyone: bool = False


def _rule(*roles: Role, own: Collection[Role] = (), everyone: bool = False) -> Rule:
    return Rule(frozenset(roles), frozenset(own), everyone)


ASKERS = (ENTERPRISE, GOVERNMENT)
OFFERERS = (UNIVERSITY, ENTERPRISE)

PERMISSIONS: dict[str, Rule] = {
    # needs
    "need.create": _rule(ENTERPRISE, GOVERNMENT, DESK),
    "need.edit": _rule(DESK, own=ASKERS),
    "need.submit": _rule(DESK, own=ASKERS),
    "need.withdraw": _rule(DESK, own=ASKERS),
    "need.review": _rule(DESK),
    "need.solve": _rule(DESK, own=ASKERS),
    "need.confidential": _rule(DESK, own=ASKERS),
    "need.import": _rule(ENTERPRISE, GOVERNMENT, DESK),
    "need.export": _rule(GOVERNMENT, DESK, ADMIN),
    # offers
    "offer.create": _rule(UNIVERSITY, ENTERPRISE, DESK),
    "offer.edit": _rule(DESK, own=OFFERERS),
    "offer.submit": _rule(DESK, own=OFFERERS),
    "offer.withdraw": _rule(DESK, own=OFFERERS),
    "offer.review": _rule(DESK),
    "offer.unpublished": _rule(DESK, own=OFFERERS),
    "offer.import": _rule(UNIVERSITY, ENTERPRISE, DESK),
    "offer.export": _rule(GOVERNMENT, DESK, ADMIN),
    # pairings
    "pairing.queue": _rule(DESK),
    "pairing.decide": _rule(DESK),
    "pairing.see": _rule(DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    "pairing.export": _rule(DESK, ADMIN),
    "pairing.introduce": _rule(DESK),
    "pairing.agree": _rule(DESK),  # say for both sides that they agreed
    "pairing.talk": _rule(DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    "pairing.step_aside": _rule(DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    "pairing.contract": _rule(DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    "pairing.make": _rule(DESK),  # by hand
    "pairing.note": _rule(DESK),  # notes and files; those for both sides are read by who may see the pairing
    "pairing.assign": _rule(DESK),
    "task.manage": _rule(DESK),
    # events
    "event.organise": _rule(GOVERNMENT, DESK),
    "event.take_part": _rule(GOVERNMENT, DESK, own=(ENTERPRISE, UNIVERSITY)),
    # portfolios
    "portfolio.make": _rule(DESK),
    "introduction.see": _rule(DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    "introduction.answer": _rule(
        DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)
    ),  # the desk: what it was told by telephone
    "meeting_note.write": _rule(DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    "meeting_note.desk": _rule(DESK),  # notes that only the desk reads
    # deals
    "deal.list": _rule(GOVERNMENT, DESK, ADMIN, own=(ENTERPRISE, UNIVERSITY)),
    "deal.see": _rule(GOVERNMENT, DESK, ADMIN, own=(ENTERPRISE, UNIVERSITY)),
    "deal.write": _rule(DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    # what the ranking has learned
    "ranker.see": _rule(DESK, ADMIN),
    "ranker.train": _rule(DESK, ADMIN),
    "ranker.adopt": _rule(ADMIN),
    # overviews
    "insight.government": _rule(GOVERNMENT, DESK, ADMIN),
    # common problems and the demand index
    "topic.see": _rule(GOVERNMENT, DESK),
    "topic.arrange": _rule(GOVERNMENT, DESK),
    "demand.weigh": _rule(GOVERNMENT),
    # projects (立题) and the lists they are published on
    "project.see": _rule(GOVERNMENT, DESK, ADMIN),  # before it is public
    "project.write": _rule(GOVERNMENT),
    "project.decide": _rule(GOVERNMENT),  # argue, notice, publish, evaluate, award, cancel
    "call.write": _rule(GOVERNMENT),
    "objection.file": _rule(everyone=True),
    "objection.answer": _rule(GOVERNMENT),
    # experts
    "expert.see": _rule(GOVERNMENT, ADMIN),
    "expert.manage": _rule(GOVERNMENT, ADMIN),
    "panel.manage": _rule(GOVERNMENT),
    "panel.score": _rule(EXPERT),  # on a seat of one's own
    # bids
    "bid.write": _rule(own=OFFERERS),  # of the lead
    "bid.join": _rule(own=OFFERERS),  # of the partner who was invited
    "bid.judge": _rule(GOVERNMENT),
    # from task book to acceptance
    "project.commission": _rule(DESK, GOVERNMENT),
    "task_book.write": _rule(GOVERNMENT),
    "task_book.sign": _rule(GOVERNMENT, own=(ENTERPRISE, UNIVERSITY)),
    "milestone.report": _rule(own=OFFERERS),
    "milestone.answer": _rule(GOVERNMENT),
    "change.ask": _rule(own=OFFERERS),
    "change.answer": _rule(GOVERNMENT),
    "payment.see": _rule(GOVERNMENT, own=(ENTERPRISE, UNIVERSITY)),
    "payment.make": _rule(GOVERNMENT),
    "gate.manage": _rule(GOVERNMENT),
    "gate.hand_in": _rule(own=OFFERERS),
    "gate.shares": _rule(GOVERNMENT, own=OFFERERS),  # of a team that others joined, by its lead
    "archive.read": _rule(everyone=True),  # of an ended project: what was public, and what the reader may read besides
    "archive.full": _rule(GOVERNMENT),  # with argument and gates
    "acceptance.apply": _rule(own=OFFERERS),
    "acceptance.decide": _rule(GOVERNMENT),
    # scenario opportunities and trials
    "scenario.write": _rule(DESK, own=ASKERS),
    "trial.apply": _rule(own=OFFERERS),
    "trial.decide": _rule(own=ASKERS),
    "trial.see": _rule(GOVERNMENT, DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    # people and organisations
    "account.approve": _rule(ADMIN),
    "organisation.edit": _rule(ADMIN, DESK, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    "organisation.contact": _rule(DESK, ADMIN, own=(ENTERPRISE, UNIVERSITY, GOVERNMENT)),
    "audit.see": _rule(ADMIN),
    "post.manage": _rule(ADMIN),  # mails and robot calls that did not arrive
}

REFUSED = Label("您没有进行此操作的权限。", "You are not allowed to do this.")
SIGN_IN = Label("请先登录。", "Please sign in first.")


def allowed(actor: Actor, action: str, *, owner: int | None = None) -> bool:
    """Say whether `actor` may do `action` on something of the organisation `owner`; an unknown action is a KeyError."""
    rule = PERMISSIONS[action]
    if actor.is_system or rule.everyone or actor.roles & rule.roles:
        return True
    owns = owner is not None and owner == actor.organisation_id
    return owns and bool(actor.roles & rule.own)


def require(actor: Actor, action: str, *, owner: int | None = None) -> None:
    """Raise NotAllowed unless `allowed`."""
    if not allowed(actor, action, owner=owner):
        raise NotAllowed(REFUSED if actor.person_id is not None else SIGN_IN)


class View(StrEnum):
    """Say how much of a need a person sees."""

    FULL = "full"
    REDACTED = "redacted"
    NONE = "none"


def need_view(
    actor: Actor,
    *,
    disclosure: str,
    owner: int,
    targets: Collection[int],
    public_state: bool,
    disclosed_to: Collection[int] = (),
) -> View:
    """Decide how much of a need `actor` sees.

    Owner and desk see all. Others see nothing before it is published; then all of an open need, the redacted form of a
    redacted one, and all of a targeted one if their organisation is among its `targets`. A closed need stays closed. An
    organisation of `disclosed_to`, to which both sides agreed to be introduced, sees all of any.
    """
    if allowed(actor, "need.confidential", owner=owner):
        return View.FULL
    if not public_state:
        return View.NONE
    if actor.organisation_id in disclosed_to:
        return View.FULL
    if disclosure == "open" or (disclosure == "targeted" and actor.organisation_id in targets):
        return View.FULL
    return View.REDACTED if disclosure == "redacted" else View.NONE
