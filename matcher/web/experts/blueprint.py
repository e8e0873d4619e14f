"""The blueprint of experts, with the labels that its templates use."""

from flask import Blueprint

from matcher.projects.delivery.measuring import OUTCOMES
from matcher.projects.experts.panels import STAGE_LABELS
from matcher.projects.experts.results import VERDICTS
from matcher.projects.experts.service import organisation_of
from matcher.projects.lifecycle import MODE_LABELS, PROJECT_LIFECYCLE, SEAT_LIFECYCLE

experts = Blueprint("experts", __name__, url_prefix="/experts")


@experts.context_processor
def expert_words() -> dict[str, object]:
    """Give the templates the labels of the domain."""
    return {
        "STAGES": STAGE_LABELS,
        "SEAT_STATES": SEAT_LIFECYCLE.labels,
        "PROJECT_STATES": PROJECT_LIFECYCLE.labels,
        "MODES": MODE_LABELS,
        "VERDICTS": VERDICTS,
        "REACHED": OUTCOMES,
        "organisation_of": organisation_of,
    }
