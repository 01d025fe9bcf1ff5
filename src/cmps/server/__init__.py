"""The server: an API under ``/api/v1``, and the page."""
