#include "analyzer/sensitivity.h"

enum { OCTAVE = 25, ONE_Q8 = 256 };
/* The limits that struct fr_background_step names. */
enum { CONTRAST_MAX_Q8 = 64, DEVIATIONS_MAX_Q4 = 62, MOST_MAX = FR_TOLERANCE_MAX };

/* By what the thresholds are multiplied: 4 to 1/4, straight lines between the powers of two. */
static uint32_t factor_q8(unsigned sensitivity)
{
    uint32_t below_100 = FR_SENSITIVITY_MAX - sensitivity;
    uint32_t octaves = below_100 / OCTAVE, rest = below_100 % OCTAVE;
    return ((uint32_t)ONE_Q8 / 4 << octaves) * (OCTAVE + rest) / OCTAVE;
}

static uint32_t square_root(uint32_t square)
{
    uint32_t root = 0;
    while ((root + 1) * (root + 1) <= square)
        root++;
    return root;
}

static uint16_t scale(uint16_t value, uint32_t by_q8, uint32_t most)
{
    uint32_t scaled = (value * by_q8 + ONE_Q8 / 2) / ONE_Q8;
    return (uint16_t)(scaled < most ? scaled : most);
}

struct fr_background_step fr_sensitivity_step(struct fr_background_step step, unsigned sensitivity)
{
    const uint32_t by_q8 = factor_q8(sensitivity);

    if (by_q8 == ONE_Q8)
        return step;
    step.base = scale(step.base, by_q8, MOST_MAX);
    step.contrast_q8 = scale(step.contrast_q8, by_q8, CONTRAST_MAX_Q8);
    step.deviations_q4 = scale(step.deviations_q4, square_root(by_q8 * ONE_Q8), DEVIATIONS_MAX_Q4);
    step.most = scale(step.most, by_q8, MOST_MAX);
    if (step.most < step.base)
        step.most = step.base;
    return step;
}
