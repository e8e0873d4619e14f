"""The blueprint of 立题, on which several modules hang their views."""

from flask import Blueprint

from matcher.core.people import Role

projects = Blueprint("projects", __name__, url_prefix="/projects")
STAFF = (Role.GOVERNMENT, Role.DESK, Role.ADMIN)
