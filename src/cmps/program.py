"""One CMPS program: settings, and everything that they open, each thing once and when needed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cmps.settings import Settings, Variant

if TYPE_CHECKING:
    from cmps.encoders.image import ImageEncoder
    from cmps.encoders.text import TextEncoder
    from cmps.gallery.store import GalleryStore
    from cmps.search.calibration import Curve
    from cmps.search.desk import Desk
    from cmps.search.ranking import SearchEngine
    from cmps.speech.recogniser import Recogniser, Transcript


if TYPE_CHECKING:
    once = cached_property
else:

    class once(cached_property):  # noqa: N801 - it is used like the property that it is
        """A cached property that is worked out once, whichever thread comes first."""

        def __get__(self, program, owner=None):  # noqa: ANN001, ANN204
            """Return what was opened, or open it while others wait."""
            if program is None:
                return self
            with program.opening:
                return super().__get__(program, owner)


class Program:
    """Opens gallery, networks and recogniser on first use; the command line and servers share it.

    Args:
        settings: Every option.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.opening = threading.RLock()
        self._texts: dict[Variant, TextEncoder] = {}

    @once
    def store(self) -> GalleryStore:
        """The gallery, told which image network this program encodes with."""
        from cmps.encoders.weights import image_network
        from cmps.gallery.postgres import open_gallery

        network = image_network()
        store = open_gallery(self.settings.data, self.settings.database_url)
        store.use(network)
        return store

    def require_gallery(self) -> None:
        """Make sure that the data folder holds a gallery: looking into one must not make one.

        Raises:
            GalleryError: If nothing was ever indexed there.
        """
        from cmps.gallery.records import GalleryError

        data = self.settings.data
        if not self.settings.database_url and not (data.expanduser() / "postgres").exists():
            raise GalleryError(f"there is no gallery in {data}; make one with: cmps index PATH")

    @once
    def image(self) -> ImageEncoder:
        """The image network."""
        from cmps.encoders.image import OnnxImageEncoder

        return OnnxImageEncoder.open(self.settings.threads)

    def text(self, variant: Variant) -> TextEncoder:
        """Return a text network."""
        from cmps.encoders.text import open_text_encoder

        with self.opening:
            if variant not in self._texts:
                self._texts[variant] = open_text_encoder(variant, self.settings.threads)
            return self._texts[variant]

    @once
    def recogniser(self) -> Recogniser:
        """The speech recogniser."""
        from cmps.speech.recogniser import open_recogniser

        return open_recogniser(self.settings.recogniser, self.settings.threads)

    def hear(self, recording: Path) -> Transcript:
        """Return the words of a recording.

        Raises:
            SpeechError: If it cannot be decoded, is too long, or no speech was heard in it.
        """
        from cmps.speech.listening import listen

        return listen(recording, self.recogniser, minutes=self.settings.recording_minutes)

    @once
    def curves(self) -> Mapping[str, Curve]:
        """The calibration of each probe kind."""
        from cmps.search.calibration import shipped_curves

        return shipped_curves()

    @once
    def engine(self) -> SearchEngine:
        """The search over the gallery."""
        from cmps.search.ranking import SearchEngine

        return SearchEngine(
            store=self.store,
            text=self.text,
            image=lambda: self.image,
            curves=self.curves,
            depth=self.settings.rerank,
        )

    @once
    def desk(self) -> Desk:
        """Cases and sessions on the gallery."""
        from cmps.search.desk import Desk
        from cmps.search.refining import Refiner

        refiner = Refiner(self.store, self.text, self.curves, self.settings.rerank)
        return Desk(self.store, refiner, lambda: self.image)

    def close(self) -> None:
        """Let go of the gallery if it was opened."""
        if "store" in self.__dict__:
            self.store.close()


@contextmanager
def running(settings: Settings) -> Iterator[Program]:
    """Open a program and close it whatever happens."""
    program = Program(settings)
    try:
        yield program
    finally:
        program.close()
