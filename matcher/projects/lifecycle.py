"""The lifecycles of 立题 and 破题: projects, bids, experts' seats, objections, task books, milestones, gates, payments, trials.

Which state a thing may move to stands here and nowhere else; what must be true besides (a notice that ran its days, a
consortium that agreed) is checked by the service that takes the step.
"""

from enum import StrEnum

from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition


class Mode(StrEnum):
    """Name how a project finds its team."""

    CHALLENGE = "challenge"
    RACE = "race"
    COMMISSIONED = "commissioned"


MODE_LABELS = {
    Mode.CHALLENGE: Label("揭榜挂帅", "Challenge"),
    Mode.RACE: Label("赛马制", "Race"),
    Mode.COMMISSIONED: Label("订单式研发", "Commissioned"),
}


class ProjectState(StrEnum):
    """Name where a project stands."""

    DRAFT = "draft"
    ARGUED = "argued"
    NOTICED = "noticed"
    PUBLISHED = "published"
    BIDDING = "bidding"
    EVALUATION = "evaluation"
    AWARD_NOTICE = "award_notice"
    AWARDED = "awarded"
    IMPLEMENTATION = "implementation"
    ACCEPTANCE = "acceptance"
    CLOSED = "closed"
    FAILED = "failed"
    CANCELLED = "cancelled"


_P = ProjectState
PROJECT_LIFECYCLE = Lifecycle(
    "project",
    (
        Transition("argue", (_P.DRAFT,), _P.ARGUED),
        Transition("send_back", (_P.ARGUED,), _P.DRAFT),
        Transition("notice", (_P.ARGUED,), _P.NOTICED),
        Transition("revise", (_P.NOTICED,), _P.DRAFT),
        Transition("publish", (_P.NOTICED,), _P.PUBLISHED),
        Transition("open", (_P.PUBLISHED,), _P.BIDDING),
        Transition("close_bidding", (_P.BIDDING,), _P.EVALUATION),
        Transition("announce", (_P.EVALUATION,), _P.AWARD_NOTICE),
        Transition("reconsider", (_P.AWARD_NOTICE,), _P.EVALUATION),
        Transition("award", (_P.AWARD_NOTICE,), _P.AWARDED),
        # A made-to-order project has its team from the start: from an agreed pairing at once, else after its notice.
        Transition("commission", (_P.DRAFT, _P.NOTICED), _P.AWARDED),
        Transition("lapse", (_P.AWARDED,), _P.EVALUATION),
        Transition("start", (_P.AWARDED,), _P.IMPLEMENTATION),
        Transition("present", (_P.IMPLEMENTATION,), _P.ACCEPTANCE),
        Transition("rework", (_P.ACCEPTANCE,), _P.IMPLEMENTATION),
        Transition("close", (_P.ACCEPTANCE,), _P.CLOSED),
        Transition("fail", (_P.BIDDING, _P.EVALUATION, _P.AWARD_NOTICE, _P.AWARDED), _P.FAILED),
        Transition("relaunch", (_P.FAILED,), _P.DRAFT),
        Transition(
            "cancel",
            (
                _P.DRAFT, _P.ARGUED, _P.NOTICED, _P.PUBLISHED, _P.BIDDING, _P.EVALUATION, _P.AWARD_NOTICE, _P.AWARDED,
                _P.IMPLEMENTATION,
            ),
            _P.CANCELLED,
        ),
    ),
    {
        _P.DRAFT: Label("草拟", "Draft"),
        _P.ARGUED: Label("论证中", "Argued"),
        _P.NOTICED: Label("立项公示", "Set-up notice"),
        _P.PUBLISHED: Label("已发榜", "Published"),
        _P.BIDDING: Label("揭榜中", "Open for bids"),
        _P.EVALUATION: Label("评审中", "Evaluation"),
        _P.AWARD_NOTICE: Label("拟揭榜公示", "Award notice"),
        _P.AWARDED: Label("待签任务书", "Task book to be signed"),
        _P.IMPLEMENTATION: Label("实施中", "Under way"),
        _P.ACCEPTANCE: Label("验收中", "Acceptance"),
        _P.CLOSED: Label("已结题", "Closed"),
        _P.FAILED: Label("流标", "Failed bidding"),
        _P.CANCELLED: Label("已撤销", "Cancelled"),
    },
)  # fmt: skip
#: What everyone may read of a project begins with its first public notice.
PUBLIC_PROJECT_STATES = tuple(state for state in _P if state not in {_P.DRAFT, _P.ARGUED, _P.CANCELLED})
#: Bids are sealed in these states, from everybody but those who hand them in.
SEALED_STATES = (_P.DRAFT, _P.ARGUED, _P.NOTICED, _P.PUBLISHED, _P.BIDDING)


class BidState(StrEnum):
    """Name where a bid stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    VOID = "void"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    PROPOSED = "proposed"
    NOT_CHOSEN = "not_chosen"
    AWARDED = "awarded"
    LAPSED = "lapsed"
    RUNNING = "running"
    ELIMINATED = "eliminated"
    MERGED = "merged"
    ACCEPTED = "accepted"
    FAILED = "failed"
    TERMINATED = "terminated"
    FORMER = "former"


_B = BidState
BID_LIFECYCLE = Lifecycle(
    "bid",
    (
        Transition("submit", (_B.DRAFT,), _B.SUBMITTED),
        Transition("recall", (_B.SUBMITTED,), _B.DRAFT),
        Transition("withdraw", (_B.DRAFT, _B.SUBMITTED), _B.WITHDRAWN),
        Transition("resume", (_B.WITHDRAWN,), _B.DRAFT),
        Transition("admit", (_B.SUBMITTED,), _B.ADMITTED),
        Transition("reject", (_B.SUBMITTED,), _B.REJECTED),
        Transition("propose", (_B.ADMITTED,), _B.PROPOSED),
        Transition("pass_over", (_B.ADMITTED, _B.PROPOSED), _B.NOT_CHOSEN),
        Transition("reconsider", (_B.PROPOSED, _B.NOT_CHOSEN, _B.REJECTED), _B.ADMITTED),
        Transition("award", (_B.PROPOSED,), _B.AWARDED),
        Transition("commission", (_B.DRAFT,), _B.AWARDED),
        Transition("lapse", (_B.AWARDED,), _B.LAPSED),
        # In a race the next in rank takes the place of a team that did not sign.
        Transition("bring_in", (_B.NOT_CHOSEN,), _B.AWARDED),
        Transition("sign", (_B.AWARDED,), _B.RUNNING),
        Transition("eliminate", (_B.RUNNING,), _B.ELIMINATED),
        Transition("merge", (_B.RUNNING,), _B.MERGED),
        Transition("accept", (_B.RUNNING,), _B.ACCEPTED),
        Transition("fail", (_B.RUNNING,), _B.FAILED),
        Transition("terminate", (_B.AWARDED, _B.RUNNING), _B.TERMINATED),
        Transition("void", (_B.DRAFT, _B.SUBMITTED, _B.ADMITTED, _B.PROPOSED), _B.VOID),
        # The project is relaunched after a failed bidding: the bid stays as it is, in the round that is over.
        Transition("renew", (_B.WITHDRAWN, _B.VOID, _B.REJECTED, _B.NOT_CHOSEN, _B.LAPSED, _B.TERMINATED), _B.FORMER),
    ),
    {
        _B.DRAFT: Label("填写中", "Draft"),
        _B.SUBMITTED: Label("已递交", "Handed in"),
        _B.WITHDRAWN: Label("已撤回", "Withdrawn"),
        _B.VOID: Label("未生效", "Void"),
        _B.ADMITTED: Label("形式审查通过", "Admitted"),
        _B.REJECTED: Label("不予受理", "Not admitted"),
        _B.PROPOSED: Label("拟揭榜", "Proposed for award"),
        _B.NOT_CHOSEN: Label("未中榜", "Not chosen"),
        _B.AWARDED: Label("中榜", "Awarded"),
        _B.LAPSED: Label("放弃中榜", "Award lapsed"),
        _B.RUNNING: Label("实施中", "Under way"),
        _B.ELIMINATED: Label("考核淘汰", "Eliminated"),
        _B.MERGED: Label("并入他队", "Merged"),
        _B.ACCEPTED: Label("验收通过", "Accepted"),
        _B.FAILED: Label("验收未通过", "Not accepted"),
        _B.TERMINATED: Label("已终止", "Terminated"),
        _B.FORMER: Label("上一轮", "Former round"),
    },
)


class MemberState(StrEnum):
    """Name what a partner answered to the invitation into a consortium."""

    INVITED = "invited"
    AGREED = "agreed"
    DECLINED = "declined"
    LEFT = "left"


_M = MemberState
MEMBER_LIFECYCLE = Lifecycle(
    "bid_member",
    (
        Transition("invite", (_M.DECLINED, _M.LEFT), _M.INVITED),
        Transition("agree", (_M.INVITED,), _M.AGREED),
        Transition("decline", (_M.INVITED,), _M.DECLINED),
        Transition("leave", (_M.INVITED, _M.AGREED), _M.LEFT),
    ),
    {
        _M.INVITED: Label("等待答复", "Not answered"),
        _M.AGREED: Label("已同意", "Agreed"),
        _M.DECLINED: Label("已谢绝", "Declined"),
        _M.LEFT: Label("已退出", "Left"),
    },
)


class SeatState(StrEnum):
    """Name what an expert answered to the invitation to a panel."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RECUSED = "recused"
    REMOVED = "removed"


_S = SeatState
SEAT_LIFECYCLE = Lifecycle(
    "panel_seat",
    (
        Transition("accept", (_S.INVITED,), _S.ACCEPTED),
        Transition("decline", (_S.INVITED, _S.ACCEPTED), _S.DECLINED),
        Transition("recuse", (_S.INVITED, _S.ACCEPTED), _S.RECUSED),
        Transition("remove", (_S.INVITED, _S.ACCEPTED), _S.REMOVED),
        Transition("invite", (_S.DECLINED, _S.REMOVED), _S.INVITED),
    ),
    {
        _S.INVITED: Label("等待答复", "Not answered"),
        _S.ACCEPTED: Label("已接受", "Accepted"),
        _S.DECLINED: Label("已谢绝", "Declined"),
        _S.RECUSED: Label("已回避", "Recused"),
        _S.REMOVED: Label("已撤下", "Taken off"),
    },
)


class ObjectionState(StrEnum):
    """Name what became of an objection to a public notice."""

    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


_O = ObjectionState
OBJECTION_LIFECYCLE = Lifecycle(
    "objection",
    (
        Transition("uphold", (_O.OPEN,), _O.UPHELD),
        Transition("dismiss", (_O.OPEN,), _O.DISMISSED),
        Transition("withdraw", (_O.OPEN,), _O.WITHDRAWN),
    ),
    {
        _O.OPEN: Label("待答复", "To be answered"),
        _O.UPHELD: Label("异议成立", "Upheld"),
        _O.DISMISSED: Label("异议不成立", "Dismissed"),
        _O.WITHDRAWN: Label("已撤回", "Withdrawn"),
    },
)
