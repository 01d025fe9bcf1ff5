"""Headers that tell a browser to keep to this server and to nothing else."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
CONTENT_HEADER = "Content-Security-Policy"
# Swagger's page writes styles into its elements; its scripts are files like all others.
REFERENCE_CONTENT = CONTENT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
HEADERS = {
    CONTENT_HEADER: CONTENT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=(), microphone=(self)",
}
STRICT_TRANSPORT = "max-age=31536000"


class Headers:
    """Adds the headers to every answer; what a route set itself stays.

    Args:
        app: The application behind.
        tls: Whether browsers must come back by https only.
    """

    def __init__(self, app: ASGIApp, tls: bool = False) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if tls:
            self._headers["Strict-Transport-Security"] = STRICT_TRANSPORT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    found.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    # what the API says is about people: no cache on the way may keep it
                    found.setdefault("Cache-Control", "no-store")
                else:
                    # a browser asks whether its copy is still right: modules of two versions
                    # must never meet in one page
                    found.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, answer)
