"""The blueprint of bids, and what all its pages say."""

from decimal import Decimal

from flask import Blueprint

from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.projects.bids.service import is_lead, is_member
from matcher.projects.lifecycle import BID_LIFECYCLE, MEMBER_LIFECYCLE, PROJECT_LIFECYCLE
from matcher.web.context import current_actor

bids = Blueprint("bids", __name__, url_prefix="/bids")
BIDDERS = (Role.ENTERPRISE, Role.UNIVERSITY)
READERS = (Role.ENTERPRISE, Role.UNIVERSITY, Role.GOVERNMENT, Role.EXPERT)

SAVED = Label("草稿已保存。", "The draft is saved.")
SAVED_SO_FAR = Label(
    "草稿已保存；还有 {count} 处不能读懂，见下面标出的各项。",
    "The draft is saved; {count} answers could not be read, see below.",
)
SUBMITTED = Label("揭榜申请已于 {at} 递交。", "The bid was handed in at {at}.")
DONE = Label("已保存。", "Saved.")
INVITED = Label("已邀请 {name}。", "{name} was asked.")
TOLD = Label("已通知 {count} 人。", "{count} people were told.")


@bids.app_template_filter("figure")
def figure(value: float | None) -> str:
    """Write a stored figure as people type it: 980, not 980.0."""
    if value is None:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@bids.app_template_filter("yuan")
def yuan(value: str) -> Decimal:
    """Return an amount as rows store it, as the number that it is."""
    return Decimal(value)


@bids.context_processor
def tools() -> dict[str, object]:
    """Give the templates the states in words, and who stands where."""
    return {
        "BID_STATES": BID_LIFECYCLE.labels,
        "MEMBER_STATES": MEMBER_LIFECYCLE.labels,
        "PROJECT_STATES": PROJECT_LIFECYCLE.labels,
        "leads": lambda bid: is_lead(current_actor(), bid),
        "belongs": lambda bid: is_member(current_actor(), bid),
    }
