#!/usr/bin/env bash
# A FLAC that was written to a pipe lasts 0 seconds, 6.6 million years, or the 10 seconds that it holds.
#
# Versions:  av 18.1.0 (FFmpeg's FLAC muxer), soundfile 0.14.0 (libsndfile 1.2.2), tinytag 2.3.2, mutagen 1.48.1,
#            numpy 2.4.6; Python 3.11
# Expected:  FLAC (RFC 9639) lets a writer that cannot go back leave the number of samples at 0, which means unknown.
#            Readers then count, or say that they do not know.
# Seen:      the same 10 s, by the same encoder, to a file and to something that cannot seek. Of the file all say 10 s.
#            Of the other, FFmpeg decodes 10 s; tinytag and mutagen say 0.0 s; soundfile says 2^63 - 1 samples. Its
#            read of the whole then fails, since no array can be so large, and its blocks of a second are nine and
#            then an error about seeking. Only these two come with an error.
# Matters:   recorders that write one segment after another and servers that transcode on the fly make such files. A
#            library shows them as empty; a loop that cuts a data set into windows by that length does not end.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q av==18.1.0 soundfile==0.14.0 tinytag==2.3.2 mutagen==1.48.1 numpy==2.4.6
v/bin/python - <<'EOF'
import sys
import av
import mutagen
import numpy as np
import soundfile
from tinytag import TinyTag

RATE = 44100
tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(10 * RATE) / RATE)).astype(np.int16)

def encode(target):
    with av.open(target, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.rate, frame.pts = RATE, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

def lengths(name):  # seconds
    with av.open(name) as container:
        decoded = sum(frame.samples for frame in container.decode(audio=0)) / RATE
    return decoded, soundfile.info(name).duration, TinyTag.get(name).duration, mutagen.File(name).info.length

encode("file.flac")
with open("pipe.flac", "wb") as out:
    encode(type("Pipe", (), {"write": staticmethod(out.write)})())  # like a pipe: no seek, no tell
of_file, of_pipe = lengths("file.flac"), lengths("pipe.flac")
print("FFmpeg decoded, soundfile, tinytag, mutagen; seconds\n  to a file:", of_file, "\n  to a pipe:", of_pipe)
blocks, errors = [], []
for read in (lambda: blocks.extend(map(len, soundfile.blocks("pipe.flac", RATE))), lambda: soundfile.read("pipe.flac")):
    try:
        read()
    except (soundfile.LibsndfileError, ValueError) as error:
        errors.append(str(error))
print("soundfile's blocks:", blocks, *errors, sep="\n  ")
seen = of_pipe == (10.0, (2**63 - 1) / RATE, 0.0, 0.0) and blocks == [RATE] * 9 and len(errors) == 2
if of_file != (10.0,) * 4 or not seen:
    sys.exit("changed: the four no longer read the piped FLAC as described")
EOF
