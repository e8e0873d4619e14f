"""What a WSGI server loads: `gunicorn wsgi:app`."""

from matcher.app import create_app

app = create_app()
