"""A certificate of one's own: browsers give the microphone on localhost or over https only."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cmps.gallery.records import GalleryError

VALID = timedelta(days=397)
"""Browsers refuse certificates that are valid for longer than this."""
RENEWED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, as files.

    Attributes:
        certificate: PEM.
        key: PEM, readable by its owner only.
    """

    certificate: Path
    key: Path

    def fingerprint(self) -> str:
        """Return its SHA-256 as browsers show it."""
        digest = _read(self.certificate).fingerprint(hashes.SHA256()).hex(":")
        return digest.upper()


def local_certificate(data: Path, *hosts: str) -> Certificate:
    """Return the certificate of a data folder; made anew where it ends soon or lacks a host.

    Args:
        data: The data folder.
        hosts: Names and addresses beside localhost and this machine's name.

    Raises:
        GalleryError: If the folder cannot be written.
    """
    folder = data.expanduser() / "tls"
    found = Certificate(folder / "certificate.pem", folder / "key.pem")
    names = list(dict.fromkeys(["localhost", "127.0.0.1", "::1", socket.gethostname(), *hosts]))
    try:
        if not _still_good(found, names):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(found, names)
    except OSError as error:
        raise GalleryError(
            f"{folder} cannot be written ({error.strerror}); the certificate belongs there"
        ) from error
    return found


def _still_good(found: Certificate, names: list[str]) -> bool:
    try:
        kept = _read(found.certificate)
        held = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    if not found.key.is_file():
        return False
    fresh = kept.not_valid_after_utc > datetime.now(UTC) + RENEWED
    return fresh and all(_name(one) in held for one in names)


def _make(target: Certificate, names: list[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CMPS on this machine")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    target.key.unlink(missing_ok=True)
    with open(os.open(target.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    target.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())
