#!/usr/bin/env bash
# Reading a VBR MP3 block by block with soundfile puts silence at the head of the blocks.
#
# Versions:  soundfile 0.14.0 (its wheel's libsndfile 1.2.2), numpy 2.4.6; Python 3.11
# Expected:  soundfile.blocks() gives the samples that soundfile.read() gives, only in pieces. It does for FLAC.
# Seen:      a sustained chord, written by soundfile itself as MP3 of variable bit rate and read in blocks of one
#            second: all 19 blocks after the first begin with 20 to 60 ms of digital silence that the file does not
#            hold. Right length, no error. SoundFile.read() seeks to where it already is, before and after each block,
#            and libsndfile's decoder then lacks the bits that the next frames borrow from the ones before (the bit
#            reservoir). Told that the file cannot seek, soundfile skips those seeks, and the holes are gone.
# Matters:   blocks() is what soundfile offers for long files. In blocks of a second a beat tracker hears a gap as
#            steady as 60 BPM, a captioner is trained on music that stutters, and a DJ hears it do so.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check soundfile==0.14.0 numpy==2.4.6
v/bin/python - <<'EOF'
import sys

import numpy as np
import soundfile

RATE, SECONDS = 44100, 20
time = np.arange(RATE * SECONDS) / RATE
chord = 0.2 * sum(np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 277.2, 329.6))
soundfile.write("chord.mp3", chord, RATE, bitrate_mode="VARIABLE", compression_level=0.5)
soundfile.write("chord.flac", chord, RATE)


class Unseekable(soundfile.SoundFile):
    def seekable(self):
        return False


def in_blocks(kind, name):
    with kind(name) as file:
        return [file.read(RATE, dtype="float32") for _ in range(SECONDS)]


def silent_heads(blocks):  # ms of digital silence at the head of each block but the first
    return [int(np.flatnonzero(block)[0]) * 1000 // RATE for block in blocks[1:]]


whole = {name: soundfile.read(name, dtype="float32")[0] for name in ("chord.mp3", "chord.flac")}
pieces = list(soundfile.blocks("chord.mp3", RATE, dtype="float32"))
heads = silent_heads(pieces)
off = float(np.mean(np.abs(np.concatenate(pieces) - whole["chord.mp3"]) > 0.01))
print(f"libsndfile {soundfile.__libsndfile_version__}; ms of silence at the head of each block: {heads}")
print(f"{off:.1%} of the samples differ by more than 0.01 from those of one read")
same = {"flac": np.array_equal(np.concatenate(in_blocks(soundfile.SoundFile, "chord.flac")), whole["chord.flac"]),
        "mp3, unseekable": np.allclose(np.concatenate(in_blocks(Unseekable, "chord.mp3")), whole["chord.mp3"])}
print("as in one read:", same)
no_holes = max(silent_heads(np.split(whole["chord.mp3"], SECONDS))) == 0
if not (min(heads) >= 20 and max(heads) <= 60 and off > 0.01 and all(same.values()) and no_holes):
    sys.exit("changed: the blocks no longer begin with silence, or the controls do not hold")
EOF
