from __future__ import annotations

import io
import json

from rich.console import Console

from cmps.evaluation.metrics import Metrics
from cmps.evaluation.report import Report, hardware, progress_bar

METRICS = Metrics({1: 30.806, 5: 50.0, 10: 69.004}, 32.504, 11.118, 2062, 3)
FIGURES = {"rank1": 30.81, "rank5": 50.0, "rank10": 69.0, "mAP": 32.5, "mINP": 11.12}


def report(names):
    return Report(
        "cuhk-pedes",
        "val",
        "text",
        1030,
        dict.fromkeys(names, METRICS),
        dict.fromkeys(names, 4.5678),
        {"processor": "A processor", "cores": 2, "system": "Linux x86_64"},
        {"milliseconds_per_picture": 5.0},
    )


def test_json_object():
    found = report(["fast", "accurate"]).as_dict()
    assert json.loads(json.dumps(found)) == {
        "dataset": "cuhk-pedes",
        "split": "val",
        "probe": "text",
        "gallery": 1030,
        "queries": 2062,
        "queries_left_out": 3,
        "results": {"fast": FIGURES, "accurate": FIGURES},
        "milliseconds_per_query": {"fast": 4.57, "accurate": 4.57},
        "hardware": {"processor": "A processor", "cores": 2, "system": "Linux x86_64"},
        "milliseconds_per_picture": 5.0,
    }


def printed(names):
    output = io.StringIO()
    Console(file=output, width=120).print(report(names).table())
    return output.getvalue()


def test_table_shows_every_setting_once():
    text = printed(["fast", "accurate"])
    assert "2,062 queries" in text
    assert "gallery of 1,030 pictures" in text
    assert text.count("30.81") == 2
    # "image" is fpr under another name
    assert printed(["global", "fpr", "image"]).count("30.81") == 2


def test_hardware_is_named():
    found = hardware()
    assert found["processor"]
    assert found["cores"] >= 1


def test_progress_bars_show_each_stage():
    output = io.StringIO()
    console = Console(file=output, width=100, force_terminal=True)
    with progress_bar(console) as progress:
        progress("encoding", 0, 10)
        progress("encoding", 10, 10)
        progress("searching", 1, 2)
    assert "encoding" in output.getvalue()
    assert "10/10" in output.getvalue()
