"""Files that people handed in, given back: always to be saved, never shown as a page."""

from flask import Response, send_file

from matcher.core.errors import NotFound
from matcher.projects.files import NO_FILE
from matcher.projects.files_model import ProjectFile
from matcher.web.context import file_store


def send_stored(file: ProjectFile) -> Response:
    """Return a stored file as a download; raises NotFound where its bytes are gone."""
    path = file_store().path(file.content_hash)
    if not path.is_file():
        raise NotFound(NO_FILE)
    answer = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=file.name)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
