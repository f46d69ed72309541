#include "tests/eval/degrade.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JITTER_PX = 3, LIGHT_PERIOD_FRAMES = 400, OUTSIDE = 85, STEP_PERIOD_S = 10 };
static const double DRIFT = 0.2, STEP = 0.65, NIGHT_GAIN = 0.35, SHOT = 0.35, READ = 2;

/* Drops at distances from 1 to 10, evenly in the space before the lens; at 1 a streak is a quarter
 * of the picture's height long and a hundredth wide. */
enum { DROPS = 300 };
static const double FAR = 10, STREAK = 0.25, STREAK_WIDTH = 0.01, OPACITY = 0.35, SKY = 230;

static uint64_t random_state;

static double next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 32) / 4294967296.0;
}

static double next_normal(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += next_random();
    return sum;
}

static void displace(const struct clip *clip, const uint8_t *from, int32_t dx, int32_t dy,
                     bool has_edge, uint8_t *to)
{
    const int32_t width = (int32_t)clip->width, height = (int32_t)clip->height;
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++) {
            int32_t from_x = x + dx, from_y = y + dy;
            bool is_inside = from_x >= 0 && from_x < width && from_y >= 0 && from_y < height;
            from_x = from_x < 0 ? 0 : from_x < width ? from_x : width - 1;
            from_y = from_y < 0 ? 0 : from_y < height ? from_y : height - 1;
            *to++ = is_inside || has_edge ? from[from_y * width + from_x] : OUTSIDE;
        }
}

static uint8_t to_grey(double value)
{
    return value < 0 ? 0 : value > 254.5 ? 255 : (uint8_t)(value + 0.5);
}

static void scale(uint8_t *frame, size_t px, double gain)
{
    for (size_t i = 0; i < px; i++)
        frame[i] = to_grey(frame[i] * gain);
}

static void rain(const struct clip *clip, uint64_t n, uint8_t *frame)
{
    const double width = clip->width, height = clip->height;
    const double slant = 0.15 * sin((double)n / clip->fps);

    for (int drop = 0; drop < DROPS; drop++) {
        double distance = 1 + (FAR - 1) * cbrt(next_random());
        double length = STREAK * height / distance, thick = STREAK_WIDTH * height / distance;
        double opacity = OPACITY * (thick < 1 ? thick : 1);
        double top = next_random() * (height + length) - length, left = next_random() * width;
        for (double y = top < 0 ? 0 : ceil(top); y < top + length && y < height; y++)
            for (double x = left + slant * (y - top), end = x + (thick < 1 ? 1 : thick); x < end;
                 x++)
                if (x >= 0 && x < width) {
                    uint8_t *pixel = frame + (size_t)y * clip->width + (size_t)x;
                    *pixel = to_grey(*pixel + opacity * (SKY - *pixel));
                }
    }
}

void degrade(const struct clip *clip, const char *kind, uint64_t n, uint8_t *frame, uint8_t *labels)
{
    const size_t px = (size_t)clip->width * clip->height;
    const uint8_t *from = clip->frames + n * px;
    const bool has_labels = n >= clip->first && n - clip->first < clip->n_labels;

    random_state = 88172645463325252u ^ (n + 1) * 0x9e3779b97f4a7c15u;
    next_random();
    memcpy(frame, from, px);
    memset(labels, NO_LABEL, px);
    if (has_labels)
        memcpy(labels, clip->labels + (n - clip->first) * px, px);
    if (strcmp(kind, "jitter") == 0) {
        int32_t dx = (int32_t)(next_random() * (2 * JITTER_PX + 1)) - JITTER_PX;
        int32_t dy = (int32_t)(next_random() * (2 * JITTER_PX + 1)) - JITTER_PX;
        displace(clip, from, dx, dy, true, frame);
        if (has_labels)
            displace(clip, clip->labels + (n - clip->first) * px, dx, dy, false, labels);
    } else if (strcmp(kind, "light") == 0) {
        double gain = 1 + DRIFT * sin(2 * M_PI * (double)n / LIGHT_PERIOD_FRAMES);
        scale(frame, px, gain * (n >= (clip->first + clip->n_frames) / 2 ? STEP : 1));
    } else if (strcmp(kind, "steps") == 0) {
        if ((uint64_t)((double)n / clip->fps / STEP_PERIOD_S) % 2)
            scale(frame, px, STEP);
    } else if (strcmp(kind, "night") == 0) {
        for (size_t i = 0; i < px; i++) {
            double light = from[i] * NIGHT_GAIN;
            frame[i] = to_grey(light + next_normal() * sqrt(light * SHOT + READ * READ));
        }
    } else if (strcmp(kind, "rain") == 0) {
        rain(clip, n, frame);
    } else if (strcmp(kind, "plain") != 0) {
        fprintf(stderr, "%s: plain, jitter, light, steps, night or rain was expected\n", kind);
        exit(2);
    }
}
