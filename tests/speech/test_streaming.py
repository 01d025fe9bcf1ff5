from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from cmps.speech.streaming import (
    FRAME,
    FRAME_SECONDS,
    Event,
    Final,
    Job,
    Partial,
    Rules,
    Spoke,
    Utterances,
)
from cmps.speech.words import Words

SPEECH, SILENCE = 0.9, 0.05


@dataclass
class Play:
    """One speaker, one recogniser that takes its time, and a clock that only this moves.

    A frame's samples are its number, so that a job's sound tells which frames it holds; what is
    "heard" is how many of them were speech.
    """

    hands_free: bool = False
    takes: float = 0.2
    rules: Rules = field(default_factory=Rules)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.one = Utterances(self.hands_free, self.rules)
        self.spoken: list[float] = []
        self.log: list[tuple[float, Event]] = []
        self.jobs: list[Job] = []
        self.busy: tuple[float, Job] | None = None

    def note(self, events: list[Event]) -> None:
        self.log += [(self.now, one) for one in events]

    def words(self, job: Job) -> Words:
        numbers = job.audio[::FRAME].astype(int)
        count = sum(self.spoken[number] >= 0.5 for number in numbers)
        return Words(str(count), (f"about {count}",))

    def recognise(self) -> None:
        if self.busy and self.busy[0] <= self.now:
            job, self.busy = self.busy[1], None
            self.note(self.one.heard(job, self.words(job), self.now))
        if not self.busy and (due := self.one.due(self.now)):
            job = self.one.begin(due, self.now)
            self.jobs.append(job)
            self.busy = self.now + self.takes, job

    def hear(self, seconds: float, chance: float) -> Play:
        for _ in range(round(seconds / FRAME_SECONDS)):
            self.now += FRAME_SECONDS
            frame = np.full(FRAME, len(self.spoken), np.float32)
            self.spoken.append(chance)
            self.note(self.one.take(frame, chance, self.now))
            self.recognise()
        return self

    def end(self) -> Play:
        self.note(self.one.end(self.now))
        return self

    def wait(self, seconds: float = 5.0) -> Play:
        """Let the recogniser work while no sound comes."""
        for _ in range(round(seconds / 0.01)):
            self.now += 0.01
            self.recognise()
        return self

    def of(self, kind: type) -> list[tuple[float, Event]]:
        return [(at, one) for at, one in self.log if isinstance(one, kind)]

    @property
    def finals(self) -> list[Final]:
        return [one for _, one in self.of(Final)]


def test_words_come_while_somebody_speaks() -> None:
    play = Play().hear(0.5, SILENCE).hear(5, SPEECH)
    times = [at for at, _ in play.of(Partial)]
    assert times[0] < 1.3
    assert max(np.diff(times)) <= 0.7
    counts = [int(one.text) for _, one in play.of(Partial)]
    assert counts == sorted(counts)
    assert play.finals == []


def test_a_key_that_is_let_go_gives_all_words() -> None:
    play = Play().hear(0.5, SILENCE).hear(3, SPEECH).end().wait()
    (final,) = play.finals
    assert final.asked
    assert int(final.text) == round(3 / FRAME_SECONDS)
    assert final.wait <= 0.45
    assert final.seconds == pytest.approx(3.3, abs=0.1)
    assert play.of(Spoke)[-1][1] == Spoke(False)


def test_words_are_there_at_once_where_the_speaker_stopped_before_the_key() -> None:
    play = Play().hear(2, SPEECH).hear(0.5, SILENCE).end()
    assert play.finals[0].wait == 0
    assert play.finals[0].text == str(round(2 / FRAME_SECONDS))


@pytest.mark.parametrize("takes", [0.1, 0.3])
def test_silence_ends_an_utterance_hands_free(takes: float) -> None:
    play = Play(hands_free=True, takes=takes).hear(3, SPEECH).hear(2, SILENCE)
    (final,) = play.finals
    assert not final.asked
    assert final.text == str(round(3 / FRAME_SECONDS))
    # the words are known when the pause is over: they were recognised during it
    assert final.wait <= 0.5
    assert play.of(Final)[0][0] - 3 <= 0.5


def test_a_held_key_outlasts_silence_and_its_middle_is_left_out() -> None:
    play = Play().hear(2, SPEECH).hear(6, SILENCE).hear(2, SPEECH).end().wait()
    (final,) = play.finals
    assert final.text == str(2 * round(2 / FRAME_SECONDS))
    assert final.seconds == pytest.approx(10, abs=0.1)
    assert len(play.jobs[-1].audio) / 16000 < 5.5


def test_two_sentences_are_two_finals_hands_free() -> None:
    play = Play(hands_free=True)
    for _ in range(2):
        play.hear(2, SPEECH).hear(1, SILENCE)
    assert [one.text for one in play.finals] == [str(round(2 / FRAME_SECONDS))] * 2


def test_partials_are_never_queued_where_recognition_is_slow() -> None:
    play = Play(takes=2.0).hear(10, SPEECH)
    newest = [round(at - 2 - FRAME_SECONDS, 1) for at, _ in play.of(Partial)]
    assert len(newest) == 4
    for (_, one), began in zip(play.of(Partial), newest, strict=True):
        # each holds what was said when its recognition began, not when it was due
        assert int(one.text) * FRAME_SECONDS == pytest.approx(began, abs=0.15)


def test_a_final_waits_for_a_recognition_that_holds_all_words_and_takes_it() -> None:
    play = Play(takes=1.0).hear(2.4, SPEECH).hear(0.2, SILENCE)
    running = len(play.jobs)
    play.end().wait()
    assert play.finals[0].text == str(round(2.4 / FRAME_SECONDS))
    assert len(play.jobs) <= running + 1


def test_what_else_was_said_comes_with_the_final() -> None:
    (final,) = Play().hear(2, SPEECH).hear(0.3, SILENCE).end().wait().finals
    assert final.readings == (f"about {final.text}",)


def test_noise_and_clicks_are_no_utterance() -> None:
    play = Play(hands_free=True).hear(2, 0.4)
    for _ in range(10):
        play.hear(0.1, SPEECH).hear(0.4, SILENCE)
    assert (play.log, play.jobs) == ([], [])


def test_a_key_without_words_is_answered_with_none() -> None:
    assert Play().hear(2, 0.2).end().finals == [Final("", 0.0, 0.0, asked=True)]


def test_an_hour_of_silence_keeps_nothing() -> None:
    play = Play().hear(60, SILENCE)
    assert len(play.one._piece.frames) < 12


def test_a_long_utterance_is_recognised_piece_by_piece() -> None:
    play = Play()
    for _ in range(8):
        play.hear(5, SPEECH).hear(0.4, SILENCE)
    play.end().wait()
    (final,) = play.finals
    assert max(len(job.audio) for job in play.jobs) / 16000 < 12
    # the words of the pieces, in order, and none twice
    assert sum(map(int, final.text.split())) == 8 * round(5 / FRAME_SECONDS)


def test_speech_without_a_breath_is_cut_at_its_quietest_moment() -> None:
    play = Play().hear(17, SPEECH).hear(0.064, 0.5).hear(17, SPEECH).end().wait()
    (final,) = play.finals
    assert max(len(job.audio) for job in play.jobs) / 16000 < 21
    first, *rest = map(int, final.text.split())
    assert first == pytest.approx(17 / FRAME_SECONDS, abs=2)
    assert first + sum(rest) == len(play.spoken)


def test_an_utterance_ends_when_it_is_too_long_and_the_next_one_begins() -> None:
    play = Play().hear(70, SPEECH).end().wait()
    first, second = play.finals
    assert first.seconds == pytest.approx(60, abs=0.1)
    assert (first.asked, second.asked) == (False, True)
    total = sum(sum(map(int, one.text.split())) for one in play.finals)
    assert total == pytest.approx(len(play.spoken), abs=2)


def test_a_key_let_go_after_the_longest_utterance_is_no_failure() -> None:
    play = Play().hear(60.1, SPEECH).hear(3, SILENCE).end()
    assert [bool(one.text) for one in play.finals] == [True, False]
    assert not play.finals[1].asked


def test_what_comes_during_the_last_words_is_the_next_utterance() -> None:
    play = Play(takes=1.5).hear(2, SPEECH).end()
    play.hear(1, SPEECH).end().wait()
    words = [int(one.text) for one in play.finals]
    assert words == [round(2 / FRAME_SECONDS), round(1 / FRAME_SECONDS)]


def test_stopping_during_the_last_words_ends_no_second_utterance() -> None:
    play = Play(hands_free=True, takes=2).hear(2, SPEECH).hear(0.6, SILENCE)
    assert play.one.due(play.now) or play.busy
    play.end().wait()
    assert [(one.asked, bool(one.text)) for one in play.finals] == [(True, True)]


def test_a_failed_recognition_gives_an_empty_final() -> None:
    play = Play()
    play.words = lambda job: Words()
    play.hear(2, SPEECH).end().wait()
    assert [one.text for one in play.finals] == [""]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_said_all_speech_is_in_one_final(seed: int) -> None:
    chance = np.random.default_rng(seed)
    play = Play(hands_free=bool(seed % 2), takes=float(chance.uniform(0.05, 1.5)))
    for _ in range(30):
        play.hear(float(chance.uniform(0.3, 6)), SPEECH)
        play.hear(float(chance.uniform(0.05, 1.2)), SILENCE)
        if chance.random() < 0.3:
            play.end()
    play.end().wait(20)
    heard = sum(int(word) for one in play.finals for word in one.text.split())
    said = sum(one >= 0.5 for one in play.spoken)
    # while words are recognised, at most a minute of later sound waits
    assert heard == said
    assert not play.one.due(play.now)
