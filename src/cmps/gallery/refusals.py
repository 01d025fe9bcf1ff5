"""What every gallery refuses, in the same words."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cmps.gallery.records import Filter, GalleryError, Network, Sighting, UnknownError


def require_cameras(where: Filter, known: Collection[str]) -> None:
    """Raise if a filter names a camera that the gallery does not know.

    Raises:
        GalleryError: Naming it and the known ones.
    """
    for camera in sorted(where.cameras or ()):
        if camera not in known:
            listed = ", ".join(sorted(known)) or "none; index pictures first"
            raise GalleryError(f"camera {camera} is unknown; the gallery's cameras are: {listed}")


def unknown_sighting(id: str) -> GalleryError:
    """Return the error for an id that is not in the gallery."""
    return UnknownError(f"sighting {id} is not in the gallery; cmps search shows ids")


def tracklet_cameras(sightings: Iterable[Sighting]) -> dict[str, str]:
    """Return the camera of each tracklet that sightings belong to.

    Raises:
        GalleryError: If one tracklet has two cameras.
    """
    cameras: dict[str, str] = {}
    for sighting in sightings:
        if sighting.tracklet is not None:
            camera = cameras.setdefault(sighting.tracklet, sighting.camera)
            if camera != sighting.camera:
                raise other_camera(sighting.tracklet, camera, sighting.camera)
    return cameras


def other_camera(tracklet: str, camera: str, asked: str) -> GalleryError:
    """Return the error for a tracklet that would span two cameras."""
    return GalleryError(
        f"tracklet {tracklet} belongs to camera {camera}, not {asked}; "
        "give each camera's tracklets names of their own"
    )


def other_network(stored: Network | None, own: Network | None) -> GalleryError:
    """Return the error for a gallery that another image network filled."""
    return GalleryError(
        f"image network {stored or '(none named)'} filled the gallery, and this program has "
        f"{own or '(none named)'}: encode its stored crops again with: cmps reindex, or index into "
        "an empty folder with: cmps index PATH --data DIR"
    )


def half_encoded(left: int, own: Network | None) -> GalleryError:
    """Return the error for a gallery whose encoding with this program's network is not over."""
    return GalleryError(
        f"{left:,} sightings wait to be encoded again with image network {own}; "
        "if nobody is at it, go on with: cmps reindex"
    )


def disk_full(said: str) -> str:
    """Return the message for a full disk."""
    return (
        f"the gallery's disk is full ({said.splitlines()[0].strip()}); make room and run the "
        "command again; what was indexed before stays searchable"
    )
