from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmps.datasets.csv_list import OPTIONAL, REQUIRED, read_csv
from cmps.datasets.picture import DatasetError, Picture

HEADER = "path,camera,time\n"
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def listing(tmp_path):
    """A function that writes a CSV and returns its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "list.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_every_column_in_any_order(listing):
    path = listing(
        "caption,w,h,x,y,time,camera,path,person,tracklet\n"
        '"A man, ""tall""",30,60,5,0,2026-05-01T14:30:00+02:00,gate,in/1.jpg,p1,t1\n'
        ",,,,,,gate,in/2.jpg,,\n"
    )
    assert list(read_csv(path)) == [
        Picture(
            path=path.parent / "in/1.jpg",
            camera="gate",
            time=datetime(2026, 5, 1, 12, 30, tzinfo=UTC),
            person="p1",
            tracklet="t1",
            box=(5, 0, 30, 60),
            captions=('A man, "tall"',),
        ),
        Picture(path=path.parent / "in/2.jpg", camera="gate"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "path;camera;time\n1.jpg;gate, north;\n",
        b'\xef\xbb\xbfpath,camera,time\r\n1.jpg,"gate, north",\r\n',
        '\n Path , CAMERA, time\n\n1.jpg,"gate, north",\n  \n',
        'path,camera,time\r1.jpg,"gate, north",\r',
    ],
)
def test_separators_marks_and_line_ends(listing, content):
    (picture,) = read_csv(listing(content))
    assert (picture.path.name, picture.camera) == ("1.jpg", "gate, north")


def test_absolute_paths_stay(listing):
    (picture,) = read_csv(listing(HEADER + "/footage/1.jpg,gate,\n"))
    assert picture.path == Path("/footage/1.jpg")


def test_naive_times_need_a_zone(listing):
    path = listing(HEADER + "1.jpg,gate,2026-05-01T14:30:00\n")
    with pytest.raises(DatasetError, match=r"line 2: .*has no zone; add Z for UTC"):
        list(read_csv(path))
    (picture,) = read_csv(path, zone=ZoneInfo("Europe/Berlin"))
    assert picture.time.astimezone(UTC) == datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "is empty"),
        ("\n\n", "lacks path, camera, time"),
        ("path,camera\n", "the header lacks time"),
        ("path,camera,time,colour,Size\n", "unknown columns 'colour', 'size'"),
        ("path,camera,time,camera\n", "a column twice"),
        ("path,camera,time,x,y\n", "needs all of x, y, w, h"),
        ('path,"camera"x,time\n', "line 1: not readable as CSV"),
    ],
)
def test_headers_that_are_no_good_end_the_reading(listing, header, message):
    errors = []
    with pytest.raises(DatasetError, match=message):
        list(read_csv(listing(header), on_error=errors.append))
    assert errors == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2.jpg,gate", "2 cells where the header has 7"),
        (",gate,,,,,", "the path is empty"),
        ("2.jpg,,,,,,", "the camera is empty"),
        ("2.jpg,gate,noon,,,,", "'noon' is not ISO 8601"),
        ("2.jpg,gate,0001-01-01T00:00:00+10:00,,,,", "outside the calendar"),
        ("2.jpg,gate,,1,2,3,", "h '' is not a whole number"),
        ("2.jpg,gate,,1,2,3,4.5", "h '4.5' is not a whole number"),
        ("2.jpg,gate,,1,2,0,4", "box 1,2,0,4 is empty"),
        ("2.jpg,gate,,-1,2,3,4", "starts outside"),
        ("2.jpg,gate,,1,2,3,99999999", "outside any picture"),
        ("2\0.jpg,gate,,,,,", "NUL"),
        ('"2.jpg"x,gate,,,,,', "not readable as CSV"),
        ('"2.jpg,gate,,,,,', "not readable as CSV"),
    ],
)
def test_a_broken_line_is_named_and_the_others_go_on(listing, line, message):
    path = listing(
        f"path,camera,time,x,y,w,h\n1.jpg,gate,,,,,\n{line}\n3.jpg,gate,,,,,\n4.jpg,gate,,,,,\n"
    )
    with pytest.raises(DatasetError) as raised:
        list(read_csv(path))
    assert str(raised.value).startswith(f"{path} line 3: ")
    assert message in str(raised.value)
    errors = []
    found = [picture.path.name for picture in read_csv(path, on_error=errors.append)]
    assert found == ["1.jpg", "3.jpg", "4.jpg"]
    assert [str(error) for error in errors] == [str(raised.value)]


def test_lines_count_across_quoted_line_breaks(listing):
    path = listing(
        'path,camera,time,caption\n1.jpg,gate,,"two\nlines"\n\n2.jpg,gate,noon,\n3.jpg,gate,,"x\n'
    )
    errors = []
    (picture,) = read_csv(path, on_error=errors.append)
    assert picture.captions == ("two\nlines",)
    assert ["line 5:" in str(errors[0]), "line 6:" in str(errors[1])] == [True, True]


def test_what_came_before_a_broken_line_is_kept(listing):
    pictures = read_csv(listing(HEADER + "1.jpg,gate,\nbroken\n"))
    assert next(pictures).path.name == "1.jpg"
    with pytest.raises(DatasetError, match="line 3"):
        next(pictures)


def test_files_that_cannot_be_read_are_named(tmp_path, listing):
    with pytest.raises(DatasetError, match="cannot be read"):
        list(read_csv(tmp_path / "none.csv"))
    with pytest.raises(DatasetError, match="line 2: not UTF-8"):
        list(read_csv(listing(HEADER.encode() + b"caf\xe9.jpg,gate,\n")))


CELLS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n,;"'), max_size=12
).map(str.strip)
NAMES = CELLS.filter(lambda text: text and "\0" not in text)
TIMES = st.none() | st.datetimes(
    datetime(1970, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.timedeltas(timedelta(hours=-12), timedelta(hours=14)).map(
        lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
    ),
)
BOXES = st.none() | st.tuples(*[st.integers(0, 5000)] * 2, *[st.integers(1, 5000)] * 2)
ROWS = st.fixed_dictionaries(
    {
        "path": NAMES,
        "camera": NAMES,
        "time": TIMES,
        "box": BOXES,
        "tracklet": CELLS,
        "person": CELLS,
        "caption": CELLS,
    }
)


def cells_of(row) -> dict[str, str]:
    cells = {name: row[name] for name in ("path", "camera", "tracklet", "person", "caption")}
    cells["time"] = "" if row["time"] is None else row["time"].isoformat()
    cells |= dict.fromkeys("xywh", "")
    if row["box"] is not None:
        cells |= dict(zip("xywh", map(str, row["box"]), strict=True))
    return cells


@MANY
@given(
    st.lists(ROWS, max_size=6),
    st.permutations([*REQUIRED, *OPTIONAL]),
    st.sampled_from([",", ";"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_generated_lists_round_trip(tmp_path, rows, columns, delimiter, encoding, end):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(map(cells_of, rows))
    path = tmp_path / "list.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    assert list(read_csv(path)) == [
        Picture(
            path=tmp_path / row["path"],
            camera=row["camera"],
            time=row["time"],
            person=row["person"] or None,
            tracklet=row["tracklet"] or None,
            box=row["box"],
            captions=(row["caption"],) if row["caption"] else (),
        )
        for row in rows
    ]


@MANY
@given(st.text() | st.text('",;\n\r\0pathcmer12-Z', max_size=80), st.booleans())
def test_any_text_raises_nothing_but_dataset_errors(tmp_path, text, headed):
    path = tmp_path / "list.csv"
    content = HEADER + text if headed else text
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    errors = []
    try:
        for picture in read_csv(path, on_error=errors.append):
            assert picture.camera
    except DatasetError as error:
        errors.append(error)
    assert all(str(error).startswith(str(path)) for error in errors)


@MANY
@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing_but_dataset_errors(tmp_path, content):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError):
        list(read_csv(path))
