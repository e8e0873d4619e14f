"""What each side reads of a “no”: whoever said it reads what is passed on, the other one reads why, in fair words."""

from collections.abc import Sequence

from sqlalchemy import select

from matcher.accounts.model import Membership
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.fair_words import fair_words
from matcher.matching.introduction_model import Introduction, IntroductionAnswer, Party
from matcher.matching.model import Decision, Verdict

OWN_NO = Label(
    "您已表示不合适。我们会委婉转达，对方读到的是：“{words}”",
    "You said no. The other side is told in fair words: “{words}”",
)


def endings(uow: UnitOfWork, organisation_id: int, party: Party, pairing_ids: Sequence[int]) -> dict[int, Label]:
    """Return for declined pairings what the owner of one side reads of it, in three statements however many they are."""
    reasons, deciders = _last_noes(uow, pairing_ids)
    colleagues = _people_of(uow, organisation_id, set(deciders.values()))
    answered = _own_noes(uow, party, pairing_ids)
    own = {
        pairing_id
        for pairing_id, person_id in deciders.items()
        if person_id in colleagues or answered.get(pairing_id) == (person_id, reasons[pairing_id])
    }
    return {
        pairing_id: OWN_NO.format(words=fair_words(reasons.get(pairing_id), party.other))
        if pairing_id in own
        else fair_words(reasons.get(pairing_id), party)
        for pairing_id in pairing_ids
    }


def said_no(introduction: Introduction | None, party: Party) -> bool:
    """Tell whether a side itself ended an introduction with its answer, by the desk's hand or its own."""
    answer = introduction.answer_of(party) if introduction is not None else None
    return answer is not None and not answer.is_interested


def _last_noes(uow: UnitOfWork, pairing_ids: Sequence[int]) -> tuple[dict[int, str | None], dict[int, int | None]]:
    query = select(Decision.pairing_id, Decision.reason, Decision.person_id).where(
        Decision.pairing_id.in_(pairing_ids), Decision.verdict == Verdict.DECLINE
    )
    rows = uow.session.execute(query.order_by(Decision.id)).all()
    return {row.pairing_id: row.reason for row in rows}, {row.pairing_id: row.person_id for row in rows}


def _people_of(uow: UnitOfWork, organisation_id: int, person_ids: set[int | None]) -> set[int]:
    query = select(Membership.person_id).where(
        Membership.organisation_id == organisation_id, Membership.person_id.in_(person_ids - {None})
    )
    return set(uow.session.scalars(query))


def _own_noes(uow: UnitOfWork, party: Party, pairing_ids: Sequence[int]) -> dict[int, tuple[int | None, str | None]]:
    """Return who wrote down a side's own “no” and its reason, by pairing: the desk may have been told by telephone."""
    query = (
        select(Introduction.pairing_id, IntroductionAnswer.person_id, IntroductionAnswer.reason)
        .join(IntroductionAnswer, IntroductionAnswer.introduction_id == Introduction.id)
        .where(Introduction.pairing_id.in_(pairing_ids), IntroductionAnswer.party == party)
        .where(IntroductionAnswer.is_interested.is_(False))
    )
    rows = uow.session.execute(query.order_by(Introduction.id)).all()
    return {row.pairing_id: (row.person_id, row.reason) for row in rows}
