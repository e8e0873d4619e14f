"""Files that come with a form: each is checked by itself, so that what was typed beside them comes back with the message."""

from contextlib import closing

from flask import Flask, request

from matcher.core.unit_of_work import UnitOfWork
from matcher.projects import files
from matcher.settings import Settings
from matcher.web.context import current_actor, file_store, platform

MEGABYTE = 1024 * 1024
#: Forms that take files beside texts; they may send so many files of the largest size at a time.
FORMS = frozenset({"delivery.report_milestone", "delivery.hand_in_report", "delivery.apply", "gates.hand_in"})
FILES_AT_ONCE = 5


def make_room(app: Flask, settings: Settings) -> None:
    """Let the forms that take several files be read whole, before anything else reads them."""

    def before() -> None:
        if request.endpoint in FORMS:
            request.max_content_length = (settings.max_upload_mb * FILES_AT_ONCE + 1) * MEGABYTE

    app.before_request(before)


def attach_files(uow: UnitOfWork, entity: str, entity_id: int, field: str = "files") -> None:
    """Keep the files of the form with a thing; raises InvalidInput naming the file that is too large or of no known kind."""
    limit = platform().settings.max_upload_mb
    for one in request.files.getlist(field):
        with closing(one):
            content = one.read(limit * MEGABYTE + 1)
        if one.filename:
            files.attach(uow, current_actor(), file_store(), entity, entity_id, one.filename, content, limit_mb=limit)
