/* Magnitude spectra of frames of sound, summed in bands, on a logarithmic scale. */
#include <float.h>
#include <math.h>

#include "kernels.h"
#include "vectors.h"

/* Complex numbers stand in two rows: all real parts, all imaginary parts. */
struct row {
    float *re, *im;
};

/* The first step of the transform, of rows of `quarter` numbers; results of four neighbours stand side by side. turns:
 * (3, 2, quarter), the real and the imaginary parts of e^(-2 pi i n k / (4 quarter)) for n = 1, 2, 3. */
INLINE void first_step(int64_t quarter, const float *restrict a, const float *restrict b, float *restrict re,
                       float *restrict im, const float *restrict turns)
{
    for (int64_t at = 0; at < quarter; at++) {
        float r0 = a[at], r1 = a[at + quarter], r2 = a[at + 2 * quarter], r3 = a[at + 3 * quarter];
        float i0 = b[at], i1 = b[at + quarter], i2 = b[at + 2 * quarter], i3 = b[at + 3 * quarter];
        float pr = r0 + r2, pi = i0 + i2, mr = r0 - r2, mi = i0 - i2;
        float qr = r1 + r3, qi = i1 + i3, nr = i1 - i3, ni = r3 - r1; /* -i times the difference */
        float xr = mr + nr, xi = mi + ni, yr = pr - qr, yi = pi - qi, zr = mr - nr, zi = mi - ni;
        const float *one = turns + at, *two = one + 2 * quarter, *three = two + 2 * quarter;
        re[4 * at] = pr + qr;
        im[4 * at] = pi + qi;
        re[4 * at + 1] = xr * one[0] - xi * one[quarter];
        im[4 * at + 1] = xr * one[quarter] + xi * one[0];
        re[4 * at + 2] = yr * two[0] - yi * two[quarter];
        im[4 * at + 2] = yr * two[quarter] + yi * two[0];
        re[4 * at + 3] = zr * three[0] - zi * three[quarter];
        im[4 * at + 3] = zr * three[quarter] + zi * three[0];
    }
}

/* Butterflies of `width` neighbours, a vector at once: from four places `apart`, to four places `width` from each
 * other, turned by three numbers. */
#define BUTTERFLIES(NAME, VECTOR)                                                                                       \
    INLINE void NAME(int64_t width, int64_t apart, const float *a, const float *b, float *re, float *im,                \
                     float r1, float i1, float r2, float i2, float r3, float i3)                                        \
    {                                                                                                                   \
        for (int64_t at = 0; at < width; at += (int64_t)(sizeof(VECTOR) / sizeof(float))) {                             \
            VECTOR ar = AT(VECTOR, a, at), br = AT(VECTOR, a, at + apart);                                              \
            VECTOR cr = AT(VECTOR, a, at + 2 * apart), dr = AT(VECTOR, a, at + 3 * apart);                              \
            VECTOR ai = AT(VECTOR, b, at), bi = AT(VECTOR, b, at + apart);                                              \
            VECTOR ci = AT(VECTOR, b, at + 2 * apart), di = AT(VECTOR, b, at + 3 * apart);                              \
            VECTOR pr = ar + cr, pi = ai + ci, mr = ar - cr, mi = ai - ci;                                              \
            VECTOR qr = br + dr, qi = bi + di, nr = bi - di, ni = dr - br;                                              \
            VECTOR xr = mr + nr, xi = mi + ni, yr = pr - qr, yi = pi - qi, zr = mr - nr, zi = mi - ni;                  \
            AT(VECTOR, re, at) = pr + qr;                                                                               \
            AT(VECTOR, im, at) = pi + qi;                                                                               \
            AT(VECTOR, re, at + width) = xr * r1 - xi * i1;                                                             \
            AT(VECTOR, im, at + width) = xr * i1 + xi * r1;                                                             \
            AT(VECTOR, re, at + 2 * width) = yr * r2 - yi * i2;                                                         \
            AT(VECTOR, im, at + 2 * width) = yr * i2 + yi * r2;                                                         \
            AT(VECTOR, re, at + 3 * width) = zr * r3 - zi * i3;                                                         \
            AT(VECTOR, im, at + 3 * width) = zr * i3 + zi * r3;                                                         \
        }                                                                                                               \
    }
#define AT(VECTOR, row, place) (*(VECTOR *)((row) + (place)))
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
BUTTERFLIES(butterflies, floats)
BUTTERFLIES(four_butterflies, four)

/* The last step of sizes that are no power of four. */
INLINE void last_step(int64_t width, const float *restrict from, float *restrict to)
{
    for (int64_t at = 0; at < width; at++) {
        to[at] = from[at] + from[at + width];
        to[at + width] = from[at] - from[at + width];
    }
}

/* The discrete Fourier transform of `size` complex numbers, a power of two and 16 or more, in order (Stockham's way:
 * after each step more neighbours are done). Returns whichever of the two rows holds it. */
INLINE struct row transform(int64_t size, struct row from, struct row to, const float *turns)
{
    int64_t quarter = size / 4;
    first_step(quarter, from.re, from.im, to.re, to.im, turns);
    for (int64_t width = 4, left = quarter; left > 1;) {
        struct row done = to;
        to = from;
        from = done;
        if (left == 2) {
            last_step(width, from.re, to.re);
            last_step(width, from.im, to.im);
            break;
        }
        for (int64_t part = 0; part < left / 4; part++) {
            const float *turn = turns + part * width;
            const float *a = from.re + part * width, *b = from.im + part * width;
            float *re = to.re + 4 * part * width, *im = to.im + 4 * part * width;
            float r1 = turn[0], i1 = turn[quarter], r2 = turn[2 * quarter], i2 = turn[3 * quarter];
            float r3 = turn[4 * quarter], i3 = turn[5 * quarter];
            if (width == 4)
                four_butterflies(4, quarter, a, b, re, im, r1, i1, r2, i2, r3, i3);
            else
                butterflies(width, quarter, a, b, re, im, r1, i1, r2, i2, r3, i3);
        }
        width *= 4;
        left /= 4;
    }
    return to;
}

/* log10(1 + x) of numbers that are not negative: the exponent's bits, and Cephes' polynomial for the rest (1e-7). */
INLINE void logarithms(float *restrict values, int64_t count)
{
    for (int64_t at = 0; at < count; at++) {
        union { float value; int32_t bits; } whole = {values[at] + 1.f}, part;
        int32_t exponent = (whole.bits - 0x3f3504f3) >> 23; /* the rest lies between the roots of 1/2 and of 2 */
        part.bits = whole.bits - exponent * (1 << 23);
        float x = part.value - 1.f, square = x * x, p = 7.0376836292e-2f;
        p = p * x - 1.1514610310e-1f;
        p = p * x + 1.1676998740e-1f;
        p = p * x - 1.2420140846e-1f;
        p = p * x + 1.4249322787e-1f;
        p = p * x - 1.6668057665e-1f;
        p = p * x + 2.0000714765e-1f;
        p = p * x - 2.4999993993e-1f;
        p = p * x + 3.3333331174e-1f;
        p = p * x * square - 0.5f * square;
        float e = (float)exponent;
        /* log10(2) and log10(e), each in a part that is exact and a small rest */
        float low = (p + x) * 7.00731903251827651129e-4f + p * 4.3359375e-1f + e * 2.48745664e-4f;
        float found = x * 4.3359375e-1f + low + e * 3.0078125e-1f;
        values[at] = whole.value <= FLT_MAX ? found : whole.value;
    }
}

/* Magnitudes of `half` bins of real samples from the transform of their pairs (re, im): those up to `most` from the
 * front, and as many below `back`, the end. halves: (2, half / 2 + 1), e^(-pi i k / half). */
INLINE void measure(int64_t half, int64_t most, const float *restrict re, const float *restrict im,
                    const float *restrict halves, float *restrict front, float *restrict back)
{
    front[0] = fabsf(re[0] + im[0]);
    for (int64_t at = 1; at < most; at++) {
        float er = (re[at] + re[half - at]) * 0.5f, ei = (im[at] - im[half - at]) * 0.5f;
        float or = (im[at] + im[half - at]) * 0.5f, oi = (re[half - at] - re[at]) * 0.5f;
        float c = halves[at], s = halves[half / 2 + 1 + at];
        float tr = or * c - oi * s, ti = or * s + oi * c;
        front[at] = sqrtf((er + tr) * (er + tr) + (ei + ti) * (ei + ti));
        back[-at] = sqrtf((er - tr) * (er - tr) + (ei - ti) * (ei - ti));
    }
}

/* Sums of magnitudes with the weights of each band. */
INLINE void sum_bands(int64_t bands, const int64_t *restrict starts, const int64_t *restrict lengths,
                      const float *restrict weights, const float *restrict magnitudes, float *restrict out)
{
    for (int64_t band = 0; band < bands; band++) {
        const float *seen = magnitudes + starts[band];
        int64_t length = lengths[band], at = 0;
        float rest = 0;
        if (length >= FLOATS) {
            floats sums = {0};
            for (; at + FLOATS <= length; at += FLOATS)
                sums += *(const floats *)(seen + at) * *(const floats *)(weights + at);
            for (int lane = 0; lane < FLOATS; lane++)
                rest += sums[lane];
        }
        for (; at < length; at++)
            rest += seen[at] * weights[at];
        out[band] = rest;
        weights += length;
    }
}

/* Pairs of samples in a window as complex numbers. */
INLINE void see(int64_t half, const float *restrict samples, const float *restrict window, float *restrict re,
                float *restrict im)
{
    for (int64_t at = 0; at < half; at++) {
        re[at] = samples[2 * at] * window[2 * at];
        im[at] = samples[2 * at + 1] * window[2 * at + 1];
    }
}

/* out (frames, bands): log10(1 + the weighted sum of magnitudes) of frames of `size` samples, each `hop` behind the one
 * before, with a window (size). A band has `lengths` weights from the bin `starts` on, one band's behind another's; none
 * reaches to the bin `bins` or beyond. turns: (3, 2, size / 8), as first_step takes them; halves: (2, size / 4 + 1), as
 * measure does. work: 3 size floats. */
KERNEL void band_spectra(const float *samples, int64_t frames, int64_t hop, int64_t size, const float *window,
                         const float *turns, const float *halves, int64_t bins, int64_t bands, const int64_t *starts,
                         const int64_t *lengths, const float *weights, float *work, float *out)
{
    int64_t half = size / 2, most = bins < half / 2 + 1 ? bins : half / 2 + 1;
    struct row first = {work, work + half}, second = {work + size, work + size + half};
    float *magnitudes = work + 2 * size;
    for (int64_t frame = 0; frame < frames; frame++) {
        see(half, samples + frame * hop, window, first.re, first.im);
        struct row found = transform(half, first, second, turns);
        measure(half, most, found.re, found.im, halves, magnitudes, magnitudes + half);
        sum_bands(bands, starts, lengths, weights, magnitudes, out + frame * bands);
        logarithms(out + frame * bands, bands);
    }
}

/* out (frames, size / 2 + 1): the magnitudes themselves. The rest is as for band_spectra; work: 2 size floats. */
KERNEL void magnitude_spectra(const float *samples, int64_t frames, int64_t hop, int64_t size, const float *window,
                              const float *turns, const float *halves, float *work, float *out)
{
    int64_t half = size / 2;
    struct row first = {work, work + half}, second = {work + size, work + size + half};
    for (int64_t frame = 0; frame < frames; frame++, out += half + 1) {
        see(half, samples + frame * hop, window, first.re, first.im);
        struct row found = transform(half, first, second, turns);
        measure(half, half / 2 + 1, found.re, found.im, halves, out, out + half);
        out[half] = fabsf(found.re[0] - found.im[0]);
    }
}
