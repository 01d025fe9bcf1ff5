"""A data set with sound: every sentence of a CUHK-PEDES layout, spoken (paper §3).

The folder holds the recordings below the folders of their pictures, ``manifest.jsonl`` with a line
for each, and ``speech.json`` with what must not change between two runs: seed, voices, format.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cmps.datasets.cuhk_pedes import find_annotations, read_records
from cmps.datasets.picture import DatasetError
from cmps.speaking.pool import in_processes
from cmps.speaking.sound import Format, checksum, write_audio
from cmps.speaking.voices import SpeakingError, Voice, label, open_voice

MANIFEST = "manifest.jsonl"
CHOICES = "speech.json"

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """One sentence to speak.

    Attributes:
        audio: The recording's path below the folder, ``/`` between folders.
        text: What to say.
        file_path: The picture described, as the data set names it.
        id: The data set's number of the person.
        split: Which part of the data set it is in.
        voice: Spec of the voice that says it.
    """

    audio: str
    text: str
    file_path: str
    id: str
    split: str
    voice: str

    def is_line(self, line: Mapping[str, Any]) -> bool:
        """Tell whether a line of the manifest is about this task, done as it asks."""
        said = (line.get("text"), f"{line.get('engine')}:{line.get('voice')}")
        return said == (self.text, label(self.voice))


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a call of :func:`speak` did.

    Attributes:
        lines: The manifest's lines of all sentences asked for.
        made: How many were spoken by this call.
        damaged: How many of those had a file before whose checksum was wrong.
    """

    lines: list[Line]
    made: int
    damaged: int


def plan(
    root: Path, split: str, voices: Sequence[str], seed: int = 0, format: Format = "flac"
) -> list[Task]:
    """Choose a voice for every sentence, and an order in which any beginning is a fair sample.

    People come in turn, and the voices are dealt like cards: eight sentences in a row have eight
    voices. The seed shuffles both; the order in which the voices are given does not count.

    Args:
        root: The data set.
        split: ``train``, ``val``, ``test``, or ``all``, one after the other.
        voices: Specs, ``engine:voice``.
        seed: Chooses.
        format: Ending of the recordings.

    Returns:
        Tasks in the order in which they are to be spoken.

    Raises:
        DatasetError: If the data set cannot be read or has no sentence in the split.
    """
    count: Counter[str] = Counter()
    splits: dict[str, dict[str, list[Task]]] = defaultdict(lambda: defaultdict(list))
    for record in read_records(root):
        stem = str(Path(record.file_path).with_suffix(""))
        for text in record.picture.captions:
            # counted over all records, since two pictures may differ in their ending only
            audio = f"{stem}-{count[stem]}.{format}"
            count[stem] += 1
            found = record.picture.split or "none"
            task = Task(audio, text, record.file_path, record.id, found, "")
            splits[found][record.id].append(task)
    # the same sentence gets the same voice whether its split is asked for alone or with others
    chosen = sorted(splits) if split == "all" else [split] if split in splits else []
    if not chosen:
        raise DatasetError(
            f"{find_annotations(root)} has no sentence in split {split!r}; "
            f"it has {', '.join(sorted(splits)) or 'none at all'}"
        )
    return [
        replace(task, voice=voice)
        for name in chosen
        for task, voice in zip(
            _in_turn(list(splits[name].values()), random.Random(f"people {name} {seed}")),
            _dealt(sorted(set(voices), key=label), random.Random(f"voices {name} {seed}")),
            strict=False,
        )
    ]


def _in_turn(queues: list[list[Task]], chance: random.Random) -> Iterator[Task]:
    """Yield one sentence of each person, then another of each, until all are told."""
    for queue in queues:
        chance.shuffle(queue)
    chance.shuffle(queues)
    for turn in range(max(map(len, queues))):
        yield from (queue[turn] for queue in queues if turn < len(queue))


def _dealt(voices: list[str], chance: random.Random) -> Iterator[str]:
    while True:
        chance.shuffle(voices)
        yield from voices


def speak(
    root: Path,
    out: Path,
    split: str,
    voices: Sequence[str],
    *,
    seed: int = 0,
    format: Format = "flac",
    limit: int | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Spoken:
    """Speak the sentences of a CUHK-PEDES layout into 16 kHz mono files, and list them.

    ``out/manifest.jsonl`` gets a line as soon as a file is complete: ``audio`` (relative to
    ``out``), ``text``, ``file_path``, ``id``, ``split``, ``voice``, ``engine``, ``duration``
    (seconds), ``sha256``. At the end its lines are put into the data set's order. A call that was
    killed is gone on with by the same call, and the result has the same bytes as if it had not
    been; a file that is damaged or missing is spoken again.

    Args:
        root: The data set.
        out: Where the recordings go.
        split: ``train``, ``val``, ``test``, or ``all``.
        voices: Specs, ``engine:voice``.
        seed: Chooses a voice for each sentence.
        format: ``flac`` or ``opus``.
        limit: At most this many sentences, people in turn; a larger limit later adds to them.
        workers: Processes that speak at the same time.
        progress: Called with how many sentences are done and how many there are.

    Raises:
        DatasetError: If the data set cannot be read or has no sentence in the split.
        SpeakingError: If there are no voices, one does not speak, or ``out`` was spoken with
            other choices.
    """
    if not voices:
        raise SpeakingError("no voice to speak with; name at least one as engine:voice")
    asked = plan(root, split, voices, seed, format)[:limit]
    out.mkdir(parents=True, exist_ok=True)
    _same_choices(out, seed, voices, format)
    lines = {line["audio"]: line for line in read_manifest(out)}
    done = {task.audio for task in asked if _is_whole(out, task, lines.get(task.audio))}
    missing = [task for task in asked if task.audio not in done]
    damaged = sum(task.audio in lines for task in missing)
    progress(len(done), len(asked))
    with closing(_spoken(missing, out, workers)) as spoken:
        for number, line in enumerate(spoken, len(done) + 1):
            lines[line["audio"]] = line
            with (out / MANIFEST).open("a", encoding="utf-8") as manifest:
                manifest.write(_written(line))
            progress(number, len(asked))
    _put_in_order(root, out, lines)
    return Spoken([lines[task.audio] for task in asked], len(missing), damaged)


def read_manifest(folder: Path) -> list[Line]:
    """Return the lines of ``folder/manifest.jsonl``; none where there is no file.

    A last line that was cut off is taken away from the file, so that the next one starts afresh.
    Of two lines about one recording the later counts.

    Raises:
        SpeakingError: If a line is none of ours.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    found: dict[str, Line] = {}
    for number, line in enumerate(whole.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found[row["audio"]] = row
        except (ValueError, KeyError, TypeError) as error:
            raise SpeakingError(
                f"{path} line {number} is not usable ({error}); delete that line and run again"
            ) from error
    return list(found.values())


def _same_choices(out: Path, seed: int, voices: Sequence[str], format: Format) -> None:
    """Note the choices of the first run; later ones must be made with the same."""
    path = out / CHOICES
    now = {"seed": seed, "format": format, "voices": sorted({label(spec) for spec in voices})}
    if not path.is_file():
        _replace(path, json.dumps(now, indent=2) + "\n")
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SpeakingError(f"{path} is not readable as JSON ({error}); delete {out}") from error
    for name, value in now.items():
        if before.get(name) != value:
            raise SpeakingError(
                f"{out} was spoken with {name} {_shown(before.get(name))}, not {_shown(value)}; "
                "pass the same or choose another folder with --out"
            )


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _is_whole(out: Path, task: Task, line: Line | None) -> bool:
    if line is None or not task.is_line(line):
        return False
    try:
        return checksum(out / task.audio) == line.get("sha256")
    except OSError:
        return False


def _spoken(tasks: Sequence[Task], out: Path, workers: int) -> Generator[Line]:
    """Speak, here or in processes; yield lines as they are done."""
    if workers <= 1 or len(tasks) < 2:
        # what is installed may have changed since an earlier call
        _opened.cache_clear()
        for task in tasks:
            yield say(task, out)
        return
    yield from in_processes(say, tasks, out, workers)


def say(task: Task, out: Path) -> Line:
    """Speak one sentence into its file and return its line of the manifest."""
    voice = _opened(task.voice)
    path = out / task.audio
    path.parent.mkdir(parents=True, exist_ok=True)
    seconds = write_audio(path, *voice.say(task.text))
    return {
        "audio": task.audio,
        "text": task.text,
        "file_path": task.file_path,
        "id": task.id,
        "split": task.split,
        "voice": voice.name,
        "engine": voice.engine,
        "duration": round(seconds, 3),
        "sha256": checksum(path),
    }


@cache
def _opened(spec: str) -> Voice:
    """Open each voice once a process: networks take seconds to load."""
    return open_voice(spec)


def _put_in_order(root: Path, out: Path, lines: Mapping[str, Line]) -> None:
    """Write the manifest anew in the data set's order: whoever was first depends on chance."""
    order: dict[tuple[str, str], int] = {}
    for number, record in enumerate(read_records(root)):
        for text in record.picture.captions:
            order.setdefault((record.file_path, text), number)
    last = len(order)

    def place(line: Line) -> tuple[int, str]:
        return order.get((line.get("file_path", ""), line.get("text", "")), last), line["audio"]

    _replace(out / MANIFEST, "".join(map(_written, sorted(lines.values(), key=place))))


def _written(line: Line) -> str:
    return json.dumps(line, ensure_ascii=False) + "\n"


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
