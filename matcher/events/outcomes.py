"""What came of a meeting: said in two taps by each side or by the organisers, and what that does to the pairing."""

from dataclasses import replace

from matcher.core import audit
from matcher.core.errors import Conflict, DomainError, InvalidInput, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import DECLINE_REASON, Vocabulary
from matcher.events import grid
from matcher.events.model import MEETING_LIFECYCLE, Event, EventState, Meeting, MeetingState, Participant, Side
from matcher.events.planning import meeting_of
from matcher.matching import progress, review
from matcher.matching.endings import endings
from matcher.matching.introduction_model import Party
from matcher.matching.model import Pairing, PairingState
from matcher.matching.review import REASON_NEEDED

OUTCOME = Vocabulary(
    "meeting_outcome",
    {
        "continue": Label("继续谈", "Go on"),
        "later": Label("以后再说", "Later"),
        "no": Label("不合适", "No"),
        "absent": Label("没有见面", "Did not meet"),
    },
)
NO_OUTCOME = Label("请选择会谈结果。", "Choose what came of the meeting.")
TOO_EARLY = Label("会谈开始后才能记录结果。", "The outcome can be recorded once the meeting has begun.")
NOTE_LIMIT = 500
S = PairingState
#: The next step of a pairing on its way to a negotiation.
NEXT = {S.SUGGESTED: "accept", S.DEFERRED: "accept", S.SHORTLISTED: "introduce", S.INTRODUCED: "interest",
        S.INTERESTED: "meet", S.MEETING: "negotiate"}  # fmt: skip
MET_AT = Label("在对接会“{title}”上会谈。", "Met at the event “{title}”.")


def record(
    uow: UnitOfWork, actor: Actor, meeting_id: int, outcome: str, *, note: str = "", reason: str | None = None
) -> Meeting:
    """Record what came of a meeting, for the actor's side, or by an organiser for both; the pairing moves along.

    Both go on: it is negotiated. One says no: it is declined with the reason. Raises NotFound, Conflict, InvalidInput.
    """
    meeting, event, both = meeting_of(uow, actor, meeting_id)
    note = clean_text(note)[:NOTE_LIMIT]
    if not may_be_recorded(uow, event, meeting):
        raise Conflict(TOO_EARLY)
    problems = [Problem("outcome", NO_OUTCOME)] if outcome not in OUTCOME else []
    if outcome == "no" and (reason is None or reason not in DECLINE_REASON or (reason == "other" and not note)):
        problems.append(Problem("reason", REASON_NEEDED))
    if problems:
        raise InvalidInput(problems)
    MEETING_LIFECYCLE.apply(uow, actor, meeting, "miss" if outcome == "absent" else "hold")
    for side in _sides(actor, both):
        setattr(meeting, f"{side.value}_outcome", outcome)
    setattr(meeting, _note_of(actor, both), note)
    meeting.outcome_at = uow.clock()
    audit.record(uow, actor, "meeting.outcome", "meeting", meeting.id, outcome=outcome)
    _move_pairing(uow, actor, meeting, MET_AT.format(title=event.title).zh + note, reason)
    return meeting


def notes(actor: Actor, meeting: Meeting, both: list[Participant]) -> dict[Side | None, str]:
    """Return the notes on a meeting that the actor may read: all for the organisers (None: their own), else their side's."""
    found: dict[Side | None, str] = {
        None: meeting.outcome_note, Side.DEMAND: meeting.demand_note, Side.SUPPLY: meeting.supply_note
    }  # fmt: skip
    if allowed(actor, "event.organise"):
        return {side: text for side, text in found.items() if text}
    return {side: found[side] for side in _sides(actor, both) if found[side]}


def own_note(actor: Actor, meeting: Meeting, both: list[Participant]) -> str:
    """Return the note that the actor would write over."""
    text: str = getattr(meeting, _note_of(actor, both))
    return text


def ending(uow: UnitOfWork, actor: Actor, meeting: Meeting, both: list[Participant]) -> Label | None:
    """Return in fair words why the two go no further, for a side of a meeting whose pairing was declined."""
    pairing = uow.session.get(Pairing, meeting.pairing_id) if meeting.pairing_id is not None else None
    if pairing is None or pairing.state is not S.DECLINED or allowed(actor, "event.organise"):
        return None
    mine = next(one for one in both if one.organisation_id == actor.organisation_id)
    party = Party.NEED if mine.side is Side.DEMAND else Party.OFFER
    return endings(uow, mine.organisation_id, party, [pairing.id])[pairing.id]


def _note_of(actor: Actor, both: list[Participant]) -> str:
    """Return the column of the actor's own note: of their side, or the organisers'."""
    return "outcome_note" if allowed(actor, "event.organise") else f"{_sides(actor, both)[0].value}_note"


def may_be_recorded(uow: UnitOfWork, event: Event, meeting: Meeting) -> bool:
    """Say whether something can have come of a meeting: the event runs or is over, or the time of the meeting is here."""
    if event.state in (EventState.RUNNING, EventState.FINISHED):
        return meeting.state is not MeetingState.CANCELLED
    here = event.state is EventState.SCHEDULED and meeting.state is not MeetingState.CANCELLED
    return here and grid.slots(event)[meeting.slot].start <= uow.clock()


def _sides(actor: Actor, both: list[Participant]) -> list[Side]:
    own = [one.side for one in both if one.organisation_id == actor.organisation_id]
    return own if own and not allowed(actor, "event.organise") else [one.side for one in both]


def _move_pairing(uow: UnitOfWork, actor: Actor, meeting: Meeting, words: str, reason: str | None) -> None:
    """Let the pairing follow; a colleague's claim or a closed need stops it there, and the outcome is kept all the same."""
    if meeting.pairing_id is None or meeting.state is not MeetingState.HELD:
        return
    said = {meeting.demand_outcome, meeting.supply_outcome}
    # Who met has agreed to talk: the steps are taken in their name, whatever the desk had done until then.
    for_both = replace(actor, is_system=True)
    try:
        if "no" in said:
            if reason is not None:
                progress.move(uow, for_both, meeting.pairing_id, "decline", reason=reason, note=words)
            return
        target = S.NEGOTIATING if said == {"continue"} else S.MEETING
        _walk(uow, for_both, meeting.pairing_id, target, words)
    except DomainError as error:
        audit.record(uow, actor, "meeting.pairing_stays", "pairing", meeting.pairing_id, why=error.message.en)


def _walk(uow: UnitOfWork, actor: Actor, pairing_id: int, target: PairingState, note: str) -> None:
    pairing = uow.session.get_one(Pairing, pairing_id)
    if not review.both_open(uow, pairing):
        raise Conflict(review.NOT_OPEN)
    order = [*NEXT, S.NEGOTIATING]
    while pairing.state in NEXT and order.index(pairing.state) < order.index(target):
        pairing = progress.move(uow, actor, pairing_id, NEXT[pairing.state], note=note)
