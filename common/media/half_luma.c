/* Luma reduced 2x2. */
#include "common/media/half_luma.h"
#include "common/media/half_luma_rows.h"

static void planar_row_plain(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                             uint32_t pairs)
{
    fr_half_luma_row_plain(upper, lower, half, pairs, 1);
}

static void packed_row_plain(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                             uint32_t pairs)
{
    fr_half_luma_row_plain(upper, lower, half, pairs, 2);
}

static const struct fr_half_luma_rows plain = {planar_row_plain, packed_row_plain};

static const struct fr_half_luma_rows *rows_at(enum fr_simd level)
{
    switch (level) {
#ifdef FR_SIMD_X86
    case FR_SIMD_AVX512:
    case FR_SIMD_AVX2:
        return &fr_half_luma_avx2;
    case FR_SIMD_SSE2:
        return &fr_half_luma_sse2;
#endif
#ifdef FR_SIMD_ARM
    case FR_SIMD_NEON:
        return &fr_half_luma_neon;
#endif
    default:
        return &plain;
    }
}

void fr_half_luma_at(enum fr_simd level, const struct fr_luma *luma, uint8_t *half,
                     uint32_t half_stride_bytes)
{
    const struct fr_half_luma_rows *rows = rows_at(level);
    const uint32_t pairs = luma->width_px / 2;
    const size_t last = (size_t)(luma->width_px - 1) * luma->step_bytes;

    for (uint32_t y = 0; y < luma->height_px; y += 2, half += half_stride_bytes) {
        const uint8_t *upper = luma->data + (size_t)y * luma->stride_bytes;
        const uint8_t *lower = y + 1 < luma->height_px ? upper + luma->stride_bytes : upper;

        if (luma->step_bytes == 1)
            rows->planar(upper, lower, half, pairs);
        else if (luma->step_bytes == 2)
            rows->packed(upper, lower, half, pairs);
        else
            fr_half_luma_row_plain(upper, lower, half, pairs, luma->step_bytes);
        if (luma->width_px % 2)
            half[pairs] = (uint8_t)((upper[last] + lower[last] + 1) >> 1);
    }
}

void fr_half_luma(const struct fr_luma *luma, uint8_t *half, uint32_t half_stride_bytes)
{
    fr_half_luma_at(fr_simd(), luma, half, half_stride_bytes);
}
