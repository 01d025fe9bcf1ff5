"""Which system user runs the embedded PostgreSQL: it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmps.gallery.records import GalleryError

NAME = "cmps"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """A user and group by number, and nothing of root's."""

    uid: int
    gid: int

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of ``subprocess.run`` that make a program this user's."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_user(folder: Path) -> ServerUser | None:
    """Return the user to run the server as; ``None`` for the present one.

    As root that is the owner of the server's folder or of the data folder around it; where both
    are root's, a system user ``cmps`` that comes into being.

    Args:
        folder: The server's folder, which need not exist, in a data folder that does.

    Raises:
        GalleryError: If that user cannot be made.
    """
    if os.geteuid() != 0:
        return None
    for place in (folder, folder.parent):
        if place.exists() and (owner := place.stat()).st_uid != 0:
            return ServerUser(owner.st_uid, owner.st_gid)
    if (known := _find()) is not None:
        return known
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False).stderr.strip()
    except OSError as error:
        said = str(error)
    # Asked for whatever useradd said: another process may have made the user at that moment.
    if (made := _find()) is not None:
        return made
    raise GalleryError(
        f"PostgreSQL refuses to run as root and the user {NAME} cannot be made ({said}); "
        "run as an ordinary user or set CMPS_DATABASE_URL"
    )


def _find() -> ServerUser | None:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return ServerUser(entry.pw_uid, entry.pw_gid)


def let_in(user: ServerUser, folder: Path, binaries: Path) -> None:
    """Let the server's user pass through the folders above its own and run its binaries.

    Only passing is granted (``o+x``), not listing, and only where it is missing.
    """
    for place in (*folder.parents, *binaries.parents):
        mode = place.stat().st_mode
        if not mode & stat.S_IXOTH and place.stat().st_uid != user.uid:
            place.chmod(mode | stat.S_IXOTH)
    if not (binaries / "postgres").stat().st_mode & stat.S_IXOTH:
        for place in (binaries.parent, *binaries.parent.rglob("*")):
            if not place.is_symlink():
                mode = place.stat().st_mode
                passing = stat.S_IXOTH if mode & stat.S_IXUSR else 0
                place.chmod(mode | stat.S_IROTH | passing)
