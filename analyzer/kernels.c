#include "analyzer/kernels.h"

const struct fr_kernels *fr_kernels_at(enum fr_simd level)
{
    switch (level) {
#ifdef FR_SIMD_X86
    case FR_SIMD_AVX512:
        return &fr_kernels_avx512;
    case FR_SIMD_AVX2:
        return &fr_kernels_avx2;
    case FR_SIMD_SSE2:
        return &fr_kernels_sse2;
#endif
#ifdef FR_SIMD_ARM
    case FR_SIMD_NEON:
        return &fr_kernels_neon;
#endif
    default:
        return NULL;
    }
}
