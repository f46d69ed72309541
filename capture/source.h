/* Where frames come from: the one interface between the capture loop and its sources.
 *
 * A source opens its device or file and says what geometry it will deliver; the loop makes a ring
 * of that geometry; the source then fills slots and publishes them, whenever its file descriptor is
 * readable. A source never blocks and never logs: what it has to say stands in `reason`.
 */
#pragma once

#include "config/settings.h"
#include "framering/framering.h"

/* Room for a list of what a device has instead. */
enum { FR_SOURCE_REASON_MAX = 2048 };

/* Other names of the device that a source has open, the surest first; "" for none. A camera that
 * comes back with another number is found by them. */
enum { FR_SOURCE_LINKS = 2, FR_SOURCE_LINK_MAX = 256 };
struct fr_source_links {
    char path[FR_SOURCE_LINKS][FR_SOURCE_LINK_MAX];
};

/* What was asked for: command line and configuration. Zero means "whatever the source prefers". */
struct fr_source_request {
    const char *spec; /* behind the scheme: "/dev/video0" of "v4l2:/dev/video0" */
    uint32_t width_px, height_px;
    uint32_t rate_num, rate_den; /* frames a second */
    uint32_t fourcc;
    uint32_t slots;    /* of the ring to be made; bounds what a zero-copy source may queue */
    bool no_zero_copy; /* v4l2: MMAP and one copy although USERPTR may work */
    bool is_fast;      /* replay, synthetic: as fast as possible instead of at the frames' rate */
    bool is_looping;   /* replay: begins again at the end instead of ending */
    /* What becomes of the picture on its way into the slot. */
    bool mjpeg_luma;      /* v4l2: of JPEGs luma alone, into GREY */
    uint32_t mjpeg_scale; /* v4l2: JPEGs at 1/1, 1/2 or 1/4 of their size; 0 means 1 */
    bool keep_jpeg;       /* v4l2: the camera's JPEG stays in the slot beside the planes */
    bool half_luma;       /* a plane of luma at half the size, for readers that need no more */
    bool mirror;          /* left and right exchanged, before the rotation */
    bool no_convert;      /* v4l2: formats that must go through libv4l2 are refused */
    uint32_t rotate_deg;  /* clockwise: 0, 90, 180 or 270 */
    /* Of the last offer, so that a camera that comes back is believed to be as it was. */
    uint32_t decoded_fourcc;
    const char *input;                         /* v4l2: number or name; NULL or "": as it is */
    const struct fr_control_setting *controls; /* v4l2: to be set, in this order */
    size_t n_controls;
    const char *controls_file;           /* where they stand, for messages; may be NULL */
    const struct fr_source_links *links; /* of the offer that was first taken; may be NULL */
};

/* What the source will do. Written by open(). */
struct fr_source_offer {
    struct fr_geometry geometry;
    uint32_t copy_path; /* enum fr_copy_path */
    uint32_t hand;      /* slots that the writer's hand must have: 3 with zero copy, 2 otherwise */
    char label[128]; /* for people: card and driver name, or the path; control characters escaped */
    char notes[FR_SOURCE_REASON_MAX]; /* what people should know, a line each; "" mostly */
    struct fr_source_links links;
    uint32_t decoded_fourcc; /* v4l2: what its JPEGs are decoded to; 0: it sends none */
};

struct fr_source; /* each kind's own */

struct fr_source_ops {
    const char *scheme; /* "v4l2", "replay", "synthetic" */

    /* Opens and negotiates. 0, or negative with `reason` (a line that says what was wrong, what was
     * expected and what to do):
     *   -EINVAL           the spec or the request makes no sense: a configuration error, do not
     *                     retry
     *   -EBADR            the same of a line of `controls`
     *   -ENOENT, -ENODEV  not there (yet): retry
     *   -EBUSY            in use: retry
     *   -ENOLINK          there, but without a picture to take. *ret_source is set all the same,
     *                     to be polled: when step() returns -ESTALE it is time to free it and try
     *                     again. It is not to be started.
     *   -EACCES, others   retry, slowly */
    int (*open)(const struct fr_source_request *request, struct fr_source **ret_source,
                struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX]);

    /* The ring exists, and none of its slots was taken yet: queue buffers, start the stream or the
     * timer. -EAGAIN: this way of copying does not work after all (a driver that refuses USERPTR at
     * REQBUFS): `ret_offer` has another one, end the epoch and begin again. */
    int (*start)(struct fr_source *source, struct fr_writer *writer,
                 struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX]);

    /* A descriptor to poll, valid from start() to stop(); *ret_events gets EPOLLIN, EPOLLPRI … */
    int (*poll_fd)(const struct fr_source *source, uint32_t *ret_events);

    /* The descriptor is ready (or reported an error): takes what is there, publishes it. Returns
     * the number of frames published (0 is fine: spurious, or all of them bad, which is counted in
     * the ring).
     *   -ENODATA  the recording is at its end (and does not loop)
     *   -EIDRM    the ring was removed under us: begin a new epoch
     *   -EAGAIN   the pictures are not what open() believed: stop and start again, start() then has
     *             another offer
     *   -ESTALE   another picture comes from now on: stop, free and open again at once
     *   others    the source is lost (unplugged, driver fault): stop, free, open again after a
     *             pause */
    int (*step)(struct fr_source *source, struct fr_writer *writer,
                char reason[FR_SOURCE_REASON_MAX]);

    /* Other controls are asked for while it streams; sets those that differ from what open() or
     * this was given last. 0; `reason` then is "", or says what the device made of them, a line
     * each. Negative with `reason`: nothing was changed. -EBADR: as open(). NULL: it has none. */
    int (*reconfigure)(struct fr_source *source, const struct fr_source_request *request,
                       char reason[FR_SOURCE_REASON_MAX]);

    /* How many frames since open() had something odd about them that did no harm (warnings of the
     * JPEG decoder), and of the last of them what, in words; valid until the next call. For the
     * log. May be NULL. */
    uint64_t (*oddities)(const struct fr_source *source, const char **ret_text);

    /* Stops the stream; afterwards nothing writes into the slots. Takes a source that was not
     * started. */
    void (*stop)(struct fr_source *source);

    /* Frees; takes NULL. */
    void (*free)(struct fr_source *source);
};

extern const struct fr_source_ops fr_source_v4l2;
extern const struct fr_source_ops fr_source_replay;
extern const struct fr_source_ops fr_source_synthetic;
