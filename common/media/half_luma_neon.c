/* Luma reduced 2x2 by NEON. */
#include "common/media/half_luma_rows.h"

#ifdef FR_SIMD_ARM
#include <arm_neon.h>

enum { AT_ONCE = 16 };

/* Eight pixels, out of 16 of each row: neighbours are added in pairs, and the shift rounds. */
static inline uint8x8_t reduce_8(uint8x16_t upper, uint8x16_t lower)
{
    return vrshrn_n_u16(vpadalq_u8(vpaddlq_u8(upper), lower), 2);
}

static inline void planar_16(const uint8_t *upper, const uint8_t *lower, uint8_t *half)
{
    vst1q_u8(half, vcombine_u8(reduce_8(vld1q_u8(upper), vld1q_u8(lower)),
                               reduce_8(vld1q_u8(upper + 16), vld1q_u8(lower + 16))));
}

/* 16 pixels of packed luma; loading takes the bytes in between away. */
static inline uint8x16_t luma(const uint8_t *bytes, bool is_last)
{
    return is_last ? vld2q_u8(bytes - 1).val[1] : vld2q_u8(bytes).val[0];
}

static inline void packed_16(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                             bool is_last)
{
    vst1q_u8(half, vcombine_u8(reduce_8(luma(upper, is_last), luma(lower, is_last)),
                               reduce_8(luma(upper + 32, is_last), luma(lower + 32, is_last))));
}

static void planar_row(const uint8_t *upper, const uint8_t *lower, uint8_t *half, uint32_t pairs)
{
    if (pairs < AT_ONCE) {
        fr_half_luma_row_plain(upper, lower, half, pairs, 1);
        return;
    }
    const size_t last = pairs - AT_ONCE;
    for (size_t x = 0; x < last; x += AT_ONCE)
        planar_16(upper + 2 * x, lower + 2 * x, half + x);
    planar_16(upper + 2 * last, lower + 2 * last, half + last);
}

static void packed_row(const uint8_t *upper, const uint8_t *lower, uint8_t *half, uint32_t pairs)
{
    if (pairs <= AT_ONCE) {
        fr_half_luma_row_plain(upper, lower, half, pairs, 2);
        return;
    }
    const size_t last = pairs - AT_ONCE;
    for (size_t x = 0; x < last; x += AT_ONCE)
        packed_16(upper + 4 * x, lower + 4 * x, half + x, false);
    packed_16(upper + 4 * last, lower + 4 * last, half + last, true);
}

const struct fr_half_luma_rows fr_half_luma_neon = {planar_row, packed_row};

#endif
