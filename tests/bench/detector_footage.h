/* What the detector is measured on: frames of a real camera, scaled up, with its noise.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct footage {
    bool is_real;
    char name[200]; /* for the table; no characters that JSON would escape */
    /* As it was recorded; NULL when there is no recording. */
    uint32_t width_px, height_px;
    unsigned n_frames;
    uint8_t *frames;
    double noise;  /* grey levels: standard deviation from frame to frame, of what does not move */
    double *moves; /* share of each frame that moves, as the detector sees it */
};

/* The recording in $FRAMERING_DATA, or else nothing: footage_fill() then draws. */
void footage_load(struct footage *ret_footage);
void footage_free(struct footage *footage);

/* Fills n planes of width_px x height_px, one behind the other: those frames in a row of which
 * nearest to 5 % moves, scaled up bilinearly. Scaling smoothes the noise away; it is put back. */
void footage_fill(const struct footage *footage, uint32_t width_px, uint32_t height_px, unsigned n,
                  uint8_t *planes);
