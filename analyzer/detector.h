/* The motion detector: a luma plane in, what moves in it out.
 *
 * A frame goes through in two steps. fr_detector_look() is the only one that reads the frame, in
 * place, and keeps a plane of half the size (a quarter of the bytes). Then the caller may give the
 * frame back, and learns whether it was intact. If it was, fr_detector_decide() compares that plane
 * with the background, learns from it, and tells what moves; if it was torn, the caller leaves that
 * out, and the frame has changed nothing.
 *
 * Pure: no system call, no clock, no log; time is what the caller says. Deterministic: the same
 * planes and times give the same results on every machine. Pixels are compared and averaged, and
 * never index or bound anything, so no picture can do harm. A detector belongs to one thread at a
 * time; different ones are independent.
 */
#pragma once

#include "analyzer/area_map.h"
#include "framering/framering.h"

enum {
    FR_DETECTOR_SIDE_MIN = 16,
    FR_DETECTOR_BOXES_MAX = 64, /* objects told one by one; all are counted */
};

/* What can be set. Nothing in pixels, so that it means the same at every resolution. */
struct fr_detector_settings {
    /* A pixel moves when it differs from its background by more than base + contrast * brightness
     * (in grey levels of 255), or by more than `spread` times what it usually strays by if that is
     * more, but never needs more than `most`. */
    double threshold_base;     /* grey levels, 1 to 96 */
    double threshold_contrast; /* share of the brightness, 0 to 0.25 */
    double threshold_spread;   /* multiples of the mean deviation, 0 to 3.9 */
    double threshold_most;     /* grey levels, threshold_base to 96 */
    unsigned sensitivity;    /* FR_SENSITIVITY_MIN to _MAX; sensitivity.h: what it does to these */
    double object_min_share; /* 0 to 1: objects below this share of the frame do not count */
    double object_max_share; /* 0 to 1: nor do those above this one */
    double light_change_share; /* above 0, to 3: change of brightness in a second that is told */
    int64_t adapt_ns;          /* time constant with which the background follows slow change */
    int64_t static_object_ns;  /* what stands still so long becomes background */
};

/* The defaults, each with its range in config/ (the table of the analyzer's settings). */
struct fr_detector_settings fr_detector_settings_default(void);

/* An object that moves, in pixels of the full frame. */
struct fr_object {
    uint32_t x_px, y_px;
    uint32_t width_px, height_px;
    uint64_t area_px; /* of those in the box that move, to the precision of a 2x2 block */
    uint32_t centre_x_px, centre_y_px;
};

struct fr_detection {
    double share;       /* 0 to 1: of the frame that moves, in objects large enough to count */
    uint64_t n_objects; /* large enough to count */
    size_t n_told;      /* of these in `objects`: the largest, largest first */
    struct fr_object objects[FR_DETECTOR_BOXES_MAX];
    bool is_expected; /* of the objects told, none that is not always there: no alarm (habit.h) */
    bool is_light_change; /* the light changed with this frame: told once for each change */
    bool is_shaking;      /* the camera shakes, or did within the last seconds */
    bool is_settling; /* just begun, or the light is changing: share and objects are the best guess,
                         and should not raise an alarm */
    double gain; /* by which the whole picture became brighter with this frame; 1: it did not */
};

struct fr_detector;

/* A detector for frames of this size. The caller frees it with fr_detector_free(). -EINVAL: a side
 * below FR_DETECTOR_SIDE_MIN or above FR_SIDE_MAX, or a setting that makes no sense (not finite,
 * or out of its range); -ENOMEM. */
int fr_detector_new(const struct fr_detector_settings *settings, uint32_t width_px,
                    uint32_t height_px, struct fr_detector **ret_detector);
void fr_detector_free(struct fr_detector *detector);

/* Bytes that a detector of this size holds (for the test of the analyzer's memory, and for
 * people). */
size_t fr_detector_bytes(uint32_t width_px, uint32_t height_px);

/* Takes other settings and keeps what was learnt. -EINVAL as above, and nothing changes. */
int fr_detector_set(struct fr_detector *detector, const struct fr_detector_settings *settings);

/* Areas that are ignored or have a sensitivity of their own; `map` is the caller's and must stay as
 * it is until another one is set. NULL: none. What was learnt stays, also of what was ignored.
 * -EINVAL: not of the detector's half size, or runs that are not the whole of it. */
int fr_detector_set_map(struct fr_detector *detector, const struct fr_area_map *map);

/* Of the last decision's mask, what moves in a zone of the map, in objects of these shares of the
 * frame: share, n_objects, n_told and objects of *detection. -ENODATA: no such mask or zone. */
int fr_detector_look_into(struct fr_detector *detector, size_t zone, double object_min_share,
                          double object_max_share, struct fr_detection *detection);

/* Forgets what was learnt: the next frame is the background. */
void fr_detector_restart(struct fr_detector *detector);

/* Frames are missing, and nobody knows what happened meanwhile: keeps what was learnt, and believes
 * what has changed as readily as after the start. */
void fr_detector_doubt(struct fr_detector *detector);

/* Reads a frame, and forgets the one read before if it was not decided. -EINVAL: not of the
 * detector's size, or a step or stride too small for it. The pixels are not needed afterwards. */
int fr_detector_look(struct fr_detector *detector, const struct fr_luma *luma);

/* The same with a frame of a ring. Its plane of half the size, where capture has made one, is read
 * instead of its luma: a quarter of the bytes, and the same result bit for bit. -ENOTSUP: no luma
 * in it. */
int fr_detector_look_frame(struct fr_detector *detector, const struct fr_frame *frame);

/* Decides on the frame last read, captured at captured_mono_ns (later than the one before; one that
 * is not counts as a moment later). -ENODATA: none was read since the last decision. */
int fr_detector_decide(struct fr_detector *detector, int64_t captured_mono_ns,
                       struct fr_detection *ret_detection);

/* The mask of the last decision: rows of *ret_width_px bytes, 1 where something moves, 0 elsewhere,
 * at half the frame's size ((width+1)/2 by (height+1)/2). NULL when there was none, or
 * fr_detector_look() has been called since. Valid until the next call on this detector. */
const uint8_t *fr_detector_mask(const struct fr_detector *detector, uint32_t *ret_width_px,
                                uint32_t *ret_height_px);

/* The same in the frame's size, each byte `set` where something moves and 0 elsewhere. -ENODATA as
 * above. */
int fr_detector_expand_mask(const struct fr_detector *detector, uint8_t *full, size_t stride_bytes,
                            uint8_t set);
