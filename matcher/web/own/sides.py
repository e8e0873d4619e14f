"""What the pages of owners need to know of needs and of results, in one form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcher.core.errors import NotFound
from matcher.core.fields import Field
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, StateChange
from matcher.core.people import Actor, Role
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import queries
from matcher.matching.queries import OwnPairing
from matcher.needs import service as needs
from matcher.needs.fields import GROUPS as NEED_GROUPS
from matcher.needs.fields import NEED_FIELDS
from matcher.needs.model import NEED_LIFECYCLE, Need, NeedVersion
from matcher.needs.model import OPEN_STATES as NEED_OPEN_STATES
from matcher.offers import service as offers
from matcher.offers.fields import GROUPS as OFFER_GROUPS
from matcher.offers.fields import OFFER_FIELDS, STATE_SECRETS
from matcher.offers.model import OFFER_LIFECYCLE, Offer, OfferState
from matcher.offers.model import OPEN_STATES as OFFER_OPEN_STATES

Item = Need | Offer


@dataclass(frozen=True, slots=True)
class Words:
    """Hold what the pages call the things of one side."""

    one: Label
    mine: Label
    entered: Label
    new: Label
    lead: Label
    unnamed: Label
    open: Label


@dataclass(frozen=True)
class OwnSide:
    """Describe one side; `what` is the word of lists, `entity` that of permissions and lifecycles."""

    what: str
    entity: str
    roles: tuple[Role, ...]
    words: Words
    fields: Sequence[Field]
    groups: Mapping[str, Label]
    lifecycle: Lifecycle[Any]
    editable: Sequence[Any]
    may_be_incomplete: Sequence[Any]
    actions: Mapping[str, Callable[[UnitOfWork, Actor, int], Item]]
    service: Any
    inside: str  # the permission to see an item as its owner does
    model: type[Need] | type[Offer]
    open_states: Sequence[Any]
    pairings: Callable[..., list[OwnPairing]]
    warning: Label | None = None

    @property
    def blueprint(self) -> str:
        """Return the name of the blueprint."""
        return f"own_{self.what}"

    def load(self, uow: UnitOfWork, actor: Actor, item_id: int) -> Item:
        """Return an item for its owner or the desk; a look at a confidential one is written down, so the caller commits.

        Raises NotFound, NotAllowed.
        """
        found = self.service.get(uow, actor, item_id)
        item: Item = found.need if self.what == "needs" else found
        require(actor, self.inside, owner=item.organisation_id)
        return item

    def history(self, uow: UnitOfWork, actor: Actor, item_id: int) -> tuple[list[StateChange], list[NeedVersion]]:
        """Return the moves of an item, and its versions where they are kept."""
        found: Any = self.service.history(uow, actor, item_id)
        return found if self.what == "needs" else (found, [])

    def open_actions(self, item: Item) -> list[str]:
        """Return what its owner can do with an item now."""
        return [name for name in self.lifecycle.actions(item.state) if name in self.actions]

    def action(self, name: str) -> Callable[[UnitOfWork, Actor, int], Item]:
        """Return the service function of an action; raises NotFound for a name that no button has."""
        if name not in self.actions:
            raise NotFound(Label("没有这样的操作。", "There is no such action."))
        return self.actions[name]


NEEDS = OwnSide(
    "needs",
    "need",
    (Role.ENTERPRISE, Role.GOVERNMENT, Role.DESK),
    Words(
        Label("需求", "Need"),
        Label("我的需求", "My needs"),
        Label("录入的需求", "Needs entered"),
        Label("发布需求", "Post a need"),
        Label(
            "写清卡在哪里、要达到什么数值，系统才能找准成果。可以先存草稿。",
            "Say where you are stuck and which figures count: that is what the matching works with. Drafts are kept.",
        ),
        Label("（未命名的需求）", "(need without a title)"),
        Label("正在征集", "Open"),
    ),
    NEED_FIELDS,
    NEED_GROUPS,
    NEED_LIFECYCLE,
    needs.EDITABLE,
    needs.AS_DRAFT,
    {"submit": needs.submit, "renew": needs.renew, "solve": needs.solve, "withdraw": needs.withdraw},
    needs,
    "need.confidential",
    Need,
    NEED_OPEN_STATES,
    queries.for_need,
)
OFFERS = OwnSide(
    "offers",
    "offer",
    (Role.UNIVERSITY, Role.ENTERPRISE, Role.DESK),
    Words(
        Label("成果", "Result"),
        Label("我的成果", "My results"),
        Label("录入的成果", "Results entered"),
        Label("登记成果", "List a result"),
        Label(
            "写清解决了什么问题、实测指标和成熟度，系统会与全部需求比对。可以先存草稿。",
            "Say what it solves, what was measured and how ready it is; it is matched with every need. Drafts are kept.",
        ),
        Label("（未命名的成果）", "(result without a title)"),
        Label("正在公开", "Public"),
    ),
    OFFER_FIELDS,
    OFFER_GROUPS,
    OFFER_LIFECYCLE,
    offers.EDITABLE,
    (OfferState.DRAFT, OfferState.RETURNED),
    {"submit": offers.submit, "renew": offers.renew, "withdraw": offers.withdraw},
    offers,
    "offer.unpublished",
    Offer,
    OFFER_OPEN_STATES,
    queries.for_offer,
    STATE_SECRETS,
)
