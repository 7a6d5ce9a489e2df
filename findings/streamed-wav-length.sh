#!/usr/bin/env bash
# A WAV that FFmpeg streams is read whole by decoders, and has seven hours for tinytag, a billion frames for wave.
#
# Versions:  tinytag 2.3.2, soundfile 0.13.1 (libsndfile 1.2.2), av 18.1.0 (FFmpeg's own WAV writer); Python 3.11
# Expected:  one length. Who writes to a pipe cannot go back and fill in the sizes; the usual sign for that, which FFmpeg
#            and others write, is 0xFFFFFFFF in the "data" chunk: it goes on until the file ends.
# Seen:      three seconds of 44.1 kHz stereo: libsndfile and FFmpeg itself say 3.0 s. tinytag divides the sign by the
#            byte rate: 24,348 s, nearly seven hours (13.5 of mono), though the file has half a megabyte. Python's wave
#            module says that there are 1,073,741,823 frames.
# Matters:   "ffmpeg ... -f wav - > take.wav" is how recorders, yt-dlp's post-processing and separation tools write. A
#            library then sorts such takes first by length, a caption set's table has windows where no sound is, and who
#            allocates by the count of frames asks for 4 GB.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check tinytag==2.3.2 soundfile==0.13.1 av==18.1.0 "numpy>=2,<2.5"
v/bin/python - <<'EOF'
import sys
import wave

import av
import numpy as np
import soundfile
from tinytag import TinyTag

class Pipe:  # takes bytes, and cannot go back
    def __init__(self, path):
        self.file = open(path, "wb")

    def write(self, data):
        return self.file.write(data)

with av.open(Pipe("take.wav"), "w", format="wav") as out:
    stream = out.add_stream("pcm_s16le", rate=44_100, layout="stereo")
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 2 * 3 * 44_100), np.int16), "s16", "stereo")
    frame.sample_rate = 44_100
    for packet in (*stream.encode(frame), *stream.encode(None)):
        out.mux(packet)
written = open("take.wav", "rb").read()
told = written[written.index(b"data") + 4:][:4].hex()
sndfile = soundfile.info("take.wav").duration
tags = TinyTag.get("take.wav").duration
with wave.open("take.wav") as file:
    frames = file.getnframes()
print(f"data chunk {told}, libsndfile {sndfile:.2f} s, tinytag {tags:,.0f} s, wave {frames:,} frames, {len(written):,} bytes")
if not (told == "ffffffff" and abs(sndfile - 3) < 0.01 and tags > 20_000 and frames > 1e9):
    sys.exit("changed: they no longer differ as described")
EOF
