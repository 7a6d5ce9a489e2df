/* Vectors of the width that every processor has for which there is a clone: GCC and Clang make instructions of them. */
#pragma GCC diagnostic ignored "-Wpsabi" /* no vector is handed to a function that is not inlined */
#if defined(__x86_64__)
enum { VECTOR_BYTES = 32 };
#else
enum { VECTOR_BYTES = 16 };
#endif
enum { FLOATS = VECTOR_BYTES / 4, DOUBLES = VECTOR_BYTES / 8 };
typedef float floats __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef double doubles __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));
typedef int64_t longs __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));
