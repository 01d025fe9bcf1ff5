"""Running the server: the socket, the first link, and what is said of both."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

import uvicorn
from fastapi import FastAPI

from cmps.gallery.records import GalleryError
from cmps.program import Program
from cmps.server.app import create_app
from cmps.server.security.certificates import Certificate, local_certificate
from cmps.server.security.secrets import key_of, new_secret
from cmps.server.state import Gate

LOOPBACK = ("127.0.0.1", "::1", "localhost")
EVERYWHERE = ("0.0.0.0", "::")
LAST_SECONDS = 5
"""How long requests that are under way may take when the server ends."""


@dataclass(frozen=True, slots=True)
class Listening:
    """How to listen.

    Attributes:
        host: Address.
        port: 0 for any free one.
        tls: Whether to speak https with a certificate of one's own.
        proxy: Address of a proxy that speaks https in front, and says who really asks.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    tls: bool = False
    proxy: str = ""

    @property
    def wide(self) -> bool:
        """Whether other machines can ask."""
        return self.host not in LOOPBACK

    @property
    def secret(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.tls or bool(self.proxy) or not self.wide


def run(program: Program, how: Listening) -> None:
    """Serve until Ctrl-C.

    Args:
        program: What is served.
        how: How to listen.

    Raises:
        GalleryError: If the address is taken or not this machine's.
    """
    hosts = own_addresses() if how.host in EVERYWHERE else [how.host]
    certificate = local_certificate(program.settings.data, *hosts) if how.tls else None
    listening = bind(how.host, how.port)
    gate = Gate(tls=how.tls or bool(how.proxy))
    link = first_link(program, gate)
    announce(how, listening.getsockname()[1], certificate, link)
    serve_to_the_end(Server(server_config(create_app(program, gate), how, certificate)), listening)


class Server(uvicorn.Server):
    """uvicorn's, which a second Ctrl-C ends at once, and as quietly and orderly as the first.

    By itself it would leave out the application's own end, tear its task down and print that as a
    traceback, as it does with every request that is under way.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        super().handle_exit(sig, frame)
        if self.force_exit:
            # what it says from here on is that requests were cut off, which was asked for
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End requests, or cut them off, and then the application."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()


def serve_to_the_end(server: uvicorn.Server, listening: socket.socket) -> None:
    """Serve until Ctrl-C; then Ctrl-C is over, for what is left to do should not be torn.

    Args:
        server: What serves.
        listening: Its socket, which is closed.
    """
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    finally:
        listening.close()
        if threading.current_thread() is threading.main_thread():
            # the gallery is closed next, and its database stopped
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def server_config(
    app: FastAPI, how: Listening, certificate: Certificate | None = None
) -> uvicorn.Config:
    """Return how uvicorn serves an application."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=2**20,
        timeout_graceful_shutdown=LAST_SECONDS,
        # who asks is whoever is connected, unless a proxy is named
        proxy_headers=bool(how.proxy),
        forwarded_allow_ips=how.proxy or None,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


def announce(how: Listening, port: int, certificate: Certificate | None, link: str) -> None:
    """Say where the page is, how to make the first account, and what is not safe."""
    address = url(how.host, port, how.tls)
    print(f"CMPS is at {address}")
    if certificate is not None:
        print("Browsers do not know its certificate. Compare what they show with this SHA-256:")
        print(certificate.fingerprint())
    if link:
        print(f"Nobody has an account yet. Make the first one at {address}#setup={link}")
        print("The link works once, and until the server stops.")
    sys.stdout.flush()
    if not how.secret:
        print(
            f"cmps: other machines can reach {how.host}, and without --tls everybody on the way "
            "can read passwords and pictures; browsers there give no microphone",
            file=sys.stderr,
            flush=True,
        )


def first_link(program: Program, gate: Gate) -> str:
    """Make the secret that lets the first admin in; empty where there are accounts."""
    if program.store.accounts.listing():
        return ""
    secret = new_secret()
    gate.first_link = key_of(secret)
    return secret


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        GalleryError: If the address is taken or not this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise GalleryError(
            f"cannot listen on {host} port {port} ({why}); choose another with --host or --port"
        ) from error
    return made


def own_addresses() -> list[str]:
    """Return the addresses at which other machines find this one, in a steady order."""
    import psutil

    families = (socket.AF_INET, socket.AF_INET6)
    found = {
        one.address
        for group in psutil.net_if_addrs().values()
        for one in group
        # an address with a zone, fe80::1%eth0, means something on this machine only
        if one.family in families and "%" not in one.address
    }
    return sorted(found)


def url(host: str, port: int, tls: bool) -> str:
    """Return where a browser finds the server.

    Example:
        >>> url("0.0.0.0", 8765, True)
        'https://localhost:8765/'
    """
    name = "localhost" if host in LOOPBACK or host in EVERYWHERE else host
    name = f"[{name}]" if ":" in name else name
    return f"{'https' if tls else 'http'}://{name}:{port}/"
