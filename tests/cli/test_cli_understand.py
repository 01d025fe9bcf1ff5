from __future__ import annotations

import json


def test_a_description_is_shown_as_chips(cmps):
    answer = cmps("understand", "a woman in a read jacket who limps")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "who:woman  (woman)",
        "upper:jacket red  (jacket: red)",
        "also said: limps",
    ]
    assert 'heard "read", read as "red"' in answer.err


def test_a_change_of_what_was_said_before(cmps):
    answer = cmps("understand", "no, blue", "--now", "a red hat", "--json")
    plain = json.loads(answer.out)
    assert [one["edit"] for one in plain["edits"]] == ["replace"]
    assert plain["description"]["chips"][0]["colours"] == ["blue"]


def test_a_language_that_there_is_not(cmps):
    answer = cmps("understand", "a hat", "--language", "xx")
    assert answer.code == 2
    assert "there are: en" in answer.err
