"""Makers of lists, projects, notices and bids, as rows in any state; `tests.factories` makes what they belong to."""

from datetime import date, timedelta
from decimal import Decimal

import factory

from matcher.core.rows import IndicatorRow
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.delivery.lifecycle import TaskBookState
from matcher.projects.delivery.model import TaskBook
from matcher.projects.lifecycle import BidState, MemberState, Mode, ProjectState
from matcher.projects.setup.model import Call, Notice, Project, ProjectIndicator, ProjectNeed
from tests.factories import OrganisationFactory, _Factory, _now


class CallFactory(_Factory):
    """A published list that takes bids from an hour ago for three weeks."""

    class Meta:
        model = Call

    organisation = factory.SubFactory(OrganisationFactory, kind="government")
    title = factory.Sequence(lambda n: f"揭榜挂帅榜单第 {n:04d} 批")
    intro = "面向重点产业链的共性难题。"
    contact = "科技部门 028-0000000"
    opens_at = factory.LazyFunction(lambda: _now() - timedelta(hours=1))
    closes_at = factory.LazyFunction(lambda: _now() + timedelta(days=21))
    published_at = factory.LazyFunction(lambda: _now() - timedelta(days=1))
    created_at = factory.LazyFunction(_now)
    changed_at = factory.LazyFunction(_now)


class ProjectFactory(_Factory):
    """A challenge that is open for bids on a published list; give `indicators` as rows and `needs` as needs."""

    class Meta:
        model = Project

    class Params:
        indicators = (IndicatorRow("孔隙率", "le", 0.5, None, "%"), IndicatorRow("抗拉强度", "ge", 980.0, None, "MPa"))
        needs = ()

    call = factory.SubFactory(CallFactory)
    organisation = factory.LazyAttribute(
        lambda o: o.call.organisation if o.call else OrganisationFactory(kind="government")
    )
    mode = Mode.CHALLENGE
    state = ProjectState.BIDDING
    title = factory.Sequence(lambda n: f"叶片增材修复孔隙控制关键技术 {n:04d}")
    background = "多家企业提出同一问题。"
    goals = "给出可量产的工艺窗口与在线监测方法。"
    conditions = "近三年无不良信用记录。"
    tech_fields = factory.LazyFunction(lambda: ["new_materials"])
    keywords = factory.LazyFunction(lambda: ["增材制造"])
    months = 24
    ip_ownership = "shared"
    enterprise_funds = Decimal(9_000_000)
    government_funds = Decimal(3_000_000)
    solver_funds = Decimal(1_500_000)
    published_at = factory.LazyAttribute(lambda o: o.call.published_at if o.call else None)
    opens_at = factory.LazyAttribute(lambda o: o.call.opens_at if o.call else None)
    closes_at = factory.LazyAttribute(lambda o: o.call.closes_at if o.call else None)
    created_at = factory.LazyFunction(_now)
    changed_at = factory.LazyFunction(_now)
    indicator_rows = factory.LazyAttribute(
        lambda o: [ProjectIndicator(position=place, **row.to_json()) for place, row in enumerate(o.indicators)]
    )
    need_rows = factory.LazyAttribute(lambda o: [ProjectNeed(need_id=need.id) for need in o.needs])


class NoticeFactory(_Factory):
    """A notice of a project's set-up that began an hour ago and runs seven days."""

    class Meta:
        model = Notice

    class Params:
        project = factory.SubFactory(ProjectFactory, state=ProjectState.NOTICED, call=None)

    project_id = factory.LazyAttribute(lambda o: o.project.id)
    kind = "setup"
    opens_at = factory.LazyFunction(lambda: _now() - timedelta(hours=1))
    closes_at = factory.LazyFunction(lambda: _now() + timedelta(days=7))
    content = factory.LazyFunction(dict)


class BidFactory(_Factory):
    """A complete bid that was handed in; the lead has its row among the members."""

    class Meta:
        model = Bid

    class Params:
        project = factory.SubFactory(ProjectFactory)

    project_id = factory.LazyAttribute(lambda o: o.project.id)
    organisation = factory.SubFactory(OrganisationFactory, kind="university")
    state = BidState.SUBMITTED
    leader = "陈立"
    approach = "以双波长测温闭环控制熔池。"
    reasons = "同类零件已在两家工厂试用。"
    plan = "六个月完成样件，十八个月完成产线验证。"
    trl = "6"
    price = Decimal(1_500_000)
    months = 24
    submitted_at = factory.LazyFunction(_now)
    created_at = factory.LazyFunction(_now)
    changed_at = factory.LazyFunction(_now)
    members = factory.LazyAttribute(
        lambda o: [
            BidMember(
                organisation=o.organisation,
                is_lead=True,
                state=MemberState.AGREED,
                share=100,
                task="总体",
                invited_at=_now(),
            )
        ]
    )


class TaskBookFactory(_Factory):
    """A signed task book of a running bid, without payments."""

    class Meta:
        model = TaskBook

    class Params:
        bid = factory.SubFactory(BidFactory, state=BidState.RUNNING)

    project_id = factory.LazyAttribute(lambda o: o.bid.project_id)
    bid_id = factory.LazyAttribute(lambda o: o.bid.id)
    state = TaskBookState.SIGNED
    government_amount = Decimal(1_500_000)
    enterprise_amount = Decimal(500_000)
    starts_on = date(2026, 1, 1)
    ends_on = date(2027, 12, 31)
    content = factory.LazyFunction(dict)
    created_at = factory.LazyFunction(_now)
    changed_at = factory.LazyFunction(_now)
