/* Which of this machine's instructions the kernels over pixels use.
 *
 * Everything is built for the oldest machine of its kind; what newer ones can do more is chosen at
 * run time. A module with kernels has a table of functions for each level that is worth one, and a
 * function that takes the level:
 *
 *     static const struct rows *rows_at(enum fr_simd level)
 *     {
 *         switch (level) {
 *     #ifdef FR_SIMD_X86
 *         case FR_SIMD_AVX2:
 *             return &fr_half_luma_avx2;
 *     #endif
 *         default: // what has no kernel of its own uses the next lower level's
 *             return &plain;
 *         }
 *     }
 *
 * Its users call it with fr_simd(); its tests with each level that fr_simd_has(), beside
 * FR_SIMD_PLAIN, which is C alone and the oracle: all levels give the same to the bit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#if defined(__x86_64__)
#define FR_SIMD_X86 1
/* Before a function that may use AVX2, and is called where fr_simd_has(FR_SIMD_AVX2) alone. */
#define FR_SIMD_FOR_AVX2 __attribute__((target("avx2")))
/* The same for AVX-512. */
#define FR_SIMD_FOR_AVX512 __attribute__((target("avx512bw,avx512vl")))
#elif defined(__aarch64__)
#define FR_SIMD_ARM 1
#endif

/* In ascending order: a machine that has one has all before it of its own kind. */
enum fr_simd {
    FR_SIMD_PLAIN,
    FR_SIMD_SSE2,   /* x86-64: every one */
    FR_SIMD_AVX2,   /* x86-64: those made since about 2013 to 2017 */
    FR_SIMD_AVX512, /* x86-64: some of those made since about 2019 */
    FR_SIMD_NEON,   /* aarch64: every one */
    FR_SIMD_LEVELS,
};

/* n_bytes of memory, all 0, that begin at a multiple of FR_SIMD_ALIGN_BYTES: a vector that lies
 * over the end of a cache line is fetched twice. NULL: there are none. To be given to free(). */
enum { FR_SIMD_ALIGN_BYTES = 64 };
void *fr_simd_alloc(size_t n_bytes);

/* "plain", "sse2", "avx2", "avx512", "neon". */
const char *fr_simd_name(enum fr_simd level);

/* Whether this machine can do it. */
bool fr_simd_has(enum fr_simd level);

/* The level to be used: the best that this machine has; or, where the environment variable
 * FRAMERING_SIMD names one that it has, that one, for tests and to tell a wrong kernel from a wrong
 * picture. Settled by the first call, the same ever after. Any thread may call it. */
enum fr_simd fr_simd(void);
