"""The lifecycles of what follows an award: task books, milestones, gates, payments, changes."""

from enum import StrEnum

from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition


class TaskBookState(StrEnum):
    """Name where a task book stands."""

    DRAFT = "draft"
    SIGNING = "signing"
    SIGNED = "signed"
    COMPLETED = "completed"
    TERMINATED = "terminated"


_T = TaskBookState
TASK_BOOK_LIFECYCLE = Lifecycle(
    "task_book",
    (
        Transition("offer", (_T.DRAFT,), _T.SIGNING),
        Transition("take_back", (_T.SIGNING,), _T.DRAFT),
        Transition("sign", (_T.SIGNING,), _T.SIGNED),
        Transition("complete", (_T.SIGNED,), _T.COMPLETED),
        Transition("terminate", (_T.DRAFT, _T.SIGNING, _T.SIGNED), _T.TERMINATED),
    ),
    {
        _T.DRAFT: Label("草拟", "Draft"),
        _T.SIGNING: Label("待签署", "To be signed"),
        _T.SIGNED: Label("已签署", "Signed"),
        _T.COMPLETED: Label("已完成", "Completed"),
        _T.TERMINATED: Label("已终止", "Terminated"),
    },
)


class MilestoneState(StrEnum):
    """Name where a milestone stands; that it is overdue follows from its date."""

    PLANNED = "planned"
    REPORTED = "reported"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


_M = MilestoneState
MILESTONE_LIFECYCLE = Lifecycle(
    "milestone",
    (
        Transition("report", (_M.PLANNED,), _M.REPORTED),
        Transition("return", (_M.REPORTED,), _M.PLANNED),
        Transition("accept", (_M.REPORTED,), _M.ACCEPTED),
        Transition("cancel", (_M.PLANNED, _M.REPORTED), _M.CANCELLED),
    ),
    {
        _M.PLANNED: Label("未完成", "Planned"),
        _M.REPORTED: Label("已报告，待确认", "Reported"),
        _M.ACCEPTED: Label("已确认", "Accepted"),
        _M.CANCELLED: Label("已取消", "Cancelled"),
    },
)


class GateState(StrEnum):
    """Name where a gate of a race stands."""

    PLANNED = "planned"
    OPEN = "open"
    DECIDED = "decided"
    CANCELLED = "cancelled"


_G = GateState
GATE_LIFECYCLE = Lifecycle(
    "gate",
    (
        Transition("open", (_G.PLANNED,), _G.OPEN),
        Transition("decide", (_G.OPEN,), _G.DECIDED),
        Transition("cancel", (_G.PLANNED, _G.OPEN), _G.CANCELLED),
    ),
    {
        _G.PLANNED: Label("未到", "Planned"),
        _G.OPEN: Label("考核中", "Under review"),
        _G.DECIDED: Label("已定", "Decided"),
        _G.CANCELLED: Label("已取消", "Cancelled"),
    },
)


class PaymentState(StrEnum):
    """Name where a payment stands."""

    PLANNED = "planned"
    RELEASED = "released"
    PAID = "paid"
    CANCELLED = "cancelled"


_Y = PaymentState
PAYMENT_LIFECYCLE = Lifecycle(
    "payment",
    (
        Transition("release", (_Y.PLANNED,), _Y.RELEASED),
        Transition("hold", (_Y.RELEASED,), _Y.PLANNED),
        Transition("pay", (_Y.RELEASED,), _Y.PAID),
        Transition("cancel", (_Y.PLANNED, _Y.RELEASED), _Y.CANCELLED),
    ),
    {
        _Y.PLANNED: Label("计划中", "Planned"),
        _Y.RELEASED: Label("可拨付", "Released"),
        _Y.PAID: Label("已拨付", "Paid"),
        _Y.CANCELLED: Label("已取消", "Cancelled"),
    },
)


class ChangeState(StrEnum):
    """Name where a change request stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_C = ChangeState
CHANGE_LIFECYCLE = Lifecycle(
    "change_request",
    (
        Transition("approve", (_C.ASKED,), _C.APPROVED),
        Transition("refuse", (_C.ASKED,), _C.REFUSED),
        Transition("withdraw", (_C.ASKED,), _C.WITHDRAWN),
    ),
    {
        _C.ASKED: Label("待审批", "To be decided"),
        _C.APPROVED: Label("已批准", "Approved"),
        _C.REFUSED: Label("未批准", "Refused"),
        _C.WITHDRAWN: Label("已撤回", "Withdrawn"),
    },
)
