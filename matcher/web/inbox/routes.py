"""The inbox, message settings, saved searches, the link that ends a kind of mail."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import InvalidInput
from matcher.core.labels import Label
from matcher.matching import saved
from matcher.messages import preferences, service
from matcher.messages.kinds import KINDS, RHYTHM_LABELS, KindOf, MessageKind, kinds_for
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.guard import public, signed_in
from matcher.web.language import t
from matcher.web.lists import MAX_TEXT, Facet, read_page
from matcher.web.public.facets import NEED_FACETS, OFFER_FACETS
from matcher.web.security import csrf

inbox = Blueprint("inbox", __name__, url_prefix="/inbox")
FACETS: dict[str, tuple[Facet, ...]] = {"needs": NEED_FACETS, "offers": OFFER_FACETS}
SAVED = Label("已保存。", "Saved.")
ALL_READ = Label("全部标为已读。", "Everything is marked as read.")
SEARCH_SAVED = Label(
    "已保存搜索“{name}”，有新结果时会告诉您。", "The search “{name}” is saved; you will be told what is new."
)
ALL, UNREAD = Label("全部", "All"), Label("未读", "Unread")
REMOVED = Label("已删除。", "Deleted.")


@inbox.context_processor
def labels() -> dict[str, object]:
    """Give the templates the labels of kinds and rhythms."""
    return {"KINDS": KINDS, "RHYTHMS": RHYTHM_LABELS, "kind_tabs": kind_tabs, "facet_name": facet_name}


Tab = tuple[str, str, bool, None]


def kind_tabs(kinds: dict[MessageKind, KindOf], chosen: MessageKind | None, only_unread: bool) -> list[Tab]:
    """Return the kinds of messages as tabs of the inbox."""
    found: list[Tab] = [
        (url_for(".index"), t(ALL), not chosen and not only_unread, None),
        (url_for(".index", unread="1"), t(UNREAD), only_unread, None),
    ]
    found += [
        (url_for(".index", kind=kind.value), t(about.label), kind is chosen, None) for kind, about in kinds.items()
    ]
    return found


def facet_name(what: str, name: str, code: str) -> str:
    """Return what a choice of a saved search is called."""
    known = {one.name: one for one in FACETS.get(what, ())}
    return t(known[name].name_of(code)) if name in known else code


@inbox.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """List a person's messages."""
    given = request.args.get("kind", "")
    kind = MessageKind(given) if given in set(MessageKind) else None
    only_unread = request.args.get("unread") == "1"
    actor = current_actor()
    found = service.inbox(current_uow(), actor, kind=kind, only_unread=only_unread, page=read_page())
    return render_template(
        "inbox/list.html", listing=found, chosen=kind, only_unread=only_unread, kinds=kinds_for(actor.roles)
    )


@inbox.post("/read")
@signed_in
def read() -> ResponseReturnValue:
    """Mark everything as read."""
    with current_uow() as uow:
        service.mark_read(uow, current_actor())
    flash(t(ALL_READ), "success")
    return redirect(url_for(".index"), 303)


@inbox.post("/<int:message_id>")
@signed_in
def follow(message_id: int) -> ResponseReturnValue:
    """Mark a message as read and go to the page that it is about."""
    with current_uow() as uow:
        service.mark_read(uow, current_actor(), message_id)
        link = service.own_message(uow, current_actor(), message_id).link
    return redirect(link or url_for(".index"), 303)


@inbox.get("/settings")
@signed_in
def settings() -> ResponseReturnValue:
    """Show how often what is mailed, and the saved searches."""
    return _settings()


def _settings(error: InvalidInput | None = None) -> str:
    uow, actor = current_uow(), current_actor()
    return render_template(
        "inbox/settings.html",
        preferences=preferences.preferences(uow, actor),
        searches=saved.mine(uow, actor),
        address=saved.address,
        what=saved.WHAT,
        problems=error.problems if error else (),
    )


@inbox.post("/settings")
@signed_in
def settings_post() -> ResponseReturnValue:
    """Keep how often what is mailed."""
    given = {kind.value: request.form[kind.value] for kind in MessageKind if kind.value in request.form}
    try:
        with current_uow() as uow:
            preferences.choose(uow, current_actor(), given)
    except InvalidInput as error:
        return _settings(error), 422
    flash(t(SAVED), "success")
    return redirect(url_for(".settings"), 303)


@inbox.post("/searches")
@signed_in
def save_search() -> ResponseReturnValue:
    """Keep the search that is on the screen; the form names the list and carries its address."""
    what = request.form.get("what", "")
    text, choices = _read_search(what, request.form.get("query", ""))
    name, rhythm = request.form.get("name", ""), request.form.get("rhythm", "")
    try:
        with current_uow() as uow:
            search = saved.save(uow, current_actor(), what, name, rhythm, text=text, choices=choices)
    except InvalidInput as error:
        for problem in error.problems:
            flash(t(problem.message), "error")
        asked: dict[str, Any] = dict(choices)
        endpoint = "public.offers" if what == "offers" else "public.needs"
        return redirect(url_for(endpoint, q=text or None, **asked), 303)
    flash(t(SEARCH_SAVED.format(name=search.name)), "success")
    return redirect(saved.address(search), 303)


def _read_search(what: str, query: str) -> tuple[str, dict[str, list[str]]]:
    """Read text and known choices from the address of a list."""
    known = {one.name: one for one in FACETS.get(what, ())}
    text, choices = "", dict[str, list[str]]()
    for name, value in parse_qsl(urlsplit(query).query or query)[:100]:
        if name == "q":
            text = " ".join(value[:MAX_TEXT].split())
        elif name in known and known[name].known(value) and value not in choices.get(name, ()):
            choices.setdefault(name, []).append(value)
    return text, choices


@inbox.post("/searches/<int:search_id>")
@signed_in
def change_search(search_id: int) -> ResponseReturnValue:
    """Change how often a search is told of, or forget it."""
    try:
        with current_uow() as uow:
            if request.form.get("remove"):
                saved.remove(uow, current_actor(), search_id)
            else:
                saved.change(uow, current_actor(), search_id, request.form.get("rhythm", ""))
    except InvalidInput as error:
        return _settings(error), 422
    flash(t(REMOVED if request.form.get("remove") else SAVED), "success")
    return redirect(url_for(".settings") + "#searches", 303)


@inbox.get("/unsubscribe/<token>")
@public
def unsubscribe(token: str) -> ResponseReturnValue:
    """Ask with one button; opening the link alone changes nothing, for mail scanners open links."""
    secret = platform().settings.session_key
    person, kinds = preferences.read_token(current_uow(), secret, token)
    return render_template("inbox/unsubscribe.html", kinds=kinds, person=person, done=False)


@inbox.post("/unsubscribe/<token>")
@public
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
def unsubscribe_post(token: str) -> ResponseReturnValue:
    """End the mails of a token; mail programs post here themselves (RFC 8058), so that the token is all that is asked for."""
    with current_uow() as uow:
        person, kinds = preferences.unsubscribe(uow, platform().settings.session_key, token)
    return render_template("inbox/unsubscribe.html", kinds=kinds, person=person, done=True)
