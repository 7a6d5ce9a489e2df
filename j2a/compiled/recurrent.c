/* A layer of LSTM cells with peepholes (Gers et al., 2002) in one direction, frame by frame. */
#include "kernels.h"
#include "vectors.h"

enum { UNITS = 25, PADDED = 32, COLUMNS = 4 * PADDED }; /* a gate's units are padded to whole vectors */

/* 1 / (1 + exp(-x)) in place. exp by range reduction to 2^n e^r, |r| <= ln(2) / 2, and Cephes' polynomial for e^r (2e-7
 * relative error). Adding and taking away 1.5 * 2^23 rounds to a whole number, whose bits are then the lowest. */
INLINE void squash(float *restrict values, int count)
{
    const float rounder = 12582912.f;
    for (int at = 0; at < count; at++) {
        float x = -values[at];
        x = x > 87.f ? 87.f : x;
        x = x < -87.f ? -87.f : x;
        union { float value; uint32_t bits; } whole = {x * 1.44269504088896341f + rounder}, scale;
        scale.bits = (whole.bits + 127) << 23; /* what the rounder adds to them is shifted out */
        float n = whole.value - rounder;
        float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
        float p = 1.9875691500e-4f;
        p = p * r + 1.3981999507e-3f;
        p = p * r + 8.3334519073e-3f;
        p = p * r + 4.1665795894e-2f;
        p = p * r + 1.6666665459e-1f;
        p = p * r + 5.0000001201e-1f;
        values[at] = 1.f / (1.f + (p * r * r + r + 1.f) * scale.value);
    }
}

/* The weighted inputs, the bias, and what the units said before: gates (4 * 32). The sums of a gate stay in registers. */
INLINE void weigh(const float *restrict drive, const float *restrict bias, const float *restrict recurrent,
                  const float *restrict hidden, float *restrict gates)
{
    for (int gate = 0; gate < 4; gate++) {
        floats sums[PADDED / FLOATS];
        for (int part = 0; part < PADDED / FLOATS; part++)
            sums[part] = *(const floats *)(drive + gate * UNITS + part * FLOATS) +
                         *(const floats *)(bias + gate * PADDED + part * FLOATS);
        for (int unit = 0; unit < UNITS; unit++)
            for (int part = 0; part < PADDED / FLOATS; part++)
                sums[part] += hidden[unit] * *(const floats *)(recurrent + unit * COLUMNS + gate * PADDED + part * FLOATS);
        for (int part = 0; part < PADDED / FLOATS; part++)
            *(floats *)(gates + gate * PADDED + part * FLOATS) = sums[part];
    }
}

/* One frame of one direction. */
INLINE void cells(const float *drive, const float *bias, const float *recurrent, const float *peepholes,
                  float *state, float *hidden, float *out)
{
    float gates[COLUMNS], squashed[3 * PADDED], shown[2 * PADDED];
    weigh(drive, bias, recurrent, hidden, gates);
    for (int at = 0; at < PADDED; at++) {
        squashed[at] = gates[at] + state[at] * peepholes[at];
        squashed[PADDED + at] = gates[PADDED + at] + state[at] * peepholes[PADDED + at];
        squashed[2 * PADDED + at] = 2.f * gates[2 * PADDED + at];
    }
    squash(squashed, 3 * PADDED);
    for (int at = 0; at < PADDED; at++) {
        state[at] = (2.f * squashed[2 * PADDED + at] - 1.f) * squashed[at] + state[at] * squashed[PADDED + at];
        shown[at] = gates[3 * PADDED + at] + state[at] * peepholes[2 * PADDED + at];
        shown[PADDED + at] = 2.f * state[at];
    }
    squash(shown, 2 * PADDED);
    for (int at = 0; at < PADDED; at++)
        hidden[at] = (2.f * shown[PADDED + at] - 1.f) * shown[at];
    for (int at = 0; at < UNITS; at++)
        out[at] = hidden[at];
}

/* Two directions at once, the second from the last frame to the first: while one waits for its functions, the other's
 * sums are taken. ahead and back: (frames, 100) weighted inputs, a frame every `apart` floats, the gates side by side:
 * input, forget, cell, output; readable to a vector behind their end. Of both directions, one behind the other: bias (4, 32), recurrent (25, 4, 32),
 * peepholes (3, 32) of input, forget, output, state and hidden (32), padded with zeros; the latter two are those of the
 * frame before the first, and then those of the last. out: (frames, 25), a frame every `stride` floats.
 *
 * tanh(x) is taken as 2 / (1 + exp(-2 x)) - 1, so that all five functions of a frame are two rows of numbers. */
KERNEL void recurrent_scan(const float *ahead, const float *back, int64_t apart, int64_t frames, const float *bias,
                           const float *recurrent, const float *peepholes, float *state, float *hidden,
                           float *out_ahead, float *out_back, int64_t stride)
{
    for (int64_t frame = 0; frame < frames; frame++) {
        int64_t mirrored = frames - 1 - frame;
        cells(ahead + frame * apart, bias, recurrent, peepholes, state, hidden, out_ahead + frame * stride);
        cells(back + mirrored * apart, bias + COLUMNS, recurrent + UNITS * COLUMNS, peepholes + 3 * PADDED,
              state + PADDED, hidden + PADDED, out_back + mirrored * stride);
    }
}
