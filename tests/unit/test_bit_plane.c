/* Planes of bits, against one bit after another. */
#include "analyzer/bit_plane.h"
#include "analyzer/shake.h"
#include "tests/unit/bit_planes.h"

enum { N = 300 };

static uint32_t random_state = 3;

static uint32_t below(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

static void draw(uint8_t *bits, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        bits[i] = (uint8_t)below(256);
}

START_TEST(any_bit_may_be_the_first_of_8_or_64)
{
    uint8_t bits[N / 8 + FR_BITS_ROOM];

    draw(bits, sizeof bits);
    for (size_t first = 0; first < N; first++) {
        uint64_t expected = 0;
        uint32_t n_set = 0;
        for (size_t i = 0; i < 64; i++) {
            expected |= (uint64_t)fr_bit(bits, first + i) << i;
            n_set += fr_bit(bits, first + i);
        }
        ck_assert_uint_eq(fr_bits_64(bits, first), expected);
        ck_assert_uint_eq(fr_bits_8(bits, first), expected & 255);
        ck_assert_uint_eq(fr_bits_count(expected), n_set);
    }
}
END_TEST

START_TEST(as_many_bits_are_filled_as_were_asked_for)
{
    uint8_t bits[N / 8 + FR_BITS_ROOM], before[sizeof bits];

    for (int round = 0; round < 2000; round++) {
        const size_t first = below(N), n = below((uint32_t)(N - first + 1));
        const bool is_set = below(2);
        draw(bits, sizeof bits);
        memcpy(before, bits, sizeof bits);
        fr_bits_fill(bits, first, n, is_set);
        for (size_t i = 0; i < 8 * sizeof bits; i++)
            if (fr_bit(bits, i) != (i >= first && i < first + n ? is_set : fr_bit(before, i)))
                ck_abort_msg("bit %zu, when %zu from %zu on were filled", i, n, first);
    }
}
END_TEST

START_TEST(a_mask_is_moved_by_whole_pixels_and_what_comes_from_outside_is_empty)
{
    enum { SIDE = 200 };
    static uint8_t px[SIDE * SIDE], mask[SIDE * 32 + FR_BITS_ROOM], moved[sizeof mask];

    for (int round = 0; round < 300; round++) {
        const uint32_t width = 1 + below(SIDE), height = 1 + below(20);
        const struct fr_shift shift = {(int32_t)below(41) - 20, (int32_t)below(41) - 20};
        const int by_x = (shift.x_q2 + 2) >> 2, by_y = (shift.y_q2 + 2) >> 2;
        for (size_t i = 0; i < (size_t)width * height; i++)
            px[i] = (uint8_t)below(2);
        mask_of(px, width, height, mask);
        memset(moved, 0xa5, sizeof moved);
        fr_shake_move_mask(mask, width, height, shift, moved);
        for (int y = 0; y < (int)height; y++)
            for (int x = 0; x < (int)(8 * fr_mask_stride_bytes(width)); x++) {
                const int from_x = x - by_x, from_y = y - by_y;
                const bool is_known = x < (int)width && from_x >= 0 && from_x < (int)width &&
                                      from_y >= 0 && from_y < (int)height;
                const bool expected = is_known && px[from_y * (int)width + from_x];
                if (fr_bit(moved + (size_t)y * fr_mask_stride_bytes(width), (size_t)x) != expected)
                    ck_abort_msg("%ux%u by %d,%d: at %d,%d", width, height, by_x, by_y, x, y);
            }
    }
}
END_TEST

UNIT_MAIN("bit_plane", any_bit_may_be_the_first_of_8_or_64,
          as_many_bits_are_filled_as_were_asked_for,
          a_mask_is_moved_by_whole_pixels_and_what_comes_from_outside_is_empty)
