"""Running the server: the socket, the first link, and what is said of both."""

from __future__ import annotations

import socket

import uvicorn

from cmps.gallery.records import GalleryError
from cmps.program import Program
from cmps.server.app import create_app
from cmps.server.security.secrets import key_of, new_secret
from cmps.server.state import Gate

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run(program: Program, host: str, port: int) -> None:
    """Serve until Ctrl-C.

    Args:
        program: What is served.
        host: Address to listen on.
        port: 0 for any free one.

    Raises:
        GalleryError: If the address is taken or not this machine's.
    """
    gate = Gate()
    listening = bind(host, port)
    address = url(host, listening.getsockname()[1], gate.tls)
    print(f"CMPS is at {address}", flush=True)
    if link := first_link(program, gate):
        print(f"Nobody has an account yet. Make the first one at {address}#setup={link}")
        print("The link works once, and until the server stops.", flush=True)
    app = create_app(program, gate)
    config = uvicorn.Config(app, log_level="warning", server_header=False, ws="websockets-sansio")
    uvicorn.Server(config).run(sockets=[listening])


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
    except OSError as error:
        raise GalleryError(
            f"cannot listen on {host} port {port} ({error.strerror}); choose another with --port"
        ) from error
    return made


def url(host: str, port: int, tls: bool) -> str:
    """Return where a browser finds the server."""
    name = "localhost" if host in LOOPBACK or host in ("0.0.0.0", "::") else host
    name = f"[{name}]" if ":" in name else name
    return f"{'https' if tls else 'http'}://{name}:{port}/"
