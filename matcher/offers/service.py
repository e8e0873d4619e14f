"""What can be done with offers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from matcher.accounts.model import Organisation
from matcher.accounts.service import organisation as get_organisation
from matcher.core import audit, outbox
from matcher.core.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound, Problem
from matcher.core.fields import Answers, changed_fields, clean_text, read_answers
from matcher.core.labels import Label
from matcher.core.lifecycle import StateChange
from matcher.core.money import in_wan
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.rows import IndicatorRow, IpRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.offers.fields import OFFER_FIELDS
from matcher.offers.model import (
    OFFER_LIFECYCLE,
    OPEN_STATES,
    PUBLIC_STATES,
    Offer,
    OfferField,
    OfferIndicator,
    OfferIp,
    OfferState,
)

NO_OFFER = Label("找不到这项成果，或它还没有公开。", "There is no such result, or it is not public yet.")
NO_OWNER = Label("请先说明这项成果属于哪个机构。", "Say first whose result it is.")
PRICE_CROSSED = Label("价格下限高于上限，请核对。", "The lower price is above the upper one.")
CLOSED = Label("这项成果已经撤回，不能再修改。", "This result is withdrawn and cannot be changed.")
EDITABLE = (OfferState.DRAFT, OfferState.SUBMITTED, OfferState.RETURNED, *OPEN_STATES)
ROWS = ("tech_fields", "indicators", "ip")

REF_TAKEN = Label(
    "自编号“{ref}”已用于成果 {number}。请换一个编号，或去修改那条成果。",
    "Your own number “{ref}” belongs to result {number}. Use another one, or change that result.",
)


def answers_of(offer: Offer) -> dict[str, Any]:
    """Return what an offer says, by field name."""
    special: dict[str, Any] = {
        "ref": offer.ref or "",
        "tech_fields": offer.tech_fields,
        "indicators": [row.row() for row in offer.indicator_rows],
        "ip": [row.row() for row in offer.ip_rows],
    }
    return {f.name: special[f.name] if f.name in special else getattr(offer, f.name) for f in OFFER_FIELDS}


def public_answers(uow: UnitOfWork, actor: Actor, offer: Offer) -> dict[str, Any]:
    """Return what an offer says to the actor."""
    inside = allowed(actor, "offer.unpublished", owner=offer.organisation_id)
    return {f.name: v for f, v in zip(OFFER_FIELDS, answers_of(offer).values(), strict=True) if f.public or inside}


def read(given: Mapping[str, Any], *, complete: bool) -> Answers:
    """Read the answers for an offer and check them against each other."""
    answers = read_answers(OFFER_FIELDS, given, complete=complete)
    low, high = answers.values["price_low"], answers.values["price_high"]
    if low is not None and high is not None and low > high:
        answers.problems.append(Problem("price_low", PRICE_CROSSED))
    return answers


def _assign(offer: Offer, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in ROWS:
            setattr(offer, name, value)
    offer.ref = values["ref"] or None
    offer.language = values["language"] or "zh"
    if offer.tech_fields != values["tech_fields"]:
        kept = {row.code: row for row in offer.field_rows}
        offer.field_rows = [
            kept.get(code) or OfferField(code=code, position=place) for place, code in enumerate(values["tech_fields"])
        ]
    indicators: list[IndicatorRow] = values["indicators"]
    if [row.row() for row in offer.indicator_rows] != indicators:
        offer.indicator_rows = [OfferIndicator(position=place, **row.to_json()) for place, row in enumerate(indicators)]
    rights: list[IpRow] = values["ip"]
    if [row.row() for row in offer.ip_rows] != rights:
        offer.ip_rows = [OfferIp(position=place, **row.to_json()) for place, row in enumerate(rights)]


def create(
    uow: UnitOfWork, actor: Actor, given: Mapping[str, Any], *, owner_id: int | None = None, submit: bool = False
) -> Offer:
    """Write a new result as a draft, or submit it at once.

    The desk names the owner; everybody else lists for their own organisation. Raises NotAllowed, InvalidInput.
    """
    (made,) = create_many(uow, actor, [(given, owner_id)], submit=submit)
    if isinstance(made, DomainError):
        raise made
    return made


def create_many(
    uow: UnitOfWork, actor: Actor, wanted: Sequence[tuple[Mapping[str, Any], int | None]], *, submit: bool = False
) -> list[Offer | DomainError]:
    """Write new results, each of (answers, owner), with few statements; what is refused is the error in its place."""
    require(actor, "offer.create")
    with uow.session.no_autoflush:
        read_ones = [_read_new(uow, actor, given, owner_id, complete=submit) for given, owner_id in wanted]
        holders = _holders(uow, [one[1]["ref"] for one in read_ones if not isinstance(one, DomainError)])
        made = [one if isinstance(one, DomainError) else _draft(uow, actor, *one, holders) for one in read_ones]
        drafts = [one for one in made if isinstance(one, Offer)]
        uow.session.add_all(drafts)
        uow.session.flush()  # one statement a table: the numbers are needed below
        for offer in drafts:
            audit.record(uow, actor, "offer.create", "offer", offer.id)
            if submit:
                _submit(uow, actor, offer)
    uow.session.flush()
    return made


def _read_new(
    uow: UnitOfWork, actor: Actor, given: Mapping[str, Any], owner_id: int | None, *, complete: bool
) -> tuple[Organisation, dict[str, Any]] | DomainError:
    try:
        return _owner(uow, actor, owner_id), _checked(given, complete=complete)
    except (NotFound, NotAllowed, InvalidInput) as error:
        return error


def _holders(uow: UnitOfWork, refs: Sequence[str]) -> dict[tuple[int, str], Offer]:
    """Return who has the own numbers already, by owner and number."""
    given = [ref for ref in refs if ref]
    if not given:
        return {}
    found = uow.session.scalars(select(Offer).where(Offer.ref.in_(given)))
    return {(offer.organisation_id, offer.ref or ""): offer for offer in found}


def _draft(
    uow: UnitOfWork,
    actor: Actor,
    owner: Organisation,
    values: Mapping[str, Any],
    holders: Mapping[tuple[int, str], Offer],
) -> Offer | DomainError:
    holder = holders.get((owner.id, values["ref"])) if values["ref"] else None
    if holder is not None:
        return InvalidInput([Problem("ref", REF_TAKEN.format(ref=values["ref"], number=holder.number))])
    now = uow.clock()
    offer = Offer(
        organisation=owner, created_by=actor.person_id, created_at=now, changed_at=now, state=OfferState.DRAFT
    )
    _assign(offer, values)
    return offer


def _owner(uow: UnitOfWork, actor: Actor, owner_id: int | None) -> Organisation:
    if owner_id is None:
        owner_id = actor.organisation_id
    if owner_id is None:
        raise InvalidInput([Problem("organisation", NO_OWNER)])
    if owner_id != actor.organisation_id and not allowed(actor, "offer.review"):
        raise NotAllowed(NO_OWNER)
    return get_organisation(uow, owner_id)


def _checked(given: Mapping[str, Any], *, complete: bool) -> dict[str, Any]:
    answers = read(given, complete=complete)
    if answers.problems:
        raise InvalidInput(answers.problems)
    return answers.values


def _check_ref(uow: UnitOfWork, owner_id: int, ref: str, own_id: int | None) -> None:
    with uow.session.no_autoflush:
        holder = find_by_ref(uow, owner_id, ref) if ref else None
    if holder is not None and holder.id != own_id:
        raise InvalidInput([Problem("ref", REF_TAKEN.format(ref=ref, number=holder.number))])


def edit(uow: UnitOfWork, actor: Actor, offer_id: int, given: Mapping[str, Any], *, submit: bool = False) -> Offer:
    """Change an offer; raises NotAllowed, Conflict, InvalidInput."""
    offer = _get(uow, actor, offer_id, "offer.edit")
    if offer.state not in EDITABLE:
        raise Conflict(CLOSED)
    submitting = submit and offer.state in (OfferState.DRAFT, OfferState.RETURNED)
    values = _checked(given, complete=submit or offer.state not in (OfferState.DRAFT, OfferState.RETURNED))
    if values["ref"] != (offer.ref or ""):
        _check_ref(uow, offer.organisation_id, values["ref"], offer.id)
    before = answers_of(offer)
    _assign(offer, values)
    offer.changed_at = uow.clock()
    audit.record(uow, actor, "offer.edit", "offer", offer.id, fields=changed_fields(before, answers_of(offer)))
    if submitting:
        _submit(uow, actor, offer)
    elif offer.state in OPEN_STATES:
        outbox.put(uow, outbox.Topic.INDEX, "offer", offer.id)
    return offer


def _submit(uow: UnitOfWork, actor: Actor, offer: Offer) -> None:
    OFFER_LIFECYCLE.apply(uow, actor, offer, "submit")
    # Whoever reviews offers has nobody to wait for.
    if allowed(actor, "offer.review"):
        _publish(uow, actor, offer)


def _publish(uow: UnitOfWork, actor: Actor, offer: Offer) -> None:
    OFFER_LIFECYCLE.apply(uow, actor, offer, "publish")
    offer.published_at = offer.published_at or uow.clock()
    offer.return_note = ""
    outbox.put(uow, outbox.Topic.INDEX, "offer", offer.id)


def given_of(offer: Offer) -> dict[str, Any]:
    """Return the stored answers in the form in which people give them (money in 万元)."""
    given = answers_of(offer)
    for name in ("price_low", "price_high"):
        given[name] = "" if given[name] is None else in_wan(given[name])
    return given


def submit(uow: UnitOfWork, actor: Actor, offer_id: int) -> Offer:
    """Hand a draft in; raises InvalidInput when it is not complete."""
    offer = _get(uow, actor, offer_id, "offer.submit")
    _checked(given_of(offer), complete=True)
    _submit(uow, actor, offer)
    return offer


def publish(uow: UnitOfWork, actor: Actor, offer_id: int) -> Offer:
    """Publish a submitted offer, so that it is matched."""
    offer = _get(uow, actor, offer_id, "offer.review")
    _publish(uow, actor, offer)
    return offer


def return_for_repair(uow: UnitOfWork, actor: Actor, offer_id: int, note: str) -> Offer:
    """Send a submitted offer back with a note that says what to mend; raises InvalidInput without a note."""
    offer = _get(uow, actor, offer_id, "offer.review")
    note = clean_text(note)[:2000]
    if not note:
        raise InvalidInput([Problem("note", Label("请写明需要修改什么。", "Say what has to be mended."))])
    OFFER_LIFECYCLE.apply(uow, actor, offer, "return", note)
    offer.return_note = note
    return offer


def withdraw(uow: UnitOfWork, actor: Actor, offer_id: int) -> Offer:
    """Take an offer off the list."""
    offer = _get(uow, actor, offer_id, "offer.withdraw")
    OFFER_LIFECYCLE.apply(uow, actor, offer, "withdraw")
    outbox.put(uow, outbox.Topic.INDEX, "offer", offer.id)
    return offer


def renew(uow: UnitOfWork, actor: Actor, offer_id: int) -> Offer:
    """Hand a withdrawn offer in again."""
    offer = _get(uow, actor, offer_id, "offer.submit")
    OFFER_LIFECYCLE.apply(uow, actor, offer, "renew")
    if allowed(actor, "offer.review"):
        _publish(uow, actor, offer)
    return offer


def _get(uow: UnitOfWork, actor: Actor, offer_id: int, permission: str) -> Offer:
    offer = uow.session.get(Offer, offer_id)
    if offer is None or not visible(actor, offer):
        raise NotFound(NO_OFFER)
    require(actor, permission, owner=offer.organisation_id)
    return offer


def visible(actor: Actor, offer: Offer) -> bool:
    """Say whether the actor may see the offer: everyone once it is published, before that its owner and the desk."""
    return offer.state in PUBLIC_STATES or allowed(actor, "offer.unpublished", owner=offer.organisation_id)


def get(uow: UnitOfWork, actor: Actor, offer_id: int) -> Offer:
    """Return one offer; raises NotFound when it is hidden from the actor."""
    offer = uow.session.get(Offer, offer_id)
    if offer is None or not visible(actor, offer):
        raise NotFound(NO_OFFER)
    return offer


def to_review(uow: UnitOfWork, actor: Actor) -> list[Offer]:
    """Return the submitted offers that wait for the desk, the longest waiting first."""
    require(actor, "offer.review")
    return list(
        uow.session.scalars(select(Offer).where(Offer.state == OfferState.SUBMITTED).order_by(Offer.changed_at))
    )


def history(uow: UnitOfWork, actor: Actor, offer_id: int) -> list[StateChange]:
    """Return the moves of an offer, for its owner and the desk."""
    offer = _get(uow, actor, offer_id, "offer.unpublished")
    moves = select(StateChange).where(StateChange.entity == "offer", StateChange.entity_id == offer.id)
    return list(uow.session.scalars(moves.order_by(StateChange.id)))


def find_by_ref(uow: UnitOfWork, owner_id: int, ref: str) -> Offer | None:
    """Return the offer that an organisation knows by its own number."""
    return uow.session.scalar(select(Offer).where(Offer.organisation_id == owner_id, Offer.ref == ref))
