"""Pages by audience: every route parses, calls one service function and renders."""

from flask import Flask
from werkzeug.routing import IntegerConverter, ValidationError

from matcher.app import Platform
from matcher.web.assets import configure_assets
from matcher.web.context import configure_context
from matcher.web.errors import configure_errors
from matcher.web.guard import configure_guard
from matcher.web.language import configure_language
from matcher.web.logs import configure_logging
from matcher.web.security import configure_security
from matcher.web.sign_in import configure_sign_in
from matcher.web.template_tools import configure_templates

MOST = 2**31 - 1


class StoredNumber(IntegerConverter):
    """Read the number of a stored thing in an address; one that no database holds is no address of ours."""

    def to_python(self, value: str) -> int:
        """Return the number; raises ValidationError for one that is too large."""
        number = int(super().to_python(value))
        if number > MOST:
            raise ValidationError
        return number


def configure_web(app: Flask, platform: Platform) -> None:
    """Build the pages into `app`, step by step; the order is the order in which requests pass through."""
    app.url_map.converters["int"] = StoredNumber
    configure_context(app, platform)
    configure_security(app, platform.settings)
    configure_logging(app, platform.settings)
    configure_sign_in(app)
    configure_language(app, platform.settings)
    configure_guard(app)
    configure_assets(app)
    configure_templates(app)
    configure_errors(app)
    configure_blueprints(app)


def configure_blueprints(app: Flask) -> None:
    """Register the pages of every audience."""
    from matcher.web.account.routes import account
    from matcher.web.admin.routes import admin
    from matcher.web.deals.routes import deals
    from matcher.web.desk.views import desk
    from matcher.web.enterprise.routes import enterprise
    from matcher.web.events import organise, taking_part  # noqa: F401 -- hang their views on the blueprint
    from matcher.web.events.blueprint import events
    from matcher.web.government.routes import government
    from matcher.web.health import health
    from matcher.web.inbox.routes import inbox
    from matcher.web.introductions.routes import introductions
    from matcher.web.learning.routes import learning
    from matcher.web.own.blueprint import own_needs, own_offers
    from matcher.web.portfolio.routes import portfolio
    from matcher.web.public.routes import public
    from matcher.web.topics.routes import topics
    from matcher.web.university.routes import university

    audiences = (public, account, admin, enterprise, university, government, desk, topics, learning)
    for blueprint in (*audiences, own_needs, own_offers, inbox, introductions, deals, events, portfolio, health):
        app.register_blueprint(blueprint)
    _configure_project_blueprints(app)


def _configure_project_blueprints(app: Flask) -> None:
    """Register the pages of 立题 and 破题."""
    from matcher.web.bids import judging, routes, writing  # noqa: F401 -- hang their views on the blueprint
    from matcher.web.bids.blueprint import bids
    from matcher.web.calls.routes import calls
    from matcher.web.delivery import office, team  # noqa: F401 -- hang their views on the blueprint
    from matcher.web.delivery.blueprint import delivery
    from matcher.web.experts import office as panels  # noqa: F401 -- as above
    from matcher.web.experts import register, tasks  # noqa: F401 -- as above
    from matcher.web.experts.blueprint import experts
    from matcher.web.gates.routes import gates_pages
    from matcher.web.projects import editing, lists, notices, pages  # noqa: F401 -- hang their views on the blueprint
    from matcher.web.projects.blueprint import projects
    from matcher.web.scenarios.routes import scenarios

    app.register_blueprint(calls)
    app.register_blueprint(projects)
    app.register_blueprint(experts)
    app.register_blueprint(bids)
    app.register_blueprint(scenarios)
    app.register_blueprint(delivery)
    app.register_blueprint(gates_pages)
