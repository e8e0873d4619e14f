"""Objections to public notices: taken to the last second, limited so that nobody floods the office, known to it alone."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from matcher.core.errors import Conflict, NotAllowed, NotFound
from matcher.projects.lifecycle import ProjectState
from matcher.projects.setup import objections
from matcher.projects.setup.model import Objection
from tests.projects import NoticeFactory, ProjectFactory

OBJECTION = {"name": "王五", "organisation": "某公司", "contact": "13800000000", "text": "指标与已有产品重复。"}


def test_objections_are_taken_to_the_last_second_and_never_after(uow, actors, clock):
    notice = NoticeFactory()
    clock.moment = notice.closes_at - timedelta(microseconds=1)
    objections.file(uow, actors.visitor, notice.id, OBJECTION)
    clock.moment = notice.closes_at
    with pytest.raises(Conflict, match="server's time"):
        objections.file(uow, actors.visitor, notice.id, OBJECTION | {"text": "迟到"})


def test_the_same_objection_twice_is_one_and_a_flood_is_refused(uow, actors):
    notice = NoticeFactory()
    one = objections.file(uow, actors.visitor, notice.id, OBJECTION)
    assert objections.file(uow, actors.visitor, notice.id, OBJECTION).id == one.id
    for number in range(objections.MOST_OF_CONTACT - 1):
        objections.file(uow, actors.visitor, notice.id, OBJECTION | {"text": f"第{number}条"})
    with pytest.raises(Conflict, match="within the hour"):
        objections.file(uow, actors.visitor, notice.id, OBJECTION | {"text": "再一条"})
    objections.file(uow, actors.visitor, notice.id, OBJECTION | {"contact": "13900000000"})
    assert uow.session.scalar(select(func.count(Objection.id))) == objections.MOST_OF_CONTACT + 1


def test_another_contact_each_time_does_not_get_round_the_limit_of_an_address(uow, actors, clock):
    first, second = NoticeFactory(), NoticeFactory()

    def send(number, notice, sender="a" * 64):
        given = OBJECTION | {"contact": f"138{number:08d}"}
        return objections.file(uow, actors.visitor, notice.id, given, sender=sender)

    for number in range(objections.MOST_OF_ADDRESS):
        send(number, [first, second][number % 2])
        clock.move(minutes=1)
    with pytest.raises(Conflict, match="your network") as refused:
        send(98, first)
    assert "50 分钟后" in refused.value.message.zh
    send(99, first, sender="b" * 64)
    clock.move(minutes=50)
    send(98, first)
    kept = uow.session.scalars(select(Objection.sender).order_by(Objection.id)).all()
    assert kept[0] == "", "an address is forgotten when it is not counted any more"


def test_a_project_takes_so_many_objections_an_hour_whichever_notice_they_are_to(uow, actors, clock):
    project = ProjectFactory(state=ProjectState.NOTICED)
    earlier, now = NoticeFactory(project=project), NoticeFactory(project=project)
    for number in range(objections.MOST_OF_PROJECT):
        given = OBJECTION | {"contact": f"138{number:08d}"}
        objections.file(uow, actors.visitor, [earlier, now][number % 2].id, given, sender=f"{number:064d}")
    with pytest.raises(Conflict, match="this project"):
        objections.file(uow, actors.visitor, now.id, OBJECTION, sender="c" * 64)
    objections.file(uow, actors.visitor, NoticeFactory().id, OBJECTION, sender="c" * 64)


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "admin", "expert", "visitor"])
def test_who_objected_is_known_to_the_office_alone(uow, actors, role):
    notice = NoticeFactory()
    one = objections.file(uow, actors.enterprise, notice.id, OBJECTION)
    actor = getattr(actors, role)
    with pytest.raises(NotAllowed):
        objections.of_project(uow, actor, notice.project_id)
    with pytest.raises(NotAllowed):
        objections.answer(uow, actor, one.id, upheld=False, text="不成立")
    if role == "enterprise":
        assert objections.withdraw(uow, actor, one.id).state == "withdrawn"
    else:
        with pytest.raises(NotFound):
            objections.withdraw(uow, actor, one.id)
