/* Products and elementwise functions on vectors of LANES floats; included once for each width (transformer.c).
 *
 * Whatever is worked at stands feature by feature: (features, stride) floats, one row (a position, a step, a pixel) a
 * lane, so that nothing has to be summed across a vector. ``stride`` is 1 for one row alone, else a multiple of 16.
 */

typedef float NAMED(vec) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t NAMED(ints) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint16_t NAMED(halves) __attribute__((vector_size(2 * LANES), aligned(2), may_alias));
#define vec NAMED(vec)
#define ints NAMED(ints)
#define halves NAMED(halves)

INLINE vec NAMED(either)(ints mask, vec yes, vec no) { return (vec)(((ints)yes & mask) | ((ints)no & ~mask)); }
INLINE vec NAMED(larger)(vec one, vec other) { return NAMED(either)(one > other, one, other); }

/* e^x within 2 units in the last place: Cephes' polynomial behind the nearest power of two. */
INLINE vec NAMED(exponential)(vec x) {
    x = NAMED(larger)(x, (vec){} - 87.0f);
    x = NAMED(either)(x < 88.0f, x, (vec){} + 88.0f);
    const float magic = 12582912.0f; /* 1.5 * 2^23: rounds to whole numbers */
    vec power = (x * 1.44269504f + magic) - magic;
    vec rest = x - power * 0.693359375f + power * 2.12194440e-4f;
    vec sum = rest * 1.9875691500e-4f + 1.3981999507e-3f;
    sum = sum * rest + 8.3334519073e-3f;
    sum = sum * rest + 4.1665795894e-2f;
    sum = sum * rest + 1.6666665459e-1f;
    sum = sum * rest + 5.0000001201e-1f;
    sum = sum * rest * rest + rest + 1.0f;
    return sum * (vec)((__builtin_convertvector(power, ints) + 127) << 23);
}

/* LANES weights as float32. A half is moved to the exponent of a float, which is exact, also for subnormal ones. */
INLINE vec NAMED(widened)(const void *weights, int kind, int64_t place) {
    if (kind == FLOAT32) return *(const vec *)((const float *)weights + place);
    const uint16_t *here = (const uint16_t *)weights + place;
#if LANES == 16 /* compilers do these in two steps */
    if (kind == FLOAT16) return (vec)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)here));
    ints bits = (ints)_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)here));
#else
    ints bits = __builtin_convertvector(*(const halves *)here, ints);
#endif
    if (kind == BFLOAT16) return (vec)(bits << 16);
    vec magnitude = (vec)((bits & 0x7fff) << 13) * 0x1p112f;
    return (vec)((ints)magnitude | ((bits & 0x8000) << 16));
}

/* By halves: the lanes' sums do not wait for one another. */
INLINE float NAMED(sum)(vec x) {
#ifdef __clang__
    return x[0] + x[2] + (x[1] + x[3]);
#else
    ints other;
    for (int apart = LANES / 2; apart; apart /= 2) {
#pragma GCC unroll 16
        for (int lane = 0; lane < LANES; lane++) other[lane] = lane ^ apart;
        x += __builtin_shuffle(x, other);
    }
    return x[0];
#endif
}

/* ``height`` rows of weights times ``vectors`` vectors of rows, into out or added to it. */
INLINE void NAMED(tile)(const float *weights, const float *x, const int32_t *places, int64_t count, float *out,
                        int64_t stride, int adds, const int height, const int vectors) {
    vec sums[8][2];
#pragma GCC unroll 8
    for (int row = 0; row < height; row++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) sums[row][v] = (vec){};
    for (int64_t k = 0; k < count; k++) {
        const float *here = x + places[k];
        vec given[2];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) given[v] = *(const vec *)(here + v * LANES);
#pragma GCC unroll 8
        for (int row = 0; row < height; row++)
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) sums[row][v] += weights[row * PANEL + k] * given[v];
    }
#pragma GCC unroll 8
    for (int row = 0; row < height; row++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            vec *place = (vec *)(out + row * stride + v * LANES);
            if (adds) sums[row][v] += *place;
            *place = sums[row][v];
        }
}

INLINE void NAMED(strip)(const float *panel, const float *x, const int32_t *places, int64_t count, float *out,
                         int64_t stride, int64_t rows, int adds, const int height) {
    int64_t row = 0;
    for (; row + 2 * LANES <= rows; row += 2 * LANES)
        NAMED(tile)(panel, x + row, places, count, out + row, stride, adds, height, 2);
    for (; row < rows; row += LANES) NAMED(tile)(panel, x + row, places, count, out + row, stride, adds, height, 1);
}

/* Weights (outs, ins) times x for ``rows`` rows, a multiple of LANES. Its feature k begins at ``places[k]``; without
 * ``places`` it is as far apart as in ``out``. */
static void NAMED(many)(const struct matrix *matrix, const float *x, const int32_t *places, int64_t rows, float *out,
                        int64_t stride, int adds) {
    float panel[TILE * PANEL];
    int32_t even[PANEL];
    for (int64_t begin = 0; begin < matrix->outs; begin += TILE) {
        int64_t height = matrix->outs - begin < TILE ? matrix->outs - begin : TILE;
        for (int64_t from = 0; from < matrix->ins; from += PANEL) {
            int64_t count = matrix->ins - from < PANEL ? matrix->ins - from : PANEL;
            for (int64_t row = 0; row < height; row++) {
                int64_t place = (begin + row) * matrix->ins + from, k = 0;
                for (; k + LANES <= count; k += LANES)
                    *(vec *)(panel + row * PANEL + k) = NAMED(widened)(matrix->weights, matrix->kind, place + k);
                for (; k < count; k++) panel[row * PANEL + k] = scalar(matrix->weights, matrix->kind, place + k);
            }
            if (!places)
                for (int64_t k = 0; k < count; k++) even[k] = (int32_t)((from + k) * stride);
            const int32_t *there = places ? places + from : even;
            float *to = out + begin * stride;
            const int again = adds || from;
            if (height == TILE)
                NAMED(strip)(panel, x, there, count, to, stride, rows, again, TILE);
            else
                for (int64_t row = 0; row < height; row++)
                    NAMED(strip)(panel + row * PANEL, x, there, count, to + row * stride, stride, rows, again, 1);
        }
    }
}

/* The same for one row, (ins,) floats: the memory is read once, and that is what it costs. */
INLINE void NAMED(single)(const struct matrix *matrix, const float *x, float *out, int adds, const int kind) {
    const int64_t ins = matrix->ins, size = kind == FLOAT32 ? 4 : 2;
    for (int64_t row = 0; row < matrix->outs; row += 4) {
        vec sums[4] = {};
        float ends[4] = {};
        const int64_t height = matrix->outs - row < 4 ? matrix->outs - row : 4;
        int64_t k = 0;
        for (; k + LANES <= ins; k += LANES) {
            vec given = *(const vec *)(x + k);
            for (int one = 0; one < 4; one++) /* the next rows: the processor's own looking ahead ends with each page */
                __builtin_prefetch((const char *)matrix->weights + ((row + 4 + one) * ins + k) * size);
#pragma GCC unroll 4
            for (int one = 0; one < 4; one++) /* the first row stands in for one that is not there */
                sums[one] += given * NAMED(widened)(matrix->weights, kind, (row + (one < height ? one : 0)) * ins + k);
        }
        for (; k < ins; k++)
            for (int one = 0; one < height; one++)
                ends[one] += x[k] * scalar(matrix->weights, kind, (row + one) * ins + k);
        for (int one = 0; one < height; one++)
            out[row + one] = (adds ? out[row + one] : 0.0f) + NAMED(sum)(sums[one]) + ends[one];
    }
}

static void NAMED(product)(const struct matrix *matrix, const float *x, const int32_t *places, int64_t rows, float *out,
                           int64_t stride, int adds) {
    if (stride > 1)
        NAMED(many)(matrix, x, places, rows, out, stride, adds);
    else if (matrix->kind == BFLOAT16)
        NAMED(single)(matrix, x, out, adds, BFLOAT16);
    else
        NAMED(single)(matrix, x, out, adds, matrix->kind);
}
