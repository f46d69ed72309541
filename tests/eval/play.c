/* The detector over unpacked luma, as it is or made worse in a known way, compared with its truth:
 *
 *     framering-eval-play FRAMES WIDTH HEIGHT FPS KIND [TRUTH FIRST [WORSE]]
 *
 * KIND is one of degrade.h. TRUTH holds the labels of the frames from FIRST on (255 moves, 0 and 50
 * do not, anything else is ignored). Prints in one line the pixels found, missed and found where
 * nothing moves; the motion events and changes of light that a user would be told; the events of
 * the truth that must be found, how many are, milliseconds until the slowest one was told, seconds
 * that something is there, how many of these lie within an event; false events, their seconds, and
 * seconds of rest. To stderr, each motion: its beginning and end in seconds, and its largest box.
 * WORSE gets each frame as it was played, and its labels (128 where it has none), for others to be
 * compared on.
 */
#include "analyzer/events.h"
#include "tests/eval/degrade.h"
#include "tests/eval/true_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct told {
    uint64_t n_motions, n_lights;
    struct {
        int64_t told_ns, began_ns, ended_ns;
    } motions[1000];
};

static void listen(const struct fr_event *event, void *userdata)
{
    struct told *told = userdata;
    told->n_lights += event->kind == FR_EVENT_LIGHT_CHANGE;
    if (told->n_motions == sizeof told->motions / sizeof told->motions[0])
        return;
    if (event->kind == FR_EVENT_MOTION_START) {
        told->motions[told->n_motions].told_ns = event->decided_mono_ns;
    } else if (event->kind == FR_EVENT_MOTION_END) {
        const struct fr_object *box = &event->boxes[0];
        told->motions[told->n_motions].began_ns = event->began_mono_ns;
        told->motions[told->n_motions++].ended_ns = event->began_mono_ns + event->duration_ns;
        fprintf(stderr, "%.2f to %.2f s: at %.2f s %u,%u,%u,%u, %.0f px of %.0f\n",
                (double)event->began_mono_ns * 1e-9,
                (double)(event->began_mono_ns + event->duration_ns) * 1e-9,
                (double)event->peak_frame.captured_mono_ns * 1e-9, box->x_px, box->y_px,
                box->width_px, box->height_px, (double)box->area_px, (double)event->peak_area_px);
    }
}

static void print_events(struct true_events *truth, const struct told *told)
{
    size_t n_due = 0, n_found = 0;
    int64_t there_ns = 0;

    for (size_t i = 0; i < told->n_motions; i++)
        true_events_compare(truth, told->motions[i].began_ns, told->motions[i].told_ns,
                            told->motions[i].ended_ns);
    for (size_t i = 0; i < truth->n_items; i++) {
        n_due += truth->items[i].enough_ns >= 0;
        n_found += truth->items[i].enough_ns >= 0 && truth->items[i].is_found;
        there_ns += truth->items[i].ended_ns - truth->items[i].began_ns;
    }
    printf("%zu %zu %.0f %.1f %.1f %zu %.1f %.1f\n", n_due, n_found,
           (double)truth->slowest_ns * 1e-6, (double)there_ns * 1e-9,
           (double)truth->covered_ns * 1e-9, truth->n_false, (double)truth->false_ns * 1e-9,
           (double)truth->rest_ns * 1e-9);
}

int main(int argc, char **argv)
{
    static struct told told;
    static struct true_events truth;
    struct clip clip = {0};
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
    clip.fps = atof(argv[4]);
    if (!px || !(clip.fps > 0))
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
    true_events_init(&truth);
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
                                       .captured_mono_ns = (int64_t)((double)n * 1e9 / clip.fps),
                                       .width_px = clip.width,
                                       .height_px = clip.height};
        fr_detector_look(detector, &luma);
        fr_detector_decide(detector, id.captured_mono_ns, &detection);
        fr_events_frame(&events, &id, &detection, NULL);
        fr_detector_expand_mask(detector, mask, clip.width, 1);
        size_t n_moving = 0;
        for (size_t i = 0; i < px; i++) {
            bool moves = labels[i] == 255, rests = labels[i] == 0 || labels[i] == 50;
            n_found += moves && mask[i];
            n_missed += moves && !mask[i];
            n_false += rests && mask[i];
            n_moving += moves;
        }
        if (n >= clip.first && n - clip.first < clip.n_labels)
            true_events_add(&truth, id.captured_mono_ns, n_moving, px);
    }
    fr_events_stop(&events, (int64_t)((double)clip.n_frames * 1e9 / clip.fps));
    printf("%llu %llu %llu %llu %llu ", (unsigned long long)n_found, (unsigned long long)n_missed,
           (unsigned long long)n_false, (unsigned long long)told.n_motions,
           (unsigned long long)told.n_lights);
    print_events(&truth, &told);
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
