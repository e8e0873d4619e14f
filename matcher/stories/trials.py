"""Trials in the demo's scenarios: applied for, admitted, started, with a diary; each side writes its own part."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from matcher.needs.model import Need
from matcher.projects.scenarios import trials
from matcher.stories.cast import Cast


def tell(cast: Cast, told: Mapping[str, Any]) -> None:
    """Let a team apply for a scenario, and both sides take the steps that are told."""
    uow = cast.uow
    need = uow.session.scalars(select(Need).where(Need.ref == told["need"])).one_or_none()
    if need is None:
        return
    team, owner = cast.of(told["organisation"]), cast.of(str(need.organisation.seed_key))
    cast.calendar.at(told["days"])
    trial = trials.apply(uow, team, need.id, {"plan": told["plan"], "asks": told["asks"]})
    for step in told.get("step", ()):
        cast.calendar.at(step["days"])
        actor = team if step["by"] == "team" else owner
        if step["act"] == "write":
            trials.write_entry(uow, actor, trial.id, step["text"])
        else:
            trials.step(uow, actor, trial.id, step["act"], step["text"])
