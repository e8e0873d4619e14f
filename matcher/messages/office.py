"""What the administrator sees of the post: how much went out, what is in trouble and why, and sending one again."""

from dataclasses import dataclass

from sqlalchemy import func, select

from matcher.core import audit
from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import post
from matcher.messages.model import Delivery, DeliveryState

STATE_LABELS = {
    DeliveryState.PENDING: Label("等待发出", "Waiting"),
    DeliveryState.CLAIMED: Label("正在发出", "Being sent"),
    DeliveryState.HANDED: Label("正在交付", "Being handed over"),
    DeliveryState.SENT: Label("已发出", "Sent"),
    DeliveryState.UNCLEAR: Label("是否送达不明", "Unclear"),
    DeliveryState.FAILED: Label("未能送达", "Failed"),
}
NOT_NOW = Label("这一封已经重新发出，或不需要重发。", "It was sent again already, or need not be.")


@dataclass(frozen=True, slots=True)
class Overview:
    """Hold the counts by state, and what is in trouble, the latest first."""

    counts: dict[DeliveryState, int]
    troubled: list[Delivery]


def overview(uow: UnitOfWork, actor: Actor) -> Overview:
    """Return how the post stands. Raises NotAllowed."""
    require(actor, "post.manage")
    return Overview(post.counts(uow), post.troubled(uow))


def needs_decision(uow: UnitOfWork, actor: Actor) -> int:
    """Count what nobody will send again by itself."""
    require(actor, "post.manage")
    ended = Delivery.state.in_((DeliveryState.UNCLEAR, DeliveryState.FAILED)), Delivery.error != post.NO_WAY
    return uow.session.scalar(select(func.count()).where(*ended)) or 0


def again(uow: UnitOfWork, actor: Actor, delivery_id: int) -> None:
    """Let a failed or unclear delivery go out again. Raises NotAllowed, and Conflict for any other."""
    require(actor, "post.manage")
    if not post.send_again(uow, delivery_id):
        raise Conflict(NOT_NOW)
    audit.record(uow, actor, "delivery.send_again", "delivery", delivery_id)
