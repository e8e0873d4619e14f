"""Bids as people write them, for tests of the whole way from draft to award."""

from datetime import timedelta
from typing import Any

from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import bidding
from matcher.projects.bids.clock import GRACE, tend
from matcher.projects.bids.model import Bid
from matcher.projects.experts.model import Expert, Panel, ScoreSheet, Seat, Stage
from matcher.projects.lifecycle import ProjectState, SeatState
from matcher.projects.setup.model import Project
from tests.conftest import Actors, MovableClock


def bid_answers(**changes: Any) -> dict[str, Any]:
    """Return a complete bid as a person types it; name fields to change them."""
    return {
        "leader": "陈立", "leader_title": "教授", "phone": "028-85400000",
        "strengths": "做过同类修复三年。", "approach": "双波长测温，闭环控制熔池。",
        "reasons": "两家工厂已试用。", "plan": "先样件后产线。", "trl": "6",
        "tech_fields": ["new_materials"], "references": "增材制造学报 2025",
        "months": "24", "milestones": "样件，6，样件三件和检测报告，40\n产线验证，24，验收报告，60",
        "price": "150", "own_funds": "50", "budget": "设备费，120\n测试费，80",
        "declared": ["clean_record", "no_double_funding", "true_statement"],
    } | changes  # fmt: skip


def written(uow: UnitOfWork, actor: Actor, project: Project, **changes: Any) -> Bid:
    """Begin a bid and write a complete draft."""
    bid = bidding.start(uow, actor, project.id)
    problems = bidding.save(uow, actor, bid.id, bid_answers(**changes))
    assert not problems, problems
    return bid


def handed_in(uow: UnitOfWork, actor: Actor, project: Project, **changes: Any) -> Bid:
    """Write a complete bid and hand it in."""
    return bidding.submit(uow, actor, written(uow, actor, project, **changes).id)


def marked(uow: UnitOfWork, actors: Actors, project: Project, marks: dict[int, int]) -> Panel:
    """Make a panel of one expert who gave each bid (by id) one mark."""
    expert = uow.session.query(Expert).first() or Expert(
        person_id=actors.expert.person_id, created_at=uow.clock(), changed_at=uow.clock()
    )
    panel = Panel(
        project_id=project.id, stage=Stage.EVALUATION, criteria=[{"name": "总评", "en": "", "weight": 100}], least=1,
        due_at=uow.clock() + timedelta(days=7), created_at=uow.clock(),
    )  # fmt: skip
    uow.session.add_all([expert, panel])
    uow.session.flush()
    seat = Seat(panel_id=panel.id, expert_id=expert.id, state=SeatState.ACCEPTED, invited_at=uow.clock())
    uow.session.add(seat)
    uow.session.flush()
    uow.session.add_all(
        ScoreSheet(
            seat_id=seat.id,
            bid_id=bid,
            scores={"总评": mark},
            verdict="yes",
            submitted_at=uow.clock(),
            changed_at=uow.clock(),
        )
        for bid, mark in marks.items()
    )
    uow.session.flush()
    return panel


def closed(uow: UnitOfWork, clock: MovableClock, project: Project) -> None:
    """Let the deadline of a project pass, as the minute's worker does."""
    assert project.closes_at is not None
    clock.moment = project.closes_at + GRACE + timedelta(seconds=1)
    tend(uow)
    assert project.state is ProjectState.EVALUATION
