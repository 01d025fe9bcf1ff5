"""What would a search win that asks with several readings of what was said, not with the likeliest?

``python benchmarks/readings.py --root DATA/CUHK-PEDES --audios AUDIOS`` recognises the recordings
of ``cmps data speak`` with Whisper tiny.en and prints, for the same sentences, rank-1, rank-10 and
the mean log rank among the val pictures by the *accurate* embedding less hubs: typed; as it is
heard today (greedy); the best of a beam of five; and the mean embedding of the beam's five
readings, all alike and weighed by their probability. ``--noise babble:10`` puts noise behind them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from numpy.typing import NDArray

from cmps.datasets.cuhk_pedes import read_cuhk_pedes
from cmps.encoders.image import OnnxImageEncoder
from cmps.encoders.text import open_text_encoder
from cmps.evaluation.hearing import _checksum
from cmps.evaluation.noise import noisy, parse_noise
from cmps.evaluation.pictures import encode_pictures
from cmps.search.calibration import shipped_curves
from cmps.search.hubs import hubness, shipped_bank
from cmps.speech.decoding import decode
from cmps.speech.vocabulary import prompt
from cmps.speech.whisper import open_tiny_en

READINGS, FRAMES, TOKENS = 5, 3000, 160


class Ear:
    """Whisper tiny.en, that says what else it may have heard."""

    def __init__(self, threads: int) -> None:
        self.model: Any = open_tiny_en(threads)._model
        self.words = Tokenizer(self.model.hf_tokenizer, False, task="transcribe", language="en")
        lead = self.words.encode(" " + prompt())
        self.lead = self.model.get_prompt(self.words, lead, without_timestamps=True)

    def readings(self, sound: NDArray[np.float32], beam: int) -> list[tuple[str, float]]:
        """Return texts and their log probabilities, likeliest first."""
        features = pad_or_trim(self.model.feature_extractor(sound), FRAMES)
        found = self.model.model.generate(
            self.model.encode(np.ascontiguousarray(features)),
            [self.lead],
            beam_size=beam,
            num_hypotheses=beam,
            return_scores=True,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(self.words, [-1]),
            max_length=min(self.model.max_length, len(self.lead) + TOKENS),
        )[0]
        return [
            (self.words.decode(tokens).strip(), score * len(tokens))
            for tokens, score in zip(found.sequences_ids, found.scores, strict=True)
        ]


def main() -> None:
    """Recognise, search, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--audios", type=Path)
    parser.add_argument("--noise", type=parse_noise)
    parser.add_argument("--count", type=int, default=310)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.root is None or options.audios is None:
        print("needs a data set and its recordings: --root DATA/CUHK-PEDES --audios AUDIOS")
        return
    gallery = encode_pictures(list(read_cuhk_pedes(options.root, "val")), OnnxImageEncoder.open())
    rows = {str(one.path): row for row, one in enumerate(gallery.pictures)}
    encoder, ear = open_text_encoder("accurate"), Ear(options.threads)
    said = [json.loads(line) for line in (options.audios / "manifest.jsonl").open()][
        : options.count
    ]
    crowd = sorted(options.audios.rglob("*.flac"))
    asked: dict[str, list[NDArray[np.floating]]] = {}
    people = []
    for entry in said:
        path = options.audios / entry["audio"]
        sound = (
            noisy(path, options.noise, crowd, decode, _checksum(path))
            if options.noise
            else decode(path)
        )
        greedy, beam = ear.readings(sound, 1), ear.readings(sound, READINGS)
        known = {text: encoder.encode(text or "person").embedding for text, _ in [*greedy, *beam]}
        odds = np.array([odds for _, odds in beam])
        chance = np.exp(odds - odds.max())
        every = np.stack([known[text] for text, _ in beam])
        for name, vector in (
            ("typed", encoder.encode(entry["text"]).embedding),
            ("greedy", known[greedy[0][0]]),
            ("best of the beam", every[0]),
            ("mean of the beam", every.mean(0)),
            ("mean, weighed", chance @ every / chance.sum()),
        ):
            asked.setdefault(name, []).append(vector / np.linalg.norm(vector))
        found = [row for name, row in rows.items() if name.endswith(entry["file_path"])]
        people.append(gallery.people[found[0]])
    general = shipped_curves()["accurate"].hubs * hubness(
        gallery.embeddings, shipped_bank("accurate")
    )
    right = np.array(people, object)[:, None] == gallery.people[None]
    print(f"{len(said)} recordings, gallery {len(gallery.people)}: rank-1, rank-10, mean log rank")
    for name, vectors in asked.items():
        scores = np.stack(vectors) @ gallery.embeddings.T - general
        ranked = np.take_along_axis(right, np.argsort(-scores, 1), 1).argmax(1) + 1
        figures = 100 * np.mean(ranked == 1), 100 * np.mean(ranked <= 10), np.log(ranked).mean()
        print(f"{name:18} {figures[0]:.1f} {figures[1]:.1f} {figures[2]:.3f}", flush=True)


if __name__ == "__main__":
    main()
