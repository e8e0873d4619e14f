"""Portfolios keep every limit, give each need what they can, and say what binds; the work is shared out evenly."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.matching.spread import Binding, Limits, Option, Worker, share_out, spread

SOLVING = settings(max_examples=50, deadline=None)


@st.composite
def batches(draw: st.DrawFn):
    needs = list(range(1, draw(st.integers(1, 5)) + 1))
    options = []
    for number in range(draw(st.integers(0, 14))):
        institution = draw(st.integers(1, 3))
        team = f"{institution}:{draw(st.integers(1, 2))}"
        options.append(Option(number, draw(st.sampled_from(needs)), team, institution, draw(st.integers(0, 1000))))
    limits = Limits(draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.sampled_from((0.1, 0.4, 1.0))))
    busy = draw(st.dictionaries(st.sampled_from(["1:1", "2:1"]), st.integers(0, 3)))
    return needs, options, limits, busy


@SOLVING
@given(batches())
def test_every_limit_is_kept_and_what_falls_short_has_its_reason(batch):
    needs, options, limits, busy = batch
    found = spread(needs, options, limits, busy)
    assert found == spread(needs, options, limits, busy)
    assert found.value == found.bound
    got = Counter(one.need for one in found.chosen)
    assert max(got.values(), default=0) <= limits.per_need
    for team, count in Counter(one.team for one in found.chosen).items():
        assert count + busy.get(team, 0) <= limits.per_team
    most = limits.per_institution(len(needs))
    assert max(Counter(one.institution for one in found.chosen).values(), default=0) <= most
    assert set(found.reasons) == {need for need in needs if got[need] < limits.per_need}
    for need in found.reasons:
        without = not any(one.need == need for one in options)
        assert (found.reasons[need][0][0] is Binding.NO_OFFER) == without


def test_every_need_gets_one_before_any_gets_a_second():
    options = [Option(1, 1, "a", 1, 900), Option(2, 1, "b", 1, 800), Option(3, 2, "a", 1, 100)]
    found = spread([1, 2], options, Limits(per_need=2, per_team=1, share=1.0))
    assert [(one.need, one.team) for one in found.chosen] == [(1, "b"), (2, "a")]
    assert found.reasons[1] == [(Binding.TEAM_FULL, ["a"])]
    assert found.reasons[2] == [(Binding.FEW_OFFERS, [])]


def test_an_institution_gets_no_more_than_its_share():
    options = [Option(n, n, f"1:{n}", 1, 900) for n in range(1, 5)] + [Option(9, 4, "2:1", 2, 10)]
    found = spread([1, 2, 3, 4], options, Limits(per_need=1, per_team=5, share=0.5))
    assert Counter(one.institution for one in found.chosen) == {1: 2, 2: 1}
    assert (Binding.INSTITUTION_FULL, ["1"]) in [why for reasons in found.reasons.values() for why in reasons]


def test_work_is_shared_evenly_first_and_by_field_second():
    workers = [Worker(1, 4, {"optics": 5}), Worker(2, 0, {"rail": 3}), Worker(3, 0, {"optics": 2})]
    needs = {10: (2, ["optics"]), 11: (2, ["rail"]), 12: (1, ["rail"])}
    shared = share_out(needs, workers, {12: 1})
    assert shared[12] == 1
    assert shared[11] == 2
    assert shared[10] == 3
    assert share_out(needs, [], {12: 1}) == {12: 1}
