#!/usr/bin/env bash
# datasets cannot read the captions of an audiofolder without torchcodec, even where no sound is to be decoded.
#
# Versions:  datasets 5.2.0 without torchcodec and torch; Python 3.11
# Expected:  with Audio(decode=False) a folder of files and metadata.jsonl loads: the column holds paths, nothing is
#            decoded or encoded, and the captions are text.
# Seen:      "An error occurred while generating the dataset", caused by "To support encoding audio data, please install
#            'torchcodec'": Audio.encode_example imports it before it looks whether it was given a path. Without the
#            column (drop the audio, read the JSON lines) the same captions load.
# Matters:   who only wants the captions of a music data set has to install torch, and the message says nothing of that.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check datasets==5.2.0 soundfile "numpy>=2,<2.5"
HF_HOME="$dir/hf" HF_HUB_OFFLINE=1 v/bin/python - <<'EOF'
import json
import sys
from pathlib import Path

import numpy as np
import soundfile
from datasets import Audio, Features, Value, load_dataset

folder = Path("music")
folder.mkdir()
soundfile.write(folder / "a.wav", np.zeros(8000), 8000)
(folder / "metadata.jsonl").write_text(json.dumps({"file_name": "a.wav", "caption": "Slow strings."}) + "\n")
features = Features({"audio": Audio(decode=False), "caption": Value("string")})
try:
    load_dataset("audiofolder", data_dir="music", features=features, cache_dir="one")
    sys.exit("changed: the folder loads without torchcodec")
except Exception as error:
    causes = []
    while error is not None:
        causes.append(str(error))
        error = error.__cause__
captions = load_dataset("json", data_files="music/metadata.jsonl", cache_dir="two")["train"]["caption"]
print(causes, list(captions))
if not (any("torchcodec" in cause for cause in causes) and "torchcodec" not in causes[0]):
    sys.exit("changed: another message")
if list(captions) != ["Slow strings."]:
    sys.exit("changed: the captions alone do not load")
EOF
