"""What tests of several rooms share; ``fakes.py`` beside this file is importable by all of them."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path

import pytest
from fakes import FakeImageEncoder, FakeTextEncoder, fake_curves

from cmps.search.ranking import SearchEngine


def pytest_collection_modifyitems(items):
    """Run the tests in a browser last: they are slow, and Playwright keeps its loop running."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture
def store():
    """An empty gallery in memory."""
    from cmps.gallery.memory import MemoryGallery

    return MemoryGallery()


@pytest.fixture
def engine(store):
    """A search over ``store`` whose networks see and read colours."""
    return SearchEngine(
        store=store,
        text=lambda variant: FakeTextEncoder(),
        image=FakeImageEncoder,
        curves=fake_curves(),
    )


@pytest.fixture
def data_pack() -> Path:
    """The unpacked data pack of real pictures; skips where it is absent."""
    default = Path(__file__).resolve().parents[2] / "data"
    folder = Path(os.environ.get("CMPS_TEST_DATA", default))
    if not (folder / "CUHK-PEDES").is_dir():
        pytest.skip(f"no unpacked data pack in {folder}; CMPS_TEST_DATA names its folder")
    return folder


@pytest.fixture
def gallery_folder():
    """A folder for embedded galleries.

    Not pytest's own: each session of root's shuts that to all others, and with it to the user
    that runs the server.
    """
    with tempfile.TemporaryDirectory(prefix="cmps-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server():
    """One embedded PostgreSQL for all tests; it need not survive a loss of power."""
    import psycopg

    from cmps.gallery import embedded

    with tempfile.TemporaryDirectory(prefix="cmps-test-") as folder:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(embedded.OPTIONS, "fsync", "off")
            server = embedded.EmbeddedServer(Path(folder))
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            # in a schema that no test drops
            connection.execute("CREATE EXTENSION vector SCHEMA public")
        yield server
        server.close()


@pytest.fixture
def postgres_url(postgres_server):
    """A connection string whose tables are the test's own."""
    import psycopg
    from psycopg.conninfo import make_conninfo

    schema = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server.conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    yield make_conninfo(postgres_server.conninfo, options=f"-c search_path={schema},public")
    with psycopg.connect(postgres_server.conninfo, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
