"""Sign-in, sign-out, sign-up, profile, the own organisation."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from matcher.accounts import profile as profile_service
from matcher.accounts import service
from matcher.accounts.brake import Brake
from matcher.accounts.fields import ORGANISATION_FIELDS
from matcher.core.errors import InvalidInput, NotAllowed, NotFound
from matcher.core.people import ROLE_LABELS
from matcher.core.permissions import require
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.forms import Form, given_from, read_form
from matcher.web.guard import public, signed_in
from matcher.web.language import t
from matcher.web.navigation import home_endpoint
from matcher.web.sign_in import SignedIn

account = Blueprint("account", __name__, url_prefix="/account")
SIGN_UP_FIELDS = (*service.SIGN_UP_ORGANISATION, *service.PERSON_FIELDS)
PASSWORDS = ("password", "password_again")


def _brake() -> Brake:
    return Brake(platform().settings.session_key)


def safe_next(given: str | None) -> str | None:
    """Return the address within this site that a person came for, or None."""
    if not given or not given.startswith("/") or given.startswith("//") or "\\" in given:
        return None
    parts = urlsplit(given)
    return given if not parts.scheme and not parts.netloc and given.isprintable() else None


@account.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the sign-in form."""
    if current_user.is_authenticated:
        return redirect(url_for(home_endpoint(current_actor())))
    return render_template("account/sign_in.html", email="", next=safe_next(request.args.get("next")), message=None)


@account.post("/sign-in")
@public
def sign_in_post() -> ResponseReturnValue:
    """Sign a person in and go on to the page they came for."""
    email, password = request.form.get("email", "")[:254], request.form.get("password", "")[:1000]
    wanted, address = safe_next(request.form.get("next")), request.remote_addr or ""
    if minutes := _brake().wait(current_uow(), email, address):
        message = _("密码输错次数太多，请 %(minutes)s 分钟后再试。", minutes=minutes)
        return render_template("account/sign_in.html", email=email, next=wanted, message=message), 429
    try:
        with current_uow() as uow:
            person = service.sign_in(uow, email, password)
            _brake().succeeded(uow, email, address)
    except NotAllowed as error:
        with current_uow() as uow:
            _brake().failed(uow, email, address)
        return render_template("account/sign_in.html", email=email, next=wanted, message=t(error.message)), 422
    _open_session(SignedIn(person))
    return redirect(wanted or url_for(home_endpoint(person.actor())))


def _open_session(user: SignedIn) -> None:
    # Nothing of the visitor's session is carried over, except the language just chosen.
    chosen = session.get("lang")
    session.clear()
    if chosen:
        session["lang"] = chosen
    login_user(user)


@account.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    flash(_("您已退出登录。"), "success")
    return redirect(url_for("public.home"))


@account.get("/sign-up")
@public
def sign_up() -> ResponseReturnValue:
    """Show the sign-up form."""
    return render_template("account/sign_up.html", form=Form(SIGN_UP_FIELDS))


@account.post("/sign-up")
@public
def sign_up_post() -> ResponseReturnValue:
    """Register an organisation and the person who speaks for it; an administrator approves them."""
    given = read_form(SIGN_UP_FIELDS, request.form)
    passwords = {name: request.form.get(name, "")[:1000] for name in PASSWORDS}
    try:
        with current_uow() as uow:
            service.sign_up(uow, given | passwords)
    except InvalidInput as error:
        return render_template("account/sign_up.html", form=Form(SIGN_UP_FIELDS, given, error.problems)), 422
    return redirect(url_for("account.signed_up"))


@account.get("/signed-up")
@public
def signed_up() -> ResponseReturnValue:
    """Say what happens after sign-up."""
    return render_template("account/signed_up.html")


def _profile(given: dict[str, object] | None = None, error: InvalidInput | None = None) -> str:
    person = current_user.person
    fields = profile_service.PROFILE_FIELDS
    known = given if given is not None else given_from(fields, {"name": person.name, "phone": person.phone})
    form = Form(fields, known, error.problems if error else ())
    return render_template("account/profile.html", form=form, person=person, roles=ROLE_LABELS)


@account.get("/profile")
@signed_in
def profile() -> ResponseReturnValue:
    """Show what a person may change about themselves."""
    return _profile()


@account.post("/profile")
@signed_in
def profile_post() -> ResponseReturnValue:
    """Change name and telephone."""
    given = read_form(profile_service.PROFILE_FIELDS, request.form)
    try:
        with current_uow() as uow:
            profile_service.edit_profile(uow, current_actor(), given)
    except InvalidInput as error:
        return _profile(given, error), 422
    flash(_("已保存。"), "success")
    return redirect(url_for("account.profile"))


@account.post("/password")
@signed_in
def password_post() -> ResponseReturnValue:
    """Change the password; other sessions of this person end."""
    try:
        with current_uow() as uow:
            person = profile_service.change_password(uow, current_actor(), request.form)
    except InvalidInput as error:
        return _profile(None, error), 422
    login_user(SignedIn(person))
    flash(_("密码已修改，其他设备上的登录已失效。"), "success")
    return redirect(url_for("account.profile"))


def _own_organisation() -> int:
    actor = current_actor()
    if actor.organisation_id is None:
        raise NotFound(service.NO_ORGANISATION)
    require(actor, "organisation.edit", owner=actor.organisation_id)
    return actor.organisation_id


@account.get("/organisation")
@signed_in
def organisation() -> ResponseReturnValue:
    """Show the form with what is known of the own organisation."""
    found = service.organisation(current_uow(), _own_organisation())
    values = {one.name: getattr(found, one.name) for one in ORGANISATION_FIELDS}
    form = Form(ORGANISATION_FIELDS, given_from(ORGANISATION_FIELDS, values))
    return render_template("account/organisation.html", form=form, organisation=found)


@account.post("/organisation")
@signed_in
def organisation_post() -> ResponseReturnValue:
    """Change what is known of the own organisation."""
    number, given = _own_organisation(), read_form(ORGANISATION_FIELDS, request.form)
    try:
        with current_uow() as uow:
            service.edit_organisation(uow, current_actor(), number, given)
    except InvalidInput as error:
        form = Form(ORGANISATION_FIELDS, given, error.problems)
        found = service.organisation(current_uow(), number)
        return render_template("account/organisation.html", form=form, organisation=found), 422
    flash(_("已保存。"), "success")
    return redirect(url_for("public.organisation", organisation_id=number))
