/* Transformers in float32 on weights as they lie in their file, of 16 bits or 32: products, and a small Mistral.
 *
 * Sums are in an order of their own, the same for a row whatever it is worked at beside: results differ from other
 * software's by rounding. products.h is compiled for each width that a processor's vectors may have, and the widest that
 * it has is taken: compilers lower wider vectors than there are to slow code, which is why KERNEL does not do here.
 */
#include <math.h>
#include <string.h>

#include "kernels.h"

enum { FLOAT32, BFLOAT16, FLOAT16 };
#define PANEL 512 /* inputs that are worked at together: their widened weights stay in the nearest cache */

struct matrix {
    const void *weights; /* (outs, ins) */
    int64_t outs, ins;
    int32_t kind;
};

struct language { /* a small Mistral */
    int64_t layers, width, heads, groups, head_width, inside;
    int64_t room; /* positions of a sequence, a multiple of 16 */
    float eps;
    const float *norms;           /* (2 layers + 1, width) */
    const struct matrix *weights; /* a layer: queries, keys, values, out, gate, up, down; at last the head */
    const float *cosines, *sines; /* (room, head_width / 2) */
};

static float scalar(const void *weights, int kind, int64_t place) {
    union { uint32_t bits; float value; } one;
    if (kind == FLOAT32) return ((const float *)weights)[place];
    uint32_t bits = ((const uint16_t *)weights)[place];
    one.bits = kind == BFLOAT16 ? bits << 16 : (bits & 0x7fff) << 13;
    if (kind == BFLOAT16) return one.value;
    one.value *= 0x1p112f;
    one.bits |= (bits & 0x8000) << 16;
    return one.value;
}

#define JOINED(name, lanes) name##_##lanes
#define WITH(name, lanes) JOINED(name, lanes)
#define NAMED(name) WITH(name, LANES)

#define LANES 4
#define TILE 4
#include "products.h"
#include "language.h"
#undef vec
#undef ints
#undef halves
#undef LANES

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WIDER
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define LANES 8
#include "products.h"
#include "language.h"
#undef vec
#undef ints
#undef halves
#undef LANES
#undef TILE
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#define LANES 16
#define TILE 8
#include "products.h"
#include "language.h"
#pragma GCC pop_options
#endif

/* How wide the processor's vectors are; ``lanes`` of 4 or 8 asks for less. */
static int widest(int lanes) {
#ifdef WIDER
    if ((!lanes || lanes >= 16) && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return 16;
    if ((!lanes || lanes >= 8) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 8;
#endif
    return 4;
}
#ifdef WIDER
#define CHOSEN(lanes, name, ...) \
    switch (widest(lanes)) { \
    case 16: name##_16(__VA_ARGS__); break; \
    case 8: name##_8(__VA_ARGS__); break; \
    default: name##_4(__VA_ARGS__); \
    }
#else
#define CHOSEN(lanes, name, ...) name##_4(__VA_ARGS__)
#endif
#define VISIBLE __attribute__((visibility("default")))

/* Into ``out`` (outs, stride), or added to it: weights times x for ``rows`` rows, one or a multiple of 16. Feature k of
 * x begins at ``places[k]`` floats, which a convolution uses to look at its neighbours. */
VISIBLE void product(const struct matrix *matrix, const float *x, const int32_t *places, int64_t rows, float *out,
                     int64_t stride, int32_t adds, int32_t lanes) {
    CHOSEN(lanes, product, matrix, x, places, rows, out, stride, adds)
}

/* ``rows`` positions of some sequences through all layers: the position ``places[row]`` of ``sequences[row]``, those of
 * one sequence in their order, behind what is in ``keys`` (layers, sequences, groups, head_width, room) and ``values``
 * (layers, sequences, groups, room, head_width). ``hidden`` (width, stride) are their embeddings, and overwritten;
 * ``logits`` (vocabulary, stride of the asked) are those of the rows ``asked``. ``work`` holds stride
 * * (2 * width + 2 * (heads + groups) * head_width + 2 * inside) + room + head_width floats. */
VISIBLE void language(const struct language *model, float *hidden, int64_t rows, const int32_t *sequences,
                      const int32_t *places, int64_t sequences_held, float *keys, float *values, const int32_t *asked,
                      int64_t asked_rows, float *logits, float *work, int32_t lanes) {
    CHOSEN(lanes, language, model, hidden, rows, sequences, places, sequences_held, keys, values, asked, asked_rows,
           logits, work)
}

/* What a convolution gave, (channels, in_plane) of lines ``stride`` long, through its batch norm (scale, shift), ReLU
 * and max pooling of ``pool`` x ``pool``, 1 or 2, into the middle of ``out`` (channels, bins + 2, times + 2), whose rim
 * stays as it is. ``line`` holds stride floats. */
KERNEL void pooled(const float *in, int64_t channels, int64_t in_plane, int64_t stride, const float *scale,
                   const float *shift, int64_t pool, int64_t bins, int64_t times, float *restrict line,
                   float *restrict out) {
    for (int64_t channel = 0; channel < channels; channel++)
        for (int64_t bin = 0; bin < bins; bin++) {
            const float *from = in + channel * in_plane + bin * pool * stride, *below = from + (pool - 1) * stride;
            const float by = scale[channel], add = shift[channel];
            float *restrict to = out + (channel * (bins + 2) + bin + 1) * (times + 2) + 1;
            for (int64_t time = 0; time < times * pool; time++) {
                const float one = from[time] * by + add, other = below[time] * by + add;
                const float larger = one > other ? one : other;
                line[time] = larger > 0 ? larger : 0;
            }
            if (pool == 1)
                memcpy(to, line, (size_t)times * sizeof(float));
            else
                for (int64_t time = 0; time < times; time++)
                    to[time] = line[2 * time] > line[2 * time + 1] ? line[2 * time] : line[2 * time + 1];
        }
}
