"""What the ranking has learned: versions with their figures, exposure of institutions, train, adopt, go back."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.core.permissions import allowed
from matcher.matching import exposure, learn, learn_labels
from matcher.matching.ranker_model import RANKER_LIFECYCLE
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.guard import for_roles
from matcher.web.language import t

learning = Blueprint("learning", __name__, url_prefix="/learning")

ASKED = Label("训练已安排，后台一般在一两分钟内完成。", "Training is on its way; it usually takes a minute or two.")
ADOPTED = Label(
    "第 {version} 版已启用，所有匹配对正在重新评分。",
    "Version {version} is in use; all pairings are being scored anew.",
)
BACK = Label(
    "已恢复初始公式，所有匹配对正在重新评分。", "The formula is in use again; all pairings are being scored anew."
)


@learning.get("/")
@for_roles(Role.DESK, Role.ADMIN)
def home() -> ResponseReturnValue:
    """Show what was learned, every version, and whose results are shown."""
    uow, actor = current_uow(), current_actor()
    found = learn.overview(uow, actor)
    return render_template(
        "learning/home.html",
        learning=found,
        effects=learn_labels.effects_of(found.in_use.row.effects) if found.in_use else [],
        missing=learn_labels.missing_words(found.readiness),
        exposures=exposure.exposures(uow, actor),
        exploration=platform().settings.exploration,
        may_review=allowed(actor, "pairing.queue"),
        may_adopt=allowed(actor, "ranker.adopt"),
        states=RANKER_LIFECYCLE.labels,
    )


@learning.post("/train")
@for_roles(Role.DESK, Role.ADMIN)
def train() -> ResponseReturnValue:
    """Have the background train a version."""
    return _done(lambda: learn.ask(current_uow(), current_actor()), ASKED)


@learning.post("/versions/<int:version>/adopt")
@for_roles(Role.ADMIN)
def adopt(version: int) -> ResponseReturnValue:
    """Put a version to use."""
    return _done(lambda: learn.adopt(current_uow(), current_actor(), version), ADOPTED.format(version=version))


@learning.post("/formula")
@for_roles(Role.ADMIN)
def formula() -> ResponseReturnValue:
    """Put the formula to use again."""
    return _done(lambda: learn.back_to_formula(current_uow(), current_actor()), BACK)


def _done(action: Callable[[], object], message: Label) -> ResponseReturnValue:
    try:
        with current_uow():
            action()
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(t(message), "success")
    return redirect(url_for("learning.home"), 303)
