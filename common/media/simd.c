/* Which of this machine's instructions the kernels over pixels use. */
#include "common/media/simd.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The address sanitizer has frames of its own, which gcc 12 and clang 14 align too little for
 * vectors of 64 bytes (GCC's bug 110027, LLVM's issue 91565). */
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define IS_STACK_MOVED true
#endif
#endif
#if defined __SANITIZE_ADDRESS__
#define IS_STACK_MOVED true
#endif
#ifndef IS_STACK_MOVED
#define IS_STACK_MOVED false
#endif

static const char *const names[FR_SIMD_LEVELS] = {
    [FR_SIMD_PLAIN] = "plain",   [FR_SIMD_SSE2] = "sse2", [FR_SIMD_AVX2] = "avx2",
    [FR_SIMD_AVX512] = "avx512", [FR_SIMD_NEON] = "neon",
};

const char *fr_simd_name(enum fr_simd level)
{
    return names[level];
}

bool fr_simd_has(enum fr_simd level)
{
    switch (level) {
    case FR_SIMD_PLAIN:
        return true;
#ifdef FR_SIMD_X86
    case FR_SIMD_SSE2:
        return true;
    case FR_SIMD_AVX2:
        /* The processor, and the system that saves its registers. */
        return __builtin_cpu_supports("avx2");
    case FR_SIMD_AVX512:
        if (IS_STACK_MOVED)
            return false;
        /* Processors without the last of these run slower for a while wherever they use it. */
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vbmi");
#endif
#ifdef FR_SIMD_ARM
    case FR_SIMD_NEON:
        return true;
#endif
    default:
        return false;
    }
}

static enum fr_simd choose(void)
{
    const char *wanted = getenv("FRAMERING_SIMD");
    enum fr_simd best = FR_SIMD_PLAIN;

    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++) {
        if (!fr_simd_has(level))
            continue;
        best = level;
        if (wanted && strcmp(wanted, names[level]) == 0)
            break;
    }
    return best;
}

enum fr_simd fr_simd(void)
{
    /* Relaxed: whoever finds it not settled settles it alike, and nothing else goes with it. */
    static atomic_int settled = -1;
    int level = atomic_load_explicit(&settled, memory_order_relaxed);
    if (level < 0) {
        level = (int)choose();
        atomic_store_explicit(&settled, level, memory_order_relaxed);
    }
    return (enum fr_simd)level;
}

void *fr_simd_alloc(size_t n_bytes)
{
    void *memory = NULL;

    if (posix_memalign(&memory, FR_SIMD_ALIGN_BYTES, n_bytes) != 0)
        return NULL;
    return memset(memory, 0, n_bytes);
}
