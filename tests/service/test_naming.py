"""Organisations named in an answer are those of the register, and people are named only to whom they may be."""

import pytest

from matcher.accounts.naming import called, named_organisations
from matcher.core.errors import InvalidInput
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.importing import check_list
from matcher.exchange.verdict import Action
from matcher.needs import service as needs
from tests.conftest import Actors
from tests.factories import OrganisationFactory, need_answers

LONG = "成渝地区双城经济圈先进复合材料与极端制造协同创新中心（眉山）技术转移与中试服务有限责任公司第一联合实验室（筹建办公室）"
LIST = "需求名称,需求来源,技术领域,主要技术难点,公开方式,定向公开对象,机构名称\n题目,企业需求,航空航天,难点,定向公开,{targets},{owner}\n"


def test_a_name_with_commas_a_long_one_a_code_and_an_english_name_are_all_known(uow: UnitOfWork) -> None:
    made = [
        OrganisationFactory(name="Bodensee Messtechnik, GmbH"),
        OrganisationFactory(name=LONG),
        OrganisationFactory(),
        OrganisationFactory(name_en="Rongcheng Institute, Ltd."),
    ]
    uow.commit()
    given = [made[0].name, LONG, str(made[2].uscc), "Rongcheng Institute, Ltd."]
    found = named_organisations(uow, given)
    assert (found.names, found.problems) == ([one.name for one in made], [])


def test_names_between_commas_are_taken_apart_when_all_are_known(uow: UnitOfWork) -> None:
    OrganisationFactory(name="甲大学")
    OrganisationFactory(name="乙研究所")
    uow.commit()
    assert named_organisations(uow, ["甲大学、乙研究所"]).names == ["甲大学", "乙研究所"]


def test_a_need_is_not_shown_to_somebody_unknown_and_near_names_are_suggested(uow: UnitOfWork, actors: Actors) -> None:
    OrganisationFactory(name="西部蓉城理工大学")
    uow.commit()
    answers = need_answers(disclosure="targeted", targets="西部蓉城工业大学；天外天公司")
    with pytest.raises(InvalidInput) as caught:
        needs.create(uow, actors.enterprise, answers, submit=True)
    told = [problem.message.zh for problem in caught.value.problems if problem.field == "targets"]
    assert "是否指：西部蓉城理工大学" in told[0]
    assert "没有登记“天外天公司”" in told[1]
    draft = needs.create(uow, actors.enterprise, answers)
    assert draft.targets == ["西部蓉城工业大学", "天外天公司"], "a draft is never lost"


def test_the_list_of_an_owner_is_refused_and_that_of_the_desk_is_warned(uow: UnitOfWork, actors: Actors) -> None:
    owner = OrganisationFactory(name="蓉城量具有限公司")
    uow.commit()
    content = LIST.format(targets="某某大学", owner=owner.name).encode()
    (row,) = check_list(uow, actors.desk, "needs", "a.csv", content, max_rows=9).rows
    assert (row.action, row.problems) == (Action.NEW, ())
    assert "没有登记“某某大学”" in row.warnings[0].message.zh
    own = LIST.format(targets="某某大学", owner="").encode()
    (row,) = check_list(uow, actors.enterprise, "needs", "a.csv", own, max_rows=9).rows
    assert row.action is Action.WRONG
    assert "没有登记“某某大学”" in row.problems[0].message.zh


def test_people_are_named_to_colleagues_and_staff_only(uow: UnitOfWork, actors: Actors) -> None:
    ids = [actors.enterprise.person_id, actors.desk.person_id, None]
    before_owner = called(uow, actors.enterprise, ids)
    assert before_owner[actors.enterprise.person_id].zh == actors.enterprise.name
    assert before_owner[actors.desk.person_id].zh == "撮合服务人员"
    assert before_owner[None].zh == "系统"
    assert called(uow, actors.desk, ids)[actors.enterprise.person_id].zh == actors.enterprise.name
    assert called(uow, actors.other_enterprise, ids)[actors.enterprise.person_id].zh == "企业"
