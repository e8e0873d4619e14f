"""The blueprint of the desk, with the labels that its templates use."""

from flask import Blueprint

from matcher.core.vocabularies import DECLINE_REASON
from matcher.matching.explain_labels import promise
from matcher.matching.lifecycle import ACTION_LABELS, PAIRING_LIFECYCLE
from matcher.matching.progress import STEPS
from matcher.web.desk import choices, words
from matcher.web.desk.forms import GivenForm, filter_args, queue_address
from matcher.web.template_tools import field_value

desk = Blueprint("desk", __name__, url_prefix="/desk")
desk.add_app_template_filter(choices.age, "age")
desk.add_app_template_filter(field_value, "field_value")
desk.add_app_template_filter(choices.file_size, "file_size")


@desk.context_processor
def desk_words() -> dict[str, object]:
    """Give the desk's templates the labels of the domain."""
    return {
        "W": words,
        "PAIRING_STATES": PAIRING_LIFECYCLE.labels,
        "REASONS": DECLINE_REASON,
        "promise": promise,
        "queue_address": queue_address,
        "named_counts": choices.named_counts,
        "age_counts": choices.age_counts,
        "state_counts": choices.state_counts,
        "STEPS": STEPS,
        "ACTIONS": ACTION_LABELS,
        "NO_FORM": GivenForm(),
        "asks": choices.asks,
        "filter_args": filter_args,
    }
