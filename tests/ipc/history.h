/* A small history checker: frames that prove themselves, and readers that keep count.
 *
 * The writer fills the pixels of frame n of epoch e with words that follow from (e, n) alone, and a
 * checksum as the last. A reader can so tell of every frame that it was given whether it is that
 * frame (HISTORY_WHOLE), another one in full (HISTORY_OTHER), or a mixture (HISTORY_TORN).
 *
 * `struct history` follows one reader through its life and ends the process when it is told
 * something that cannot be:
 *   - a frame accepted (released with 0) that was not whole: torn, or invented;
 *   - a number that does not rise, or an epoch that was left before;
 *   - a gap that `missed` does not account for;
 *   - totals in fr_reader_counts() other than the sum of what was returned.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "framering/framering.h"
#include "tests/ipc/process.h"

#include <inttypes.h>

/* The thread sanitizer does not follow shmat() and shmdt(): a thread that attaches where another
 * had something attached before looks to it like two at the same pixels. */
#define HISTORY_UNSANITIZED __attribute__((no_sanitize("thread")))

enum history_verdict { HISTORY_WHOLE, HISTORY_OTHER, HISTORY_TORN };

static inline uint64_t history_mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* Word i of a frame: epoch, number, then noise that both decide. */
static inline uint64_t history_word(uint64_t epoch, uint64_t number, size_t i)
{
    if (i == 0)
        return epoch;
    if (i == 1)
        return number;
    return history_mix(epoch ^ history_mix(number)) + i * UINT64_C(0x9e3779b97f4a7c15);
}

/* `bytes` is a multiple of 8, at least 32; data is aligned to 8. */
HISTORY_UNSANITIZED
static inline void history_stamp(uint8_t *data, size_t bytes, uint64_t epoch, uint64_t number)
{
    uint64_t *word = (void *)data;
    size_t n = bytes / 8 - 1;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = history_mix(sum ^ (word[i] = history_word(epoch, number, i)));
    word[n] = sum;
}

/* Reads each word once, for a torn one may change under the reader's hands. */
HISTORY_UNSANITIZED
static inline enum history_verdict history_verify(const uint8_t *data, size_t bytes, uint64_t epoch,
                                                  uint64_t number)
{
    const volatile uint64_t *word = (const volatile void *)data;
    size_t n = bytes / 8 - 1;
    uint64_t sum = 0;
    bool is_it = true;
    for (size_t i = 0; i < n; i++) {
        uint64_t w = word[i];
        is_it &= w == history_word(epoch, number, i);
        sum = history_mix(sum ^ w);
    }
    if (word[n] != sum)
        return HISTORY_TORN;
    return is_it ? HISTORY_WHOLE : HISTORY_OTHER;
}

/* ---------------------------------------------------------------- the writing side */

/* One camera as a test drives it: the writer's handle and what it has published. */
struct camera {
    struct fr_writer *writer;
    struct fr_epoch_options options;
    uint64_t epoch;
    uint64_t number;                /* of the last frame published in this epoch */
    uint64_t in_slot[FR_SLOTS_MAX]; /* the frame each slot was last stamped with */
    uint64_t waits;                 /* times that taking or publishing went to sleep */
};

static inline struct fr_epoch_options camera_options(uint32_t width_px, uint32_t height_px)
{
    struct fr_epoch_options options = {.slots = 8, .hand = 2, .copy_path = FR_PATH_SYNTHETIC};
    struct fr_format format = {
        .fourcc = FR_FOURCC_GREY, .width_px = width_px, .height_px = height_px, .field = 1};
    int r = fr_geometry_init(&format, &options.geometry);
    must(r == 0, "fr_geometry_init: %s", strerror(-r));
    return options;
}

static inline void camera_begin(struct camera *camera, const struct fr_epoch_options *options)
{
    int r = fr_writer_begin(camera->writer, options);
    must(r == 0, "fr_writer_begin: %s: %s", strerror(-r), fr_writer_reason(camera->writer));
    struct fr_writer_counts counts;
    fr_writer_counts(camera->writer, &counts);
    camera->options = *options;
    camera->epoch = counts.epoch;
    camera->number = 0;
    memset(camera->in_slot, 0, sizeof camera->in_slot);
}

static inline void camera_open(struct camera *camera, const char *name,
                               const struct fr_epoch_options *options)
{
    char reason[256] = "";
    *camera = (struct camera){0};
    int r = fr_writer_open(name, NULL, &camera->writer, reason, sizeof reason);
    must(r == 0, "fr_writer_open: %s: %s", strerror(-r), reason);
    camera_begin(camera, options);
}

static inline size_t camera_stamp_bytes(const struct fr_geometry *geometry)
{
    return (size_t)geometry->planes[0].size_bytes / 8 * 8;
}

/* Times that this thread gave the processor away of its own will: what "never waits" means. */
static inline uint64_t thread_waits(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)usage.ru_nvcsw;
}

/* Takes, fills and publishes the next frame. 0 or the failure of take or publish. */
static inline int camera_try_publish(struct camera *camera)
{
    uint32_t slot;
    uint64_t before = thread_waits();
    int r = fr_writer_take(camera->writer, &slot);
    camera->waits += thread_waits() - before;
    if (r)
        return r;
    const struct fr_plane_layout *plane = &camera->options.geometry.planes[0];
    uint64_t number = camera->number + 1;
    history_stamp(fr_writer_slot(camera->writer, slot) + plane->offset_bytes,
                  camera_stamp_bytes(&camera->options.geometry), camera->epoch, number);
    struct fr_frame_meta meta = {.source_sequence = (uint32_t)number};
    before = thread_waits();
    r = fr_writer_publish(camera->writer, slot, &meta);
    camera->waits += thread_waits() - before;
    if (r)
        return r;
    camera->number = number;
    camera->in_slot[slot] = number;
    return 0;
}

static inline void camera_publish(struct camera *camera)
{
    int r = camera_try_publish(camera);
    must(r == 0, "frame %" PRIu64 ": %s: %s", camera->number + 1, strerror(-r),
         fr_writer_reason(camera->writer));
}

/* Every slot still holds what the writer put there last. */
static inline void camera_verify_slots(const struct camera *camera)
{
    const struct fr_plane_layout *plane = &camera->options.geometry.planes[0];
    for (uint32_t s = 0; s < camera->options.slots; s++) {
        if (!camera->in_slot[s])
            continue;
        const uint8_t *data = fr_writer_slot(camera->writer, s) + plane->offset_bytes;
        must(history_verify(data, camera_stamp_bytes(&camera->options.geometry), camera->epoch,
                            camera->in_slot[s]) == HISTORY_WHOLE,
             "slot %u does not hold frame %" PRIu64 " any more", s, camera->in_slot[s]);
    }
}

/* ---------------------------------------------------------------- the reading side */

#define HISTORY_EPOCHS_MAX 20000

struct history {
    uint64_t frames; /* returned */
    uint64_t missed; /* by the sum of what each frame said */
    uint64_t torn;   /* released with -ESTALE */
    uint64_t epoch;  /* of the last frame returned; 0: none */
    uint64_t number;
    uint64_t n_epochs;
    uint64_t epochs[HISTORY_EPOCHS_MAX];
};

/* A frame was returned. */
static inline void history_taken(struct history *history, const struct fr_frame *frame)
{
    must(frame->epoch != 0 && frame->number != 0, "epoch %" PRIu64 " frame %" PRIu64, frame->epoch,
         frame->number);
    if (frame->epoch == history->epoch) {
        must(frame->number == history->number + 1 + frame->missed,
             "after frame %" PRIu64 " came %" PRIu64 " with %" PRIu64 " missed", history->number,
             frame->number, frame->missed);
    } else {
        for (uint64_t i = 0; i < history->n_epochs; i++)
            must(history->epochs[i] != frame->epoch, "epoch %" PRIu64 " came back", frame->epoch);
        must(history->n_epochs < HISTORY_EPOCHS_MAX, "too many epochs");
        history->epochs[history->n_epochs++] = frame->epoch;
        must(frame->missed < frame->number, "frame %" PRIu64 " of a new epoch, %" PRIu64 " missed",
             frame->number, frame->missed);
    }
    history->frames++;
    history->missed += frame->missed;
    history->epoch = frame->epoch;
    history->number = frame->number;
}

static inline enum history_verdict history_look(const struct fr_frame *frame)
{
    return history_verify(frame->planes[0].data, (size_t)frame->planes[0].size_bytes / 8 * 8,
                          frame->epoch, frame->number);
}

/* The frame is given back. True when it counts. */
static inline bool history_release(struct history *history, struct fr_reader *reader,
                                   struct fr_frame *frame, enum history_verdict verdict)
{
    uint64_t number = frame->number;
    int r = fr_reader_release(reader, frame);
    if (r == -ESTALE) {
        history->torn++;
        return false;
    }
    must(r == 0, "fr_reader_release: %s", strerror(-r));
    must(verdict == HISTORY_WHOLE, "frame %" PRIu64 " was accepted, and %s", number,
         verdict == HISTORY_TORN ? "it is torn" : "it is another");
    return true;
}

/* What the library has counted is what it has told. */
static inline void history_check_counts(const struct history *history,
                                        const struct fr_reader *reader)
{
    struct fr_reader_counts counts;
    fr_reader_counts(reader, &counts);
    must(counts.frames == history->frames && counts.missed == history->missed &&
             counts.torn == history->torn && counts.refused == 0,
         "counted %" PRIu64 " frames %" PRIu64 " missed %" PRIu64 " torn %" PRIu64
         " refused, told %" PRIu64 " %" PRIu64 " %" PRIu64 " 0",
         counts.frames, counts.missed, counts.torn, counts.refused, history->frames,
         history->missed, history->torn);
}

static inline struct fr_reader *reader_open(const char *camera, enum fr_read_mode mode)
{
    struct fr_reader *reader = NULL;
    int r = fr_reader_open(camera, mode, &reader);
    must(r == 0, "fr_reader_open: %s", strerror(-r));
    return reader;
}

/* Attaches to a ring that exists: from now on no frame can be published before the reader came. */
static inline void reader_attach(struct fr_reader *reader)
{
    struct fr_frame frame;
    int r = fr_reader_next(reader, 0, &frame);
    must(r == -ETIMEDOUT, "attaching gave %d: %s", r, fr_reader_reason(reader));
}

/* Waits for a frame that must come. */
static inline void reader_next(struct fr_reader *reader, struct history *history,
                               struct fr_frame *ret_frame)
{
    int r = fr_reader_next(reader, DEADLINE_S * NS_PER_S, ret_frame);
    must(r == 0, "fr_reader_next: %s: %s", strerror(-r), fr_reader_reason(reader));
    history_taken(history, ret_frame);
}

static inline struct fr_ring_info ring_info(const char *camera)
{
    struct fr_ring_info info;
    int r = fr_ring_info(camera, &info);
    must(r == 0, "fr_ring_info: %s", strerror(-r));
    return info;
}

static inline uint32_t ring_pins(const struct fr_ring_info *info)
{
    uint32_t pins = 0;
    for (uint32_t s = 0; s < info->slots; s++)
        pins += info->slot[s].pins;
    return pins;
}
