/* Footage made worse in known ways, its truth kept:
 *
 *     plain   as it is
 *     jitter  +-3 pixels, each frame by chance; the truth moves with it
 *     light   gain drifts by 20 % either way, and one step down of 35 %, midway through the truth
 *     steps   every ten seconds a step of light: 35 % down, and up again
 *     night   gain 0.35, shot and read noise
 *     rain    heavy rain: bright streaks, others in each frame
 *
 * What is random follows from the frame's number and nothing else.
 */
#pragma once

#include <stdint.h>

enum { NO_LABEL = 128 };

struct clip {
    uint32_t width, height;
    double fps;
    uint64_t n_frames, n_labels, first; /* labels are of the frames from `first` on */
    uint8_t *frames, *labels;
};

/* Frame n as it is played, and its labels (NO_LABEL where it has none). Exits when `kind` is none
 * of the above. */
void degrade(const struct clip *clip, const char *kind, uint64_t n, uint8_t *frame,
             uint8_t *labels);
