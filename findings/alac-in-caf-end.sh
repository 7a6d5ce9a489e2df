#!/usr/bin/env bash
# Of ALAC in CAF FFmpeg leaves out the end: what the last packet does not fill is cut from it twice.
#
# Versions:  av 18.1.0 (its own FFmpeg), soundfile 0.13.1 (libsndfile 1.2.2); Python 3.11
# Expected:  88,200 samples, as were written, and as libsndfile decodes.
# Seen:      86,288. The table of packets tells that the last packet lacks 1,912 of 4,096 samples. FFmpeg's decoder gives
#            the 2,184 that are there, and then 1,912 are cut from them. With the flag "skip_manual" nothing is cut, and
#            the samples are libsndfile's. The same sound as ALAC in M4A is whole.
# Matters:   up to 93 ms are missing at the end of every such file, as GarageBand and afconvert write them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check soundfile==0.13.1 av==18.1.0 "numpy>=2,<2.5"
v/bin/python - <<'EOF'
import sys

import av
import numpy as np
import soundfile
from av.codec.context import Flags2

sound = np.random.default_rng(0).uniform(-0.5, 0.5, (88_200, 2))
soundfile.write("a.caf", sound, 44_100, format="CAF", subtype="ALAC_16")
there = soundfile.read("a.caf", dtype="int16")[0]

def decoded(*, whole):
    with av.open("a.caf") as file:
        stream = file.streams.audio[0]
        if whole:
            stream.codec_context.flags2 |= Flags2.skip_manual
        return np.concatenate([frame.to_ndarray().T for frame in file.decode(stream)])

cut, whole = decoded(whole=False), decoded(whole=True)
print(f"libsndfile {len(there):,}, FFmpeg {len(cut):,}, with skip_manual {len(whole):,} samples")
if not (len(cut) == 86_288 and np.array_equal(whole, there)):
    sys.exit("changed: FFmpeg no longer cuts twice")
EOF
