"""The forms: post a need or list a result, and change it; what was typed comes back as it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.accounts.service import find_organisation
from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.fields import clean_text, shorten
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.core.permissions import allowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form, change_rows, given_from, read_form
from matcher.web.language import t
from matcher.web.own.sides import Item, OwnSide

OWNER = "organisation"
OWNER_MISSING = Label(
    "请填写所属机构的全称或统一社会信用代码。", "Give the full name or the credit code of the organisation."
)
OWNER_UNKNOWN = Label(
    "平台上没有“{given}”这个机构，请核对全称，或先用表格导入登记。",
    "There is no organisation “{given}” here; check the full name, or import it with a list first.",
)
CHANGED = Label(
    "您打开此页后，内容已被他人修改，您的填写没有保存。请另开一页查看最新内容，核对后再次保存。",
    "Somebody changed it after you opened this page, so yours was not saved. Look at it in another tab, then save again.",
)
SAVED_DRAFT = Label("草稿已保存，只有本机构能看到。", "The draft is kept; only your organisation sees it.")
SAVED = Label("已保存。", "Saved.")
SUBMITTED = Label("已提交，审核后发布并参与匹配。", "Handed in; it is published and matched after review.")
PUBLISHED = Label("已发布，系统随即开始匹配。", "Published; matching starts at once.")


def given_of(side: OwnSide, item: Item) -> dict[str, Any]:
    """Return what an item says as people type it."""
    return given_from(side.fields, side.service.answers_of(item))


def _blank(side: OwnSide) -> dict[str, Any]:
    if side.what == "offers":
        return {"language": "zh"}
    return {"source": "planning" if Role.GOVERNMENT in current_actor().roles else "enterprise", "disclosure": "open"}


def edit_page(
    side: OwnSide,
    item: Item | None,
    given: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    owner: str = "",
    seen_version: int | None = None,
) -> str:
    """Return the form with what was typed and what is wrong with it."""
    names_owner = item is None and allowed(current_actor(), f"{side.entity}.review")
    return render_template(
        "own/form.html",
        side=side,
        item=item,
        form=Form(side.fields, given, problems),
        names_owner=names_owner,
        owner=owner,
        seen_version=seen_version or request.form.get("seen_version") or (item.version if item else ""),
        is_draft=item is None or item.state in side.may_be_incomplete,
    )


def _owner_id(uow: UnitOfWork, side: OwnSide, given: str) -> int | None:
    """Return whose item it is: of the desk's entry by name or code, None for one's own organisation."""
    if not allowed(current_actor(), f"{side.entity}.review"):
        return None
    name = clean_text(given)
    if not name:
        raise InvalidInput([Problem(OWNER, OWNER_MISSING)])
    found = find_organisation(uow, uscc=name.upper(), name=name) or find_organisation(uow, uscc=None, name=name)
    if found is None:
        raise InvalidInput([Problem(OWNER, OWNER_UNKNOWN.format(given=shorten(name)))])
    return found.id


def new(side: OwnSide) -> ResponseReturnValue:
    """Show the empty form."""
    return edit_page(side, None, _blank(side))


def new_post(side: OwnSide) -> ResponseReturnValue:
    """Write a new item as a draft or hand it in; add or remove a row of it."""
    given, owner = read_form(side.fields, request.form), request.form.get(OWNER, "")[:200]
    if change_rows(side.fields, request.form, given):
        return edit_page(side, None, given, owner=owner)
    submits = request.form.get("do") == "submit"
    try:
        with current_uow() as uow:
            owner_id = _owner_id(uow, side, owner)
            item = side.service.create(uow, current_actor(), given, owner_id=owner_id, submit=submits)
    except InvalidInput as error:
        return edit_page(side, None, given, error.problems, owner), 422
    return _saved(side, item)


def edit(side: OwnSide, item_id: int) -> ResponseReturnValue:
    """Show the form with what the item says."""
    with current_uow() as uow:
        item = side.load(uow, current_actor(), item_id)
        _require_editable(side, item)
        return edit_page(side, item, given_of(side, item))


def edit_post(side: OwnSide, item_id: int) -> ResponseReturnValue:
    """Change an item, or a row of the form."""
    given, actor = read_form(side.fields, request.form), current_actor()
    with current_uow() as uow:
        item = side.load(uow, actor, item_id)
    _require_editable(side, item)
    if change_rows(side.fields, request.form, given):
        return edit_page(side, item, given)
    if request.form.get("seen_version", str(item.version)) != str(item.version):
        # Sending the page once more, after having looked, is meant.
        return edit_page(side, item, given, [Problem("", CHANGED)], seen_version=item.version), 409
    try:
        with current_uow() as uow:
            item = side.service.edit(uow, actor, item_id, given, submit=request.form.get("do") == "submit")
    except InvalidInput as error:
        with current_uow() as uow:
            return edit_page(side, side.load(uow, actor, item_id), given, error.problems), 422
    return _saved(side, item)


def _require_editable(side: OwnSide, item: Item) -> None:
    if item.state not in side.editable:
        raise Conflict(side.service.CLOSED)


def _saved(side: OwnSide, item: Item) -> ResponseReturnValue:
    told = {"draft": SAVED_DRAFT, "returned": SAVED, "submitted": SUBMITTED, "published": PUBLISHED}
    is_new = request.form.get("do") == "submit" or item.state == "draft"
    flash(t(told.get(item.state, SAVED) if is_new else SAVED), "success")
    return redirect(url_for(f"{side.blueprint}.detail", item_id=item.id), 303)
