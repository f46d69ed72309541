/* The insides of the V4L2 source, shared by the files of its life: v4l2_source.c (open, close),
 * v4l2_start.c, v4l2_step.c. */
#pragma once

#include "capture/frame_finish.h"
#include "capture/rate_limit.h"
#include "capture/v4l2_convert.h"
#include "capture/v4l2_input.h"
#include "capture/v4l2_stream.h"
#include "capture/v4l2_turn.h"
#include "common/media/jpeg_decode.h"

struct fr_source {
    struct fr_v4l2_device device;
    struct fr_v4l2_agreed agreed;
    uint32_t copy_path; /* of FR_PATH_USERPTR, FR_PATH_MMAP, FR_PATH_MJPEG, FR_PATH_CONVERTED */
    struct fr_v4l2_stream stream;
    struct fr_frame_finish *finish;   /* the geometry of pictures and slots */
    struct fr_source_request request; /* what is left to us; its strings are the loop's */
    struct fr_jpeg_decoder *decoder;  /* MJPEG, and what was agreed about the pictures */
    struct fr_jpeg_agreed jpeg;
    struct fr_v4l2_converter *converter; /* CONVERTED */
    bool is_sampling_known;              /* false: 4:2:2 is a guess */
    bool has_other_offer;                /* for start() to tell */
    uint64_t n_odd;                      /* pictures that were decoded with warnings */
    char odd[160];                       /* the last of these warnings */
    unsigned bad_in_a_row;
    struct fr_rate_limit rate_limit;
    struct fr_source_links links;
    struct fr_v4l2_turn turn;
    struct fr_v4l2_input input;
    bool has_events;                     /* the driver tells when the input's picture changes */
    struct fr_control_settings controls; /* as they were asked for last */
    char notes[FR_SOURCE_REASON_MAX];    /* of the offer */
};

/* Opens the device that is asked for, or the one that it has become. Errors as open() of struct
 * fr_source_ops; the source keeps what it got so far. */
int fr_v4l2_open_device(struct fr_source *source, const struct fr_source_request *request,
                        char reason[FR_SOURCE_REASON_MAX]);

/* Sets input, controls, orientation and timings. *request becomes what is left to be done by
 * others. Errors as open(); -ENOLINK without a signal, and then `has_events` says whether the
 * driver will tell when there is one. */
int fr_v4l2_set_up(struct fr_source *source, struct fr_source_request *request,
                   char reason[FR_SOURCE_REASON_MAX]);

/* reconfigure() of struct fr_source_ops. */
int fr_v4l2_reconfigure(struct fr_source *source, const struct fr_source_request *request,
                        char reason[FR_SOURCE_REASON_MAX]);

/* What the source will do, for the loop. */
void fr_v4l2_fill_offer(const struct fr_source *source, struct fr_source_offer *ret_offer);

/* USERPTR: queues every slot that the writer gives. 0 or the driver's error; a slot that could not
 * be queued is put back. */
int fr_v4l2_queue_slots(struct fr_source *source, struct fr_writer *writer);

/* start() and step() of struct fr_source_ops. */
int fr_v4l2_start(struct fr_source *source, struct fr_writer *writer,
                  struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX]);
int fr_v4l2_step(struct fr_source *source, struct fr_writer *writer,
                 char reason[FR_SOURCE_REASON_MAX]);
