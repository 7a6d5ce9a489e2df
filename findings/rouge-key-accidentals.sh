#!/usr/bin/env bash
# ROUGE-L gives a caption in the wrong key full marks, and the right key in words fewer.
#
# Versions:  rouge-score 0.1.2, sacrebleu 2.6.0, mir_eval 0.8.2; Python 3.11
# Expected:  the reference says "C# minor". A caption that says "C minor" names another key, so it cannot be a perfect
#            match; one that says "C sharp minor" is right, so it should not rank below.
# Seen:      rouge-score's own tokenizer turns everything but a-z and 0-9 into a space. "C#", "C♯", "C♭" and "C" are
#            all the token "c": the wrong key scores 1.0, with the stemmer and without, and the right one in words
#            0.95. sacreBLEU's BLEU and chrF tell C from C#, and mir_eval gives the pair of keys 0 points. A flat is
#            lost or kept by its spelling: "B♭" is "B", but "Bb" is a word of its own.
# Matters:   ROUGE-L stands in most tables of music captioning results, and rouge-score is what many tools compute it
#            with. A model that drops every accidental loses nothing by it; one that spells them out does.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check rouge-score==0.1.2 sacrebleu==2.6.0 mir_eval==0.8.2
v/bin/python - <<'EOF'
import sys

import mir_eval
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

CAPTION = "A slow piano piece in {} with soft strings."


def rouge(wanted, said, stem=False):
    scorer = RougeScorer(["rougeL"], use_stemmer=stem)
    return round(scorer.score(CAPTION.format(wanted), CAPTION.format(said))["rougeL"].fmeasure, 3)


def others(wanted, said):  # 100 is a perfect match
    wanted, said = CAPTION.format(wanted), CAPTION.format(said)
    return [round(score(said, [wanted]).score, 1) for score in (sacrebleu.sentence_bleu, sacrebleu.sentence_chrf)]


pairs = [("C# minor", "C minor"), ("C# minor", "C sharp minor"), ("C# minor", "C# minor"), ("C♯ minor", "C minor"),
         ("B♭ major", "B major"), ("Bb major", "B major")]
for wanted, said in pairs:
    print(f"{wanted} | {said}: ROUGE-L {rouge(wanted, said)}, BLEU and chrF {others(wanted, said)}")
keys = mir_eval.key.evaluate("C# minor", "C minor")["Weighted Score"]
print("mir_eval's points for C minor where C# minor is right:", keys)
wrong, words, same, sign, flat_sign, flat_letter = (rouge(*pair) for pair in pairs)
if not (wrong == same == sign == flat_sign == rouge(*pairs[0], stem=True) == 1.0 and words < 1.0 and flat_letter < 1.0
        and max(others(*pairs[0])) < 99.0 and others(*pairs[2]) == [100.0, 100.0] and keys == 0.0):
    sys.exit("changed: ROUGE-L now tells these keys apart, or another score no longer does")
EOF
