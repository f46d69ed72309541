/* A camera that shakes: by how much is this frame displaced from the background?
 *
 * In each cell of an 8x8 grid over the picture one spot of 8x8 half-size pixels stands for it: the
 * one with the most texture in both directions. Every frame is compared with the background at
 * these spots (but not where something moved a frame ago), displaced by up to FR_SHAKE_REACH pixels
 * each way. The absolute differences are summed over all spots, so that edges of all directions
 * decide together; their minimum is the displacement, refined to quarters of a pixel by the
 * equiangular line through its neighbours. A still camera has its minimum at 0, which mostly shows
 * after a few spots: no other sum can become small enough any more, and it pays for nothing else.
 *
 * Pure integer arithmetic.
 */
#pragma once

#include "analyzer/gain.h"
#include "common/media/simd.h"

#include <stdbool.h>

enum {
    FR_SHAKE_GRID = 8,
    FR_SHAKE_SPOTS = FR_SHAKE_GRID * FR_SHAKE_GRID,
    FR_SHAKE_REACH = 4, /* half-size pixels */
};

struct fr_shake {
    uint32_t width_px, height_px;
    struct fr_shake_spot {
        uint32_t x_px, y_px, texture; /* texture 0: nothing to hold on to in this cell */
    } spots[FR_SHAKE_SPOTS];
    uint32_t next_cell;
};

/* Where the frame shows what the background has at (x, y): at (x, y) + shift, in quarters of a
 * half-size pixel. */
struct fr_shift {
    int32_t x_q2, y_q2;
};

static inline bool fr_shift_is_none(struct fr_shift shift)
{
    return !shift.x_q2 && !shift.y_q2;
}

void fr_shake_init(struct fr_shake *shake, uint32_t width_px, uint32_t height_px);

/* Chooses the spots of the next `n_cells` cells anew. */
void fr_shake_choose(struct fr_shake *shake, const uint8_t *levels, uint32_t n_cells);

/* The displacement. `busy` as for fr_gain_estimate(). A first displacement must explain an eighth
 * of the difference and have half of the spots agree; one of a camera that is known to shake need
 * not. */
struct fr_shift fr_shake_estimate(const struct fr_shake *shake, const uint8_t *half,
                                  const uint8_t *levels, const uint8_t *busy, bool is_shaking);

/* The same with what a level has, which this machine must have: all give the same. */
struct fr_shift fr_shake_estimate_at(enum fr_simd level, const struct fr_shake *shake,
                                     const uint8_t *half, const uint8_t *levels,
                                     const uint8_t *busy, bool is_shaking);

/* `half` as it were if the camera had stood still, interpolated. What lies outside repeats the
 * edge. */
void fr_shake_align(const uint8_t *half, uint32_t width_px, uint32_t height_px,
                    struct fr_shift shift, uint8_t *ret_aligned);

/* Clears the scores of what lies within the range of the background a quarter of a pixel away:
 * interpolation blurs, and edges stray by that. */
void fr_shake_forgive(const uint8_t *aligned, const uint8_t *levels, uint32_t width_px,
                      uint32_t height_px, const struct fr_scores *scores);

/* A mask (bit_plane.h) of the background's picture, moved to where the frame shows it (to whole
 * pixels). What the background does not know is 0. */
void fr_shake_move_mask(const uint8_t *mask, uint32_t width_px, uint32_t height_px,
                        struct fr_shift shift, uint8_t *ret_moved);
