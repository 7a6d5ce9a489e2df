/* What all compiled files share. */
#include <stddef.h>
#include <stdint.h>

/* KERNEL: a function that Python calls. On x86-64 Linux it is compiled several times, and the loader takes the widest
 * that the processor has: one build is fast on all of them. What it calls must be INLINE to share in that. */
#if defined(KERNEL) /* a build for one kind of processor alone, to measure */
#elif defined(__x86_64__) && defined(__ELF__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define KERNEL __attribute__((visibility("default"), target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__x86_64__) && defined(__ELF__) && defined(__GNUC__)
#define KERNEL __attribute__((visibility("default"), target_clones("avx2", "default")))
#else
#define KERNEL __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))
