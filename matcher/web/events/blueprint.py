"""The blueprint of events, with the labels that its templates use."""

from flask import Blueprint

from matcher.core.vocabularies import DECLINE_REASON
from matcher.events.model import (
    EVENT_LIFECYCLE,
    MEETING_LIFECYCLE,
    PARTICIPANT_LIFECYCLE,
    PLAN_LIFECYCLE,
    SIDE_LABELS,
)
from matcher.events.outcomes import OUTCOME
from matcher.matching.explain_labels import promise
from matcher.web.events import words

events = Blueprint("events", __name__, url_prefix="/events")


@events.context_processor
def event_words() -> dict[str, object]:
    """Give the templates the labels of the domain."""
    return {
        "EVENT_STATES": EVENT_LIFECYCLE.labels,
        "PARTICIPANT_STATES": PARTICIPANT_LIFECYCLE.labels,
        "MEETING_STATES": MEETING_LIFECYCLE.labels,
        "PLAN_STATES": PLAN_LIFECYCLE.labels,
        "SIDES": SIDE_LABELS,
        "OUTCOME": OUTCOME,
        "REASONS": DECLINE_REASON,
        "LACKS": words.LACK_LABELS,
        "promise": promise,
    }
