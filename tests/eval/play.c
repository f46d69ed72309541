/* The detector over unpacked luma, as it is or made worse in a known way, compared with its truth:
 *
 *     framering-eval-play FRAMES WIDTH HEIGHT FPS KIND [TRUTH FIRST [WORSE]]
 *
 * KIND is plain, jitter, light or night. TRUTH holds the labels of the frames from FIRST on (255
 * moves, 0 and 50 do not, anything else is ignored). Prints the pixels found, missed and found where
 * nothing moves, and the motion events and changes of light that a user would be told. WORSE gets
 * each frame as it was played, and its labels (128 where it has none), for others to be compared on.
 *
 * What is random follows from the frame's number and nothing else. The truth moves with the picture.
 */
#include "analyzer/events.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JITTER_PX = 3, LIGHT_PERIOD_FRAMES = 400, NO_LABEL = 128, OUTSIDE = 85 };
static const double DRIFT = 0.2, STEP = 0.65, NIGHT_GAIN = 0.35, SHOT = 0.35, READ = 2;

struct clip {
    uint32_t width, height;
    uint64_t n_frames, n_labels, first;
    uint8_t *frames, *labels;
};

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

static uint8_t *load(const char *path, size_t frame_px, uint64_t *ret_frames)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    size_t bytes = (size_t)ftell(file);
    uint8_t *memory = malloc(bytes + 1);
    rewind(file);
    if (!memory || fread(memory, 1, bytes, file) != bytes) {
        perror(path);
        exit(1);
    }
    fclose(file);
    *ret_frames = bytes / frame_px;
    return memory;
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

/* Frame n as it is played, and its labels. */
static void degrade(const struct clip *clip, const char *kind, uint64_t n, uint8_t *frame,
                    uint8_t *labels)
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
        gain *= n >= (clip->first + clip->n_frames) / 2 ? STEP : 1;
        for (size_t i = 0; i < px; i++)
            frame[i] = to_grey(from[i] * gain);
    } else if (strcmp(kind, "night") == 0) {
        for (size_t i = 0; i < px; i++) {
            double light = from[i] * NIGHT_GAIN;
            frame[i] = to_grey(light + next_normal() * sqrt(light * SHOT + READ * READ));
        }
    }
}

struct told {
    uint64_t n_motions, n_lights;
};

static void listen(const struct fr_event *event, void *userdata)
{
    struct told *told = userdata;
    told->n_motions += event->kind == FR_EVENT_MOTION_START;
    told->n_lights += event->kind == FR_EVENT_LIGHT_CHANGE;
}

int main(int argc, char **argv)
{
    struct clip clip = {0};
    struct told told = {0};
    struct fr_detector *detector;
    struct fr_events events;
    struct fr_detection detection;
    uint64_t n_found = 0, n_missed = 0, n_false = 0;

    if (argc < 6) {
        fprintf(stderr, "usage: framering-eval-play FRAMES WIDTH HEIGHT FPS KIND [TRUTH FIRST "
                        "[WORSE]]\n");
        return 2;
    }
    clip.width = (uint32_t)atoi(argv[2]);
    clip.height = (uint32_t)atoi(argv[3]);
    const size_t px = (size_t)clip.width * clip.height;
    const double fps = atof(argv[4]);
    if (!px || !(fps > 0))
        return 2;
    clip.frames = load(argv[1], px, &clip.n_frames);
    if (argc > 7) {
        clip.labels = load(argv[6], px, &clip.n_labels);
        clip.first = (uint64_t)atoll(argv[7]);
    }
    FILE *worse = argc > 8 ? fopen(argv[8], "wb") : NULL;

    struct fr_detector_settings settings = fr_detector_settings_default();
    struct fr_event_settings event_settings = {.start_ns = 200000000, .end_ns = 1000000000};
    uint8_t *frame = malloc(px), *labels = malloc(px), *mask = malloc(px);
    if (!frame || !labels || !mask ||
        fr_detector_new(&settings, clip.width, clip.height, &detector) < 0)
        return 1;
    fr_events_init(&events, &event_settings, 0, listen, &told);
    for (uint64_t n = 0; n < clip.n_frames; n++) {
        degrade(&clip, argv[5], n, frame, labels);
        if (worse) {
            fwrite(frame, 1, px, worse);
            fwrite(labels, 1, px, worse);
            continue;
        }
        const struct fr_luma luma = {frame, clip.width, clip.height, clip.width, 1};
        const struct fr_frame_id id = {.number = n,
                                       .captured_mono_ns = (int64_t)((double)n * 1e9 / fps),
                                       .width_px = clip.width,
                                       .height_px = clip.height};
        fr_detector_look(detector, &luma);
        fr_detector_decide(detector, id.captured_mono_ns, &detection);
        fr_events_frame(&events, &id, &detection, NULL);
        fr_detector_expand_mask(detector, mask, clip.width, 1);
        for (size_t i = 0; i < px; i++) {
            bool moves = labels[i] == 255, rests = labels[i] == 0 || labels[i] == 50;
            n_found += moves && mask[i];
            n_missed += moves && !mask[i];
            n_false += rests && mask[i];
        }
    }
    printf("%llu %llu %llu %llu %llu\n", (unsigned long long)n_found, (unsigned long long)n_missed,
           (unsigned long long)n_false, (unsigned long long)told.n_motions,
           (unsigned long long)told.n_lights);
    if (worse && fclose(worse) != 0)
        return 1;
    fr_detector_free(detector);
    free(frame);
    free(labels);
    free(mask);
    free(clip.frames);
    free(clip.labels);
    return 0;
}
