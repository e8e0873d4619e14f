"""Money, moments and days, before they reach the database and after."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from matcher.core.clock import SHANGHAI, local_date
from matcher.core.db import Money, UTCDateTime

DIALECT = sqlite.dialect()


@given(st.integers(-(10**15), 10**15))
def test_every_fen_comes_back(fen):
    money = Money()
    yuan = money.process_result_value(fen, DIALECT)
    assert yuan * 100 == fen
    assert money.process_bind_param(yuan, DIALECT) == fen


@given(st.decimals(-(10**12), 10**12, places=4))
def test_parts_of_a_fen_are_refused_and_never_rounded(yuan):
    money = Money()
    if yuan * 100 == (yuan * 100).to_integral_value():
        assert money.process_bind_param(yuan, DIALECT) == int(yuan * 100)
    else:
        with pytest.raises(ValueError, match="fen"):
            money.process_bind_param(yuan, DIALECT)


def test_no_money_is_not_nothing():
    assert Money().process_bind_param(None, DIALECT) is None
    assert Money().process_result_value(None, DIALECT) is None
    assert Money().process_result_value(0, DIALECT) == Decimal(0)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        UTCDateTime().process_bind_param(datetime(2026, 11, 23, 9), DIALECT)  # noqa: DTZ001 -- that is the mistake


@given(
    # China had summer time until 1991: moments that its clocks skipped equal nothing in Python.
    st.datetimes(
        datetime(1992, 1, 1),  # noqa: DTZ001 -- Hypothesis adds the zone
        datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, SHANGHAI, timezone(timedelta(hours=-8))]),
    )
)
def test_a_moment_comes_back_as_the_same_moment(moment):
    kept = UTCDateTime()
    stored = kept.process_bind_param(moment, DIALECT)
    assert kept.process_result_value(stored.replace(tzinfo=None), DIALECT) == moment


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 22, 15, 59, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_the_day_changes_at_midnight_in_china(moment, day):
    assert local_date(moment) == day
