"""Programs that stand for the engines'."""

from __future__ import annotations

import sys
from pathlib import Path

VOICES = ("flite:slt", "flite:kal16", "flite:rms")
PER_PERSON = (4, 1, 2)
SENTENCES = 2 * sum(PER_PERSON)

# hums longer for longer sentences, at a pitch of its own for each voice
FLITE = f"""#!{sys.executable}
import array, math, sys, wave
if sys.argv[1] == '-lv':
    print('Voices available: kal kal16 rms slt ')
    sys.exit()
_, _, voice, _, text, _, out = sys.argv
if 'fail' in text:
    sys.exit('no breath')
samples = [int(9000 * math.sin(i / (5 + len(voice)))) for i in range(40 * len(text))]
with wave.open(out, 'wb') as sound:
    sound.setparams((1, 2, 8000, 0, 'NONE', ''))
    sound.writeframes(array.array('h', samples).tobytes())
"""

FESTIVAL = f"#!{sys.executable}\nprint('(kal_diphone lp_diphone)')\n"

# writes the letters' codes as samples
TEXT2WAVE = f"""#!{sys.executable}
import array, sys, wave
assert sys.argv[1:3] == ['-eval', '(voice_kal_diphone)']
with wave.open(sys.argv[4], 'wb') as sound:
    sound.setparams((1, 2, 16000, 0, 'NONE', ''))
    sound.writeframes(array.array('h', list(sys.stdin.buffer.read())).tobytes())
"""


def install(folder: Path, name: str, program: str) -> None:
    """Put a program into a folder of the path."""
    path = folder / name
    path.write_text(program)
    path.chmod(0o755)
