/* The search for the most likely bars, and the comb filters that tell a tempo.
 *
 * Paths and their probabilities are those of madmom to the bit: sums are taken in its order, and no product is fused with
 * a sum. */
#include <string.h>

#include "kernels.h"
#include "vectors.h"
#ifdef __clang__
#pragma clang fp contract(off)
#else
#pragma GCC optimize("fp-contract=off")
#endif

enum { BLOCK = 16, TEMPI = 64, BEATS = 4 }; /* frames at once; the most tempi, a multiple of a vector, and beats */

/* What does not change while a sound is searched. A state is a position inside a beat at a tempo: the states of a beat
 * at a tempo stand in a row, `lengths[tempo]` of them, of which the first `marked[tempo]` are told by the density of a
 * beat (of the first beat of a bar: of a downbeat), all others by that of no beat. From the last of a row one comes to
 * the first of any row of the next beat whose tempo lies between `from` and `to` of it; all other steps are certain. */
struct bars {
    int64_t beats, tempi;
    const int64_t *lengths, *marked, *from, *to;
    const double *steps; /* (tempi before, TEMPI) log probabilities; zeros fill up the rows */
};

/* Every state of a row that is there before and after the block: `count` frames of the same density. */
INLINE void move_row(const double *before, double *after, int64_t length, int64_t marked, int64_t count,
                     const double *quiet, const double *beat)
{
    int64_t moved = length - count;
    for (int64_t at = 0; at < marked - 1; at++) { /* still in the beat for a while */
        double score = before[at];
        for (int64_t frame = 0; frame < count; frame++)
            score += at + 1 + frame < marked ? beat[frame] : quiet[frame];
        after[at + count] = score;
    }
    int64_t at = marked - 1;
    for (; at + 4 * DOUBLES <= moved; at += 4 * DOUBLES) {
        const doubles *seen = (const doubles *)(before + at);
        doubles a = seen[0], b = seen[1], c = seen[2], d = seen[3];
        for (int64_t frame = 0; frame < count; frame++) {
            double density = quiet[frame];
            a += density, b += density, c += density, d += density;
        }
        doubles *found = (doubles *)(after + at + count);
        found[0] = a, found[1] = b, found[2] = c, found[3] = d;
    }
    for (; at < moved; at += DOUBLES) { /* the last vector may overlap the one before */
        at = at + DOUBLES <= moved ? at : moved - DOUBLES;
        doubles score = *(const doubles *)(before + at);
        for (int64_t frame = 0; frame < count; frame++)
            score += quiet[frame];
        *(doubles *)(after + at + count) = score;
    }
}

/* ends (count, TEMPI): the score of the last state of each row before each frame of the block. */
INLINE void reach_ends(const struct bars *bars, const double *before, double (*ends)[TEMPI], int64_t count,
                       const double *quiet)
{
    for (int64_t tempo = 0; tempo < bars->tempi; tempo++) {
        before += bars->lengths[tempo];
        for (int64_t frame = 0; frame < count; frame++)
            ends[frame][tempo] = before[-1 - frame];
    }
    for (int64_t frame = 1; frame < count; frame++)
        for (int64_t passed = 0; passed < frame; passed++)
            for (int tempo = 0; tempo < TEMPI; tempo++)
                ends[frame][tempo] += quiet[passed];
}

/* firsts (TEMPI): the best score with which a beat begins at each tempo in a frame, and from which tempo it came. */
INLINE void begin(const struct bars *bars, const double *ends, double density, double *firsts, uint8_t *choices)
{
    for (int64_t group = 0; group < bars->tempi; group += 2 * DOUBLES) {
        int64_t from = bars->from[group], to = bars->to[group];
        for (int64_t tempo = group; tempo < bars->tempi && tempo < group + 2 * DOUBLES; tempo++) {
            from = bars->from[tempo] < from ? bars->from[tempo] : from;
            to = bars->to[tempo] > to ? bars->to[tempo] : to;
        }
        doubles best[2];
        longs choice[2];
        best[0] = best[1] = (doubles){0} - __builtin_inf();
        choice[0] = choice[1] = (longs){0};
        for (int64_t tempo = from; tempo < to; tempo++)
            for (int part = 0; part < 2; part++) {
                doubles score = ends[tempo] + ((const doubles *)(bars->steps + tempo * TEMPI + group))[part] + density;
                longs better = score > best[part];
                best[part] = (doubles)(((longs)score & better) | ((longs)best[part] & ~better));
                choice[part] = (choice[part] & ~better) | (better & tempo);
            }
        for (int part = 0; part < 2; part++)
            for (int at = 0; at < DOUBLES; at++) {
                firsts[group + part * DOUBLES + at] = best[part][at];
                choices[group + part * DOUBLES + at] = (uint8_t)choice[part][at];
            }
    }
}

/* The states that the beats of this block have come to by its end. */
INLINE void enter(const struct bars *bars, double (*firsts)[TEMPI], double *after, int64_t count, const double *quiet,
                  const double *beat)
{
    double here[BLOCK][TEMPI]; /* by position at the end of the block */
    for (int64_t at = 0; at < count; at++) {
        int64_t born = count - 1 - at;
        memcpy(here[at], firsts[born], sizeof here[at]);
        for (int64_t passed = 1; passed <= at; passed++)
            for (int tempo = 0; tempo < TEMPI; tempo++)
                here[at][tempo] += passed < bars->marked[tempo] ? beat[born + passed] : quiet[born + passed];
    }
    for (int64_t tempo = 0; tempo < bars->tempi; tempo++, after += bars->lengths[tempo - 1])
        for (int64_t at = 0; at < count; at++)
            after[at] = here[at][tempo];
}

/* Search through `frames` frames of log densities (3, frames): no beat, beat, downbeat. scores (2, states): in the first
 * row those before the first frame; returned is the row that has those after the last. choices (frames, beats, TEMPI) is
 * filled in: from which tempo the first state of each row was best reached. lengths, marked, from and to: (TEMPI), of
 * rows of at least 2 BLOCK - 4 states; what is behind the last tempo is read but means nothing. */
KERNEL int64_t bars_search(int64_t beats, int64_t tempi, const int64_t *lengths, const int64_t *marked,
                           const int64_t *from, const int64_t *to, const double *steps, const double *densities,
                           int64_t frames, double *scores, uint8_t *choices)
{
    const struct bars bars = {beats, tempi, lengths, marked, from, to, steps};
    double ends[BEATS][BLOCK][TEMPI] = {0}, firsts[BLOCK][TEMPI] = {0};
    int64_t states = 0, row = 0;
    for (int64_t tempo = 0; tempo < tempi; tempo++)
        states += lengths[tempo];
    for (int64_t start = 0; start < frames; start += BLOCK, row = 1 - row) {
        int64_t count = frames - start < BLOCK ? frames - start : BLOCK;
        const double *before = scores + row * beats * states, *quiet = densities + start;
        double *after = scores + (1 - row) * beats * states;
        for (int64_t beat = 0; beat < beats; beat++)
            reach_ends(&bars, before + beat * states, ends[beat], count, quiet);
        for (int64_t beat = 0; beat < beats; beat++) {
            const double *own = densities + (beat ? frames : 2 * frames) + start;
            for (int64_t frame = 0; frame < count; frame++)
                begin(&bars, ends[beat ? beat - 1 : beats - 1][frame], own[frame], firsts[frame],
                      choices + ((start + frame) * beats + beat) * TEMPI);
            enter(&bars, firsts, after + beat * states, count, quiet, own);
            for (int64_t tempo = 0, at = beat * states; tempo < tempi; at += lengths[tempo++])
                move_row(before + at, after + at, lengths[tempo], marked[tempo], count, quiet, own);
        }
    }
    return row;
}

/* Comb filters over an activation x (frames): y[n] = x[n] + alpha y[n - delay], for `count` delays one after the other
 * from `shortest`. bins (count): of each frame its largest y is added to those delays that have it.
 * seen (shortest + count, count): the frames before, in a circle; frames are counted on from `done`. */
KERNEL void comb_filters(const double *activation, int64_t frames, int64_t done, double alpha, int64_t shortest,
                         int64_t count, double *seen, double *bins)
{
    int64_t kept = shortest + count;
    for (int64_t frame = done; frame < done + frames; frame++) {
        double *now = seen + frame % kept * count, x = activation[frame - done], most = -__builtin_inf();
        for (int64_t at = 0; at < count; at++) {
            int64_t delay = shortest + at;
            double y = x;
            if (frame >= delay)
                y += alpha * seen[(frame - delay) % kept * count + at];
            now[at] = y;
            most = y > most ? y : most;
        }
        for (int64_t at = 0; at < count; at++)
            if (now[at] == most)
                bins[at] += most;
    }
}
