"""The galleries that the contract is tested on."""

from __future__ import annotations

import pytest
from people import unit

from cmps.gallery.memory import MemoryGallery
from cmps.gallery.postgres import open_gallery
from cmps.gallery.segments import Limits


@pytest.fixture(params=["memory", "postgres", "postgres without vectors in memory"])
def gallery(request, tmp_path):
    """An empty gallery of each kind."""
    if request.param == "memory":
        yield MemoryGallery()
        return
    limits = Limits() if request.param == "postgres" else Limits(resident=0)
    opened = open_gallery(tmp_path, request.getfixturevalue("postgres_url"), limits)
    # its first search is the database's, those that follow run in memory
    opened.search(unit(0), 1)
    yield opened
    opened.close()
