"""The rules of a list: defaults, what the office sets, and what cannot be read."""

import pytest

from matcher.projects.setup.rules import RULE_FIELDS, Rules, read_rules, rules_of, typed
from tests.projects import CallFactory


def test_a_project_without_a_list_goes_by_the_defaults():
    rules = rules_of(None)
    assert (rules.notice_days, rules.budget_multiple, rules.solver_share, rules.owner_may_lead) == (7, 4, 40, False)
    assert [(row["name"], row["weight"]) for row in rules.criteria_evaluation] == [
        ("产业带动", 25), ("研究基础", 25), ("技术指标", 30), ("财务指标", 20),
    ]  # fmt: skip


def test_rules_come_back_from_form_and_database_as_they_were_set(uow):
    given = typed(Rules()) | {
        "notice_days": "10",
        "owner_may_lead": "yes",
        "criteria_acceptance": "指标，Indicators，70\n经费 | 30",
    }
    answers = read_rules(given)
    assert not answers.problems
    call = CallFactory(rules=answers.values)
    uow.commit()
    uow.session.expire_all()
    rules = rules_of(call)
    assert (rules.notice_days, rules.owner_may_lead) == (10, True)
    assert rules.criteria_acceptance == (
        {"name": "指标", "en": "Indicators", "weight": 70}, {"name": "经费", "en": "", "weight": 30},
    )  # fmt: skip
    assert rules_of(CallFactory(rules=rules.to_json())) == rules


def test_every_field_of_the_form_is_a_rule_with_a_default():
    assert {one.name for one in RULE_FIELDS} == set(Rules().to_json())
    assert read_rules(typed(Rules())).values == Rules().to_json()


@pytest.mark.parametrize(
    ("name", "text"), [("criteria_evaluation", "产业带动"), ("criteria_evaluation", "甲，0"), ("solver_share", "101")]
)
def test_what_cannot_be_read_is_said(name, text):
    problems = read_rules(typed(Rules()) | {name: text}).problems
    assert [one.field for one in problems][:1] == [name]
