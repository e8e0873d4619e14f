"""Home, the two lists, details, organisations, help."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.accounts import service as accounts
from matcher.core.permissions import allowed
from matcher.needs import service as needs_service
from matcher.needs.fields import NEED_FIELDS
from matcher.needs.model import NEED_LIFECYCLE
from matcher.needs.queries import NeedFilter, list_needs, needs_of, newest_needs
from matcher.offers import service as offers_service
from matcher.offers.fields import OFFER_FIELDS
from matcher.offers.queries import OfferFilter, list_offers, newest_offers, offers_of
from matcher.projects.setup.public import open_calls
from matcher.web.context import current_actor, current_uow
from matcher.web.guard import public as open_to_all
from matcher.web.lists import read_choices, read_page, read_text, show_facets
from matcher.web.public.facets import NEED_FACETS, OFFER_FACETS
from matcher.web.public.numbers import public_numbers
from matcher.web.public.search import ranked_needs, ranked_offers

public = Blueprint("public", __name__)
NEWEST = 6


@public.get("/")
@open_to_all
def home() -> ResponseReturnValue:
    """Explain the mechanism and show what is new."""
    uow, actor = current_uow(), current_actor()
    return render_template(
        "public/home.html",
        numbers=public_numbers(uow),
        needs=newest_needs(uow, actor, NEWEST),
        offers=newest_offers(uow, actor, NEWEST),
        open_calls=open_calls(uow),
        now=uow.clock(),
        states=NEED_LIFECYCLE.labels,
    )


@public.get("/needs")
@open_to_all
def needs() -> ResponseReturnValue:
    """List the needs that the reader may see."""
    uow, actor = current_uow(), current_actor()
    choices, text = read_choices(NEED_FACETS), read_text()
    ids = ranked_needs(uow, actor, text) if text else None
    listing = list_needs(uow, actor, NeedFilter(text=text, ids=ids, **choices), read_page())
    shown = show_facets(NEED_FACETS, listing, choices)
    return render_template(
        "public/needs.html", listing=listing, shown=shown, text=text, by_fit=bool(ids), states=NEED_LIFECYCLE.labels
    )


@public.get("/offers")
@open_to_all
def offers() -> ResponseReturnValue:
    """List the public results."""
    uow, actor = current_uow(), current_actor()
    choices, text = read_choices(OFFER_FACETS), read_text()
    ids = ranked_offers(uow, actor, text) if text else None
    listing = list_offers(uow, actor, OfferFilter(text=text, ids=ids, **choices), read_page())
    shown = show_facets(OFFER_FACETS, listing, choices)
    return render_template("public/offers.html", listing=listing, shown=shown, text=text, by_fit=bool(ids))


@public.get("/needs/<int:need_id>")
@open_to_all
def need(need_id: int) -> ResponseReturnValue:
    """Show one need, as much of it as the reader may see."""
    with current_uow() as uow:  # a look at a confidential need is written down
        seen = needs_service.get(uow, current_actor(), need_id)
    fields = {one.name: one for one in NEED_FIELDS}
    return render_template(
        "public/need.html", seen=seen, need=seen.need, answers=seen.answers, fields=fields, states=NEED_LIFECYCLE.labels
    )


@public.get("/offers/<int:offer_id>")
@open_to_all
def offer(offer_id: int) -> ResponseReturnValue:
    """Show one result."""
    uow, actor = current_uow(), current_actor()
    found = offers_service.get(uow, actor, offer_id)
    answers = offers_service.public_answers(uow, actor, found)
    fields = {one.name: one for one in OFFER_FIELDS}
    return render_template("public/offer.html", offer=found, answers=answers, fields=fields)


@public.get("/organisations/<int:organisation_id>")
@open_to_all
def organisation(organisation_id: int) -> ResponseReturnValue:
    """Show an organisation with what it publishes; contacts only to those who may see them."""
    uow, actor = current_uow(), current_actor()
    found = accounts.organisation(uow, organisation_id)
    return render_template(
        "public/organisation.html",
        organisation=found,
        needs=needs_of(uow, actor, found.id),
        offers=offers_of(uow, actor, found.id),
        states=NEED_LIFECYCLE.labels,
        with_contact=allowed(actor, "organisation.contact", owner=found.id),
    )


@public.get("/about")
@open_to_all
def about() -> ResponseReturnValue:
    """Explain how the platform works and what is public."""
    return render_template("public/about.html")
