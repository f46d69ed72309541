/* Another light: a lamp is switched, a door opened, the infrared filter changes.
 *
 * The light of the whole picture changes, each part by its own factor, so no gain describes it and
 * nearly all of it is new. That it is light and no large object is told by texture: most tiles that
 * changed kept their pattern. From then on, for FR_RELIGHT_NS, the model is in transition, and the
 * old light is remembered (in the candidate):
 *
 *   - a pixel is lit when it is no darker than 5/8 of its old level times the picture's gain (the
 *     median of the tiles'): lamps are bright in places, but what stays dark in a new light stands
 *     before it
 *   - a pixel that rests for FR_RELIGHT_REST_NS (twice as long where it is not lit) is background
 *     as it is, and from then on moves when it leaves that level
 *
 * Nothing that is found meanwhile should raise an alarm, but the shape of what comes in with the
 * light is there already. Pure integer arithmetic.
 */
#pragma once

#include "analyzer/gain.h"

#include <stdbool.h>

static const int64_t FR_RELIGHT_NS = 1500000000, FR_RELIGHT_REST_NS = 200000000;

/* Whether the picture kept its pattern where it moves (a plane of bits): most tiles that have
 * one. */
bool fr_relight_is_due(const uint8_t *half, const uint8_t *levels, const uint8_t *moves,
                       uint32_t width_px, uint32_t height_px);

/* From here on the background is in transition from the light that it knows. */
void fr_relight_begin(struct fr_background *background);

/* A frame of the transition, elapsed_ns after the last. Scores 2 where something moves, and 0 else.
 * Returns how many move. */
uint64_t fr_relight_step(struct fr_background *background, const uint8_t *half, uint32_t width_px,
                         uint32_t height_px, int64_t elapsed_ns,
                         const struct fr_scores *ret_scores);

/* The transition is over: forgets the old light, and learns on from the new one. */
void fr_relight_end(struct fr_background *background);
