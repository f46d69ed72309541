/* Sensitivity as one plain number, over the thresholds.
 *
 * 50 leaves them as they are set; 25 more halve them, 25 less double them, evenly between. Whole
 * numbers, so that it means the same on every machine. The multiple of a pixel's own restlessness
 * follows by the square root: it keeps noise out at high numbers, and 50 is close to its limit.
 */
#pragma once

#include "analyzer/background.h"

enum { FR_SENSITIVITY_MIN = 1, FR_SENSITIVITY_MAX = 100, FR_SENSITIVITY_DEFAULT = 50 };

/* `step` with its four thresholds at a sensitivity from FR_SENSITIVITY_MIN to FR_SENSITIVITY_MAX,
 * each within the range that fr_background_learn() takes. Pure. */
struct fr_background_step fr_sensitivity_step(struct fr_background_step step, unsigned sensitivity);
