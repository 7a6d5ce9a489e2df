/* A small Mistral, for vectors of LANES floats (products.h); transformer.c says what it is given. */

static void NAMED(norm)(const float *hidden, const float *weight, float eps, int64_t width, int64_t stride,
                        float *out) {
    if (stride == 1) {
        vec sums = {};
        float total = 0;
        int64_t k = 0;
        for (; k + LANES <= width; k += LANES) sums += *(const vec *)(hidden + k) * *(const vec *)(hidden + k);
        for (; k < width; k++) total += hidden[k] * hidden[k];
        const float scale = 1.0f / sqrtf((NAMED(sum)(sums) + total) / width + eps);
        for (k = 0; k < width; k++) out[k] = hidden[k] * scale * weight[k];
        return;
    }
    for (int64_t row = 0; row < stride; row += LANES) {
        vec scale = {};
        for (int64_t k = 0; k < width; k++) {
            vec here = *(const vec *)(hidden + k * stride + row);
            scale += here * here;
        }
        for (int lane = 0; lane < LANES; lane++) scale[lane] = 1.0f / sqrtf(scale[lane] / width + eps);
        for (int64_t k = 0; k < width; k++)
            *(vec *)(out + k * stride + row) = *(const vec *)(hidden + k * stride + row) * scale * weight[k];
    }
}

/* gate * sigmoid(gate) * up, into gate. */
static void NAMED(activate)(float *gate, const float *up, int64_t count) {
    int64_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        vec here = *(vec *)(gate + k);
        *(vec *)(gate + k) = here / (1.0f + NAMED(exponential)(-here)) * *(const vec *)(up + k);
    }
    for (; k < count; k++) gate[k] = gate[k] / (1.0f + expf(-gate[k])) * up[k];
}

/* One head's query (head_width,) over ``end`` positions of keys (head_width, room) and values (room, head_width). */
static void NAMED(attend)(const float *query, const float *keys, const float *values, int64_t end, int64_t room,
                          int64_t head_width, float *scores, float *out, int64_t stride) {
    const float scale = 1.0f / sqrtf((float)head_width);
    float highest = -INFINITY, total = 0;
    for (int64_t place = 0; place < end; place += LANES) {
        vec sums = {};
        for (int64_t k = 0; k < head_width; k++) sums += query[k] * *(const vec *)(keys + k * room + place);
        *(vec *)(scores + place) = sums * scale;
    }
    for (int64_t place = 0; place < end; place++) highest = scores[place] > highest ? scores[place] : highest;
    for (int64_t place = 0; place < end; place += LANES)
        *(vec *)(scores + place) = NAMED(exponential)(*(vec *)(scores + place) - highest);
    for (int64_t place = 0; place < end; place++) total += scores[place];
    int64_t k = 0;
    for (; k + LANES <= head_width; k += LANES) {
        vec mixed = {};
        for (int64_t place = 0; place < end; place++)
            mixed += scores[place] * *(const vec *)(values + place * head_width + k);
        for (int lane = 0; lane < LANES; lane++) out[(k + lane) * stride] = mixed[lane] / total;
    }
    for (; k < head_width; k++) {
        float mixed = 0;
        for (int64_t place = 0; place < end; place++) mixed += scores[place] * values[place * head_width + k];
        out[k * stride] = mixed / total;
    }
}

/* Rotary position embedding (Su et al., 2021) of one head, from ``stride`` floats apart to ``step`` floats apart. */
static void NAMED(turn)(const float *head, int64_t stride, const float *cosines, const float *sines, int64_t half,
                        float *out, int64_t step) {
    for (int64_t k = 0; k < half; k++) {
        const float first = head[k * stride], second = head[(k + half) * stride];
        out[k * step] = first * cosines[k] - second * sines[k];
        out[(k + half) * step] = second * cosines[k] + first * sines[k];
    }
}

static void NAMED(language)(const struct language *model, float *hidden, int64_t rows, const int32_t *sequences,
                            const int32_t *places, int64_t sequences_held, float *keys, float *values,
                            const int32_t *asked, int64_t asked_rows, float *logits, float *work) {
    const int64_t stride = rows == 1 ? 1 : (rows + 15) / 16 * 16, width = model->width, room = model->room;
    const int64_t D = model->head_width, H = model->heads, K = model->groups, I = model->inside;
    float *normed = work, *projected = normed + width * stride, *attended = projected + (H + 2 * K) * D * stride;
    float *inside = attended + H * D * stride, *scores = inside + 2 * I * stride, *query = scores + room;
    float *last = query + D;
    const struct matrix *weights = model->weights;
    for (int64_t layer = 0; layer < model->layers; layer++, weights += 7) {
        NAMED(norm)(hidden, model->norms + 2 * layer * width, model->eps, width, stride, normed);
        float *key_rows = projected + H * D * stride, *value_rows = key_rows + K * D * stride;
        NAMED(product)(weights, normed, NULL, stride, projected, stride, 0);
        NAMED(product)(weights + 1, normed, NULL, stride, key_rows, stride, 0);
        NAMED(product)(weights + 2, normed, NULL, stride, value_rows, stride, 0);
        for (int64_t row = 0; row < rows; row++) {
            const int64_t place = places[row], held = (layer * sequences_held + sequences[row]) * K;
            const float *cosines = model->cosines + place * D / 2, *sines = model->sines + place * D / 2;
            for (int64_t group = 0; group < K; group++) {
                float *value = values + ((held + group) * room + place) * D;
                NAMED(turn)(key_rows + group * D * stride + row, stride, cosines, sines, D / 2,
                            keys + (held + group) * D * room + place, room);
                for (int64_t k = 0; k < D; k++) value[k] = value_rows[(group * D + k) * stride + row];
            }
            for (int64_t head = 0; head < H; head++) {
                const int64_t group = held + head * K / H;
                NAMED(turn)(projected + head * D * stride + row, stride, cosines, sines, D / 2, query, 1);
                NAMED(attend)(query, keys + group * D * room, values + group * room * D, place + 1, room, D, scores,
                              attended + head * D * stride + row, stride);
            }
        }
        NAMED(product)(weights + 3, attended, NULL, stride, hidden, stride, 1);
        NAMED(norm)(hidden, model->norms + (2 * layer + 1) * width, model->eps, width, stride, normed);
        NAMED(product)(weights + 4, normed, NULL, stride, inside, stride, 0);
        NAMED(product)(weights + 5, normed, NULL, stride, inside + I * stride, stride, 0);
        NAMED(activate)(inside, inside + I * stride, I * stride);
        NAMED(product)(weights + 6, inside, NULL, stride, hidden, stride, 1);
    }
    if (!asked_rows) return;
    const int64_t few = asked_rows == 1 ? 1 : (asked_rows + 15) / 16 * 16;
    for (int64_t k = 0; k < width; k++)
        for (int64_t row = 0; row < few; row++)
            last[k * few + row] = row < asked_rows ? hidden[k * stride + asked[row]] : 0.0f;
    NAMED(norm)(last, model->norms + 2 * model->layers * width, model->eps, width, few, normed);
    NAMED(product)(weights, normed, NULL, few, logits, few, 0);
}
