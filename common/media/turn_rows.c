/* Turning without exchanging rows and columns: rows from the top or the bottom, each copied or
 * reversed. */
#include "common/media/turn_steps.h"

#include <endian.h>
#include <string.h>

static uint64_t load(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static void store(uint8_t *bytes, uint64_t word)
{
    memcpy(bytes, &word, sizeof word);
}

/* Eight bytes at once: a word is read from the left and written to the right. */
static void reverse_bytes(const uint8_t *from, uint8_t *to, uint32_t n)
{
    uint32_t i = 0;
    for (; n - i >= 8; i += 8)
        store(to + (n - 8 - i), __builtin_bswap64(load(from + i)));
    for (; i < n; i++)
        to[n - 1 - i] = from[i];
}

/* Four pairs at once: the word's bytes reversed, then those of each pair back again. */
static void reverse_pairs(const uint8_t *from, uint8_t *to, uint32_t n_pairs)
{
    const uint64_t odd = UINT64_C(0x00ff00ff00ff00ff);
    const size_t n = 2 * (size_t)n_pairs;
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t word = __builtin_bswap64(load(from + i));
        store(to + (n - 8 - i), (word >> 8 & odd) | (word & odd) << 8);
    }
    for (; i < n; i += 2)
        memcpy(to + (n - 2 - i), from + i, 2);
}

/* Two groups of two pixels at once: the groups are exchanged, and within each the two lumas, which
 * are two bytes apart. Chroma stays where it is. */
static void reverse_packed(const uint8_t *from, uint8_t *to, uint32_t n_groups, uint32_t luma_at)
{
    const uint64_t first = htole64(UINT64_C(0x000000ff000000ff) << 8 * luma_at);
    const uint64_t second = htole64(UINT64_C(0x00ff000000ff0000) << 8 * luma_at);
    const size_t n = 4 * (size_t)n_groups;
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t word = load(from + i);
#if __BYTE_ORDER == __LITTLE_ENDIAN
        uint64_t lumas = (word & first) << 16 | (word & second) >> 16;
#else
        uint64_t lumas = (word & first) >> 16 | (word & second) << 16;
#endif
        word = lumas | (word & ~(first | second));
        store(to + (n - 8 - i), word << 32 | word >> 32);
    }
    for (; i < n; i += 4) {
        uint8_t *group = to + (n - 4 - i);
        memcpy(group, from + i, 4);
        group[luma_at] = from[i + luma_at + 2];
        group[luma_at + 2] = from[i + luma_at];
    }
}

void fr_turn_rows(struct fr_turn_steps steps, const struct fr_turn_plane *plane)
{
    for (uint32_t y = 0; y < plane->rows; y++) {
        uint32_t from_y = steps.from_bottom ? plane->rows - 1 - y : y;
        const uint8_t *from = plane->from + (size_t)from_y * plane->from_stride_bytes;
        uint8_t *to = plane->to + (size_t)y * plane->to_stride_bytes;

        if (!steps.from_right)
            memcpy(to, from, (size_t)plane->elements * plane->element_bytes);
        else if (plane->element_bytes == 1)
            reverse_bytes(from, to, plane->elements);
        else if (plane->element_bytes == 2)
            reverse_pairs(from, to, plane->elements);
        else
            reverse_packed(from, to, plane->elements, plane->luma_at);
    }
}
