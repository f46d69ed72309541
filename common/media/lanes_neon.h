/* lanes.h with NEON. */
#pragma once

#include "common/media/simd.h"

#ifdef FR_SIMD_ARM
#include <arm_neon.h>

#define FR_LANES        16
#define FR_LANES_KERNEL static
#include "common/media/lanes.h"

FR_LANES_INLINE words words_widen(const uint8_t *at)
{
    return (words)vmovl_u8(vld1_u8(at));
}

FR_LANES_INLINE bytes words_narrow(words low, words high)
{
    return (bytes)vqmovun_high_s16(vqmovun_s16((int16x8_t)low), (int16x8_t)high);
}

FR_LANES_INLINE words bytes_zip_low(bytes a, bytes b)
{
    return (words)vzip1q_u8((uint8x16_t)a, (uint8x16_t)b);
}

FR_LANES_INLINE words bytes_zip_high(bytes a, bytes b)
{
    return (words)vzip2q_u8((uint8x16_t)a, (uint8x16_t)b);
}

FR_LANES_INLINE bytes words_unzip(words low, words high)
{
    return words_narrow(low, high);
}

FR_LANES_INLINE bytes bytes_add(bytes a, bytes b)
{
    return (bytes)vqaddq_u8((uint8x16_t)a, (uint8x16_t)b);
}

FR_LANES_INLINE bytes bytes_sub(bytes a, bytes b)
{
    return (bytes)vqsubq_u8((uint8x16_t)a, (uint8x16_t)b);
}

FR_LANES_INLINE bytes bytes_max(bytes a, bytes b)
{
    return (bytes)vmaxq_u8((uint8x16_t)a, (uint8x16_t)b);
}

FR_LANES_INLINE bytes bytes_min(bytes a, bytes b)
{
    return (bytes)vminq_u8((uint8x16_t)a, (uint8x16_t)b);
}

FR_LANES_INLINE bool bytes_any(bytes a)
{
    return vmaxvq_u8((uint8x16_t)a) != 0;
}

FR_LANES_INLINE unsigned bytes_any_32(bytes a)
{
    return bytes_any(a);
}

FR_LANES_INLINE lane_bits bytes_bits(bytes mask)
{
    const uint8x8_t each = vcreate_u8(UINT64_C(0x8040201008040201));
    const uint8x16_t some = vandq_u8((uint8x16_t)mask, vcombine_u8(each, each));
    return (lane_bits)(vaddv_u8(vget_low_u8(some)) | vaddv_u8(vget_high_u8(some)) << 8);
}

FR_LANES_INLINE bytes bytes_of_bits(lane_bits some)
{
    const uint8x8_t each = vcreate_u8(UINT64_C(0x8040201008040201));
    const uint8x16_t a = vcombine_u8(vdup_n_u8((uint8_t)some), vdup_n_u8((uint8_t)(some >> 8)));
    return (bytes)vtstq_u8(a, vcombine_u8(each, each));
}

FR_LANES_INLINE eights bytes_eights(bytes a)
{
    return (eights)vpaddlq_u32(vpaddlq_u16(vpaddlq_u8((uint8x16_t)a)));
}

FR_LANES_INLINE uint32_t bytes_count(bytes mask)
{
    return vaddvq_u8((uint8x16_t)(mask & bytes_all(1)));
}

#define FR_LANES_TABLES 1

FR_LANES_INLINE bytes bytes_table(const uint8_t of_16[16])
{
    return bytes_load(of_16);
}

FR_LANES_INLINE bytes bytes_look_up(bytes table, bytes a)
{
    return (bytes)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)a);
}

FR_LANES_INLINE words words_abs(words a)
{
    return (words)vabsq_s16((int16x8_t)a);
}

FR_LANES_INLINE words words_min(words a, words b)
{
    return (words)vminq_s16((int16x8_t)a, (int16x8_t)b);
}

FR_LANES_INLINE words words_max(words a, words b)
{
    return (words)vmaxq_s16((int16x8_t)a, (int16x8_t)b);
}

FR_LANES_INLINE pairs words_pairs(words a)
{
    return (pairs)vpaddlq_s16((int16x8_t)a);
}

FR_LANES_INLINE pairs words_dot(words a, words b)
{
    int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
    return (pairs)vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
}

FR_LANES_INLINE int32_t pairs_sum(pairs a)
{
    return vaddvq_s32((int32x4_t)a);
}

/* There is room for one row. */
FR_LANES_INLINE words words_widen_eights(const uint8_t *at, size_t stride)
{
    (void)stride;
    return words_widen(at);
}

FR_LANES_INLINE words words_high(words a, words b)
{
    int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
    return (words)vuzp2q_s16(vreinterpretq_s16_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y))),
                             vreinterpretq_s16_s32(vmull_high_s16(x, y)));
}

FR_LANES_INLINE words words_share(words a, words b)
{
    return (words)vqrdmulhq_s16((int16x8_t)a, (int16x8_t)b);
}

/* See lanes_avx2.h. */
FR_LANES_INLINE int32x4_t quotients_q8(int16x4_t a, int16x4_t b)
{
    return vcvtq_s32_f32(vdivq_f32(vcvtq_f32_s32(vshll_n_s16(a, 8)), vcvtq_f32_s32(vmovl_s16(b))));
}

FR_LANES_INLINE words words_quotient_q8(words a, words b)
{
    const int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
    return (words)vcombine_s16(vmovn_s32(quotients_q8(vget_low_s16(x), vget_low_s16(y))),
                               vmovn_s32(quotients_q8(vget_high_s16(x), vget_high_s16(y))));
}

struct words_shift {
    int16x8_t left; /* below 0 is to the right */
};

FR_LANES_INLINE struct words_shift words_shift_init(int16_t shift)
{
    return (struct words_shift){vdupq_n_s16((int16_t)-shift)};
}

FR_LANES_INLINE words words_rounded(words a, struct words_shift shift)
{
    return (words)vrshlq_s16((int16x8_t)a, shift.left);
}

FR_LANES_INLINE words words_floored(words a, struct words_shift shift)
{
    return (words)vshlq_s16((int16x8_t)a, shift.left);
}
#endif
