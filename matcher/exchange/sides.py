"""The two sides of a list: what importing and exporting need to know of needs and of results, in one form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matcher.accounts.model import Organisation
from matcher.core.errors import DomainError, InvalidInput, Problem
from matcher.core.fields import Answers, Field
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle
from matcher.core.numbers import LETTERS
from matcher.needs import service as needs
from matcher.needs.fields import NEED_FIELDS
from matcher.needs.model import NEED_LIFECYCLE, Need
from matcher.offers import service as offers
from matcher.offers.fields import OFFER_FIELDS
from matcher.offers.model import OFFER_LIFECYCLE, Offer

Item = Need | Offer
UNKNOWN_LIST = Label("没有“{given}”这种清单。", "There is no list “{given}”.")


@dataclass(frozen=True, slots=True)
class Side:
    """Describe one kind of list; `entity` is the word of permissions and audit."""

    what: str
    entity: str
    title: Label
    fields: Sequence[Field]
    model: type[Need] | type[Offer]
    lifecycle: Lifecycle[Any]
    editable: Sequence[Any]
    read: Callable[..., Answers]  # (uow, given, leniency if any)
    answers_of: Callable[[Any], dict[str, Any]]
    create_many: Callable[..., Sequence[Item | DomainError]]
    edit: Callable[..., Item]
    defaults: Mapping[str, Any]  # what the model says where nothing was answered
    conditions: Sequence[Any] = ()  # which rows of the model the list is of
    # What is not asked of the lists of staff, who enter organisations one list after the other.
    leniency: Mapping[str, bool] = field(default_factory=dict)

    def is_renewable(self, state: Any) -> bool:
        """Say whether an item in this state is off the list and a change hands it in again."""
        return state in self.editable and self.lifecycle.target(state, "renew") is not None

    def item_id(self, number: str) -> int | None:
        """Return the id in a number such as XQ000012, or None."""
        digits = number.strip().upper().removeprefix(LETTERS[self.entity])
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


NEEDS = Side(
    "needs",
    "need",
    Label("需求清单", "Needs"),
    NEED_FIELDS,
    Need,
    NEED_LIFECYCLE,
    needs.EDITABLE,
    lambda uow, given, **lenient: needs.read(uow, given, complete=True, **lenient),
    needs.answers_of,
    needs.create_many,
    needs.edit,
    {"source": "enterprise", "disclosure": "open"},
    leniency={"known_only": False},
)
OFFERS = Side(
    "offers",
    "offer",
    Label("成果清单", "Results"),
    OFFER_FIELDS,
    Offer,
    OFFER_LIFECYCLE,
    offers.EDITABLE,
    lambda uow, given: offers.read(given, complete=True),
    offers.answers_of,
    offers.create_many,
    offers.edit,
    {"language": "zh"},
    (Offer.kind == "result",),
)
_SIDES = {side.what: side for side in (NEEDS, OFFERS)}


def side_of(what: str) -> Side:
    """Return the side that a list is of, "needs" or "offers"; raises InvalidInput for anything else."""
    if what not in _SIDES:
        raise InvalidInput([Problem("what", UNKNOWN_LIST.format(given=what[:40]))])
    return _SIDES[what]


def owner_answers(organisation: Organisation, fields: Sequence[Field]) -> dict[str, Any]:
    """Return what is known of an organisation, by field name."""
    return {f.name: getattr(organisation, f.name) for f in fields}
