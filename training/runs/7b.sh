#!/bin/sh
# The full-size models: J2A-1.0, 2.0 and 2.1 on Mistral-7B, from the public captions to score cards.
#
#     training/runs/7b.sh OUT
#     training/runs/7b.sh --print      only shows the commands
#
# Wants a GPU of 24 GB (or --precision 4bit below and 12 GB), 60 GB of disk, a network, and yt-dlp with its JavaScript
# runtime. Each step goes on where it was when it is run again. Before it:
#
#     j2a models fetch 7b                                            # Mistral-7B, 14.5 GB, Apache 2.0
#     j2a-train convert-mwmae CHECKPOINT ~/models/mwmae --heads 12   # the encoder, as its authors published it
#
# DATASETS=musiccaps keeps the result free of the non-commercial licence of YouTube8M-MusicTextClips.
set -eu

[ "${1:-}" = --print ] && { sed -n 's/^    *step /  /p; s/^step /  /p' "$0"; exit; }
out=${1:?"usage: $0 OUT | --print"}
train=${J2A_TRAIN:-j2a-train}
datasets=${DATASETS:-musiccaps,yt8m}
llm=${LLM:-mistralai/Mistral-7B-v0.1}
encoder=${ENCODER:-$HOME/models/mwmae}
gpus=${GPUS:-1}
precision=${PRECISION:-bfloat16}
mkdir -p "$out"

step() {
    echo "+ $*" >&2
    "$@"
}

# $1: the folder of a run, the rest: what "j2a-train fit" is given. On several GPUs by torchrun, one process each.
fit() {
    folder=$1
    shift
    [ -e "$folder/run.json" ] && set -- "$@" --resume
    if [ "$gpus" -gt 1 ]; then
        step torchrun --nproc-per-node "$gpus" -m training fit "$out/table" --out "$folder" --llm "$llm" "$@"
    else
        step "$train" fit "$out/table" --out "$folder" --llm "$llm" "$@"
    fi
}

# Ten-second sections; a census of what is gone, and why. A day on a polite connection. Exit code 4 says that some clips
# did not come, which is so for these data sets: a few per cent of the videos are gone.
step "$train" download "$out/audio" --datasets "$datasets" || [ $? -eq 4 ]
# One table, the official splits, licences in its card; clips that two splits share are refused.
step "$train" prepare "$out/table" --downloads "$out/audio" --datasets "$datasets"
# What the frozen encoder hears (250 soft tokens a clip, fp16) and what is measured, once for all trainings.
step "$train" encode "$out/table" "$out/encoded" --encoder "$encoder" --features --pool 250

# 1.0: LoRA on the feature prompts, then a plain model of it.
fit "$out/1.0" --version 1.0 --encoded "$out/encoded" --precision "$precision" --epochs 2 --learning-rate 2e-4 \
    --batch-size 32 --accumulate 4 --checkpointing
step "$train" merge "$out/1.0" "$out/j2a-1.0-7b"
# 2.1: the projector alone, 250 soft tokens; a third of the loss is what the same model says when told the facts.
fit "$out/2.1" --version 2.1 --encoded "$out/encoded" --encoder "$encoder" --precision "$precision" --epochs 8 \
    --learning-rate 5e-4 --batch-size 64 --accumulate 4 --checkpointing
# 2.0: one soft token. What was pooled to 250 cannot become one: its clips are encoded anew, to one vector each.
step "$train" encode "$out/table" "$out/encoded-mean" --encoder "$encoder" --pool 1
fit "$out/2.0" --version 2.0 --encoded "$out/encoded-mean" --encoder "$encoder" --precision "$precision" --epochs 8 \
    --learning-rate 5e-4 --batch-size 64 --accumulate 4 --checkpointing

# Score cards on the test split, each with constant, random and shuffled captions beside it.
step "$train" evaluate "$out/table" "$out/card-1.0" --version 1.0 --backbone "$out/j2a-1.0-7b"
for version in 2.0 2.1; do
    step "$train" evaluate "$out/table" "$out/card-$version" --version $version --backbone "$out/$version/best" --features
done
