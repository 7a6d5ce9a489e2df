#!/usr/bin/env bash
# A text of JSON lines that looks like a date is a date for Hugging Face datasets, where all of its column look like one.
#
# Versions:  datasets 5.2.0 and 3.6.0, pyarrow 26.0.1; Python 3.11
# Expected:  JSON has texts and numbers; a text stays one. That is why metadata.jsonl is preferred to metadata.csv, where
#            "NA" becomes null and "007" seven.
# Seen:      {"title": "1984-01-01"} in every row: the column is timestamp[s], its values datetimes. One row with another
#            text, and all of them are texts. pyarrow's JSON reader tries ISO 8601 on texts before it takes them as such.
# Matters:   titles, names and ids of takes ("2026-01-02 10:00:00") change their type with the rows that happen to be in a
#            split; what joins them to file names finds nothing. Give the types: features=Features(...).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check datasets==5.2.0 pyarrow==26.0.1
export HF_HUB_OFFLINE=1 HF_HOME=$dir/home
v/bin/python - <<'EOF'
import json
import sys

import datasets


def type_of(name, *titles):
    with open(f"{name}.jsonl", "w") as file:
        file.writelines(json.dumps({"title": title}) + "\n" for title in titles)
    loaded = datasets.load_dataset("json", data_files=f"{name}.jsonl", cache_dir="cache")["train"]
    return loaded.features["title"].dtype, loaded[0]["title"]


dates = type_of("dates", "1984-01-01", "2026-01-02")
mixed = type_of("mixed", "1984-01-01", "Harbour Waltz")
print("all dates:", dates, "one of them another text:", mixed)
if not (dates[0].startswith("timestamp") and mixed == ("string", "1984-01-01")):
    sys.exit("changed: texts that look like dates stay texts")
EOF
