/* framering: camera frames shared between processes.
 *
 * One writer per camera puts each frame once into a ring of slots in System V shared memory. Any
 * number of readers, in other processes, attach read-only and use the frames in place. The writer
 * never waits for a reader; a reader is woken by a semaphore, and learns of the writer's death from
 * the kernel.
 *
 * Conventions
 *   - Functions return 0 (or a count) on success and a negative errno on failure. A `ret_x`
 * argument is written only on success.
 *   - Times are int64_t nanoseconds of CLOCK_MONOTONIC. A timeout below 0 waits for ever, 0 does
 * not wait.
 *   - A handle belongs to one thread at a time, but for the functions that say otherwise.
 *   - The library never logs, never sleeps to find something out, and needs nothing but libc.
 *   - Freeing functions take NULL.
 *   - Other programs may be started at any time: every descriptor is closed by exec, and mappings
 *     go with it. In a child made by fork() that goes on without exec, handles are the parent's:
 *     reading and beginning an epoch fail with -ECHILD, other calls do nothing, freeing frees
 *     memory alone; the parent's lock, ring and pins stay the parent's, and end with it although
 *     the child lives. Pixels of a frame that the parent holds can be read in the child for as long
 *     as it does; a writer's slots are not mapped there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FRAMERING_H
#define FRAMERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FR_PUBLIC __attribute__((visibility("default")))
#else
#define FR_PUBLIC
#endif

/* ---------------------------------------------------------------- formats */

/* A fourcc as V4L2 writes it: the first letter in the lowest byte. */
#define FR_FOURCC(a, b, c, d)                                                                      \
    ((uint32_t)(a) | ((uint32_t)(b) << 8) | ((uint32_t)(c) << 16) | ((uint32_t)(d) << 24))

#define FR_FOURCC_GREY FR_FOURCC('G', 'R', 'E', 'Y') /* luma only, 8 bits */
#define FR_FOURCC_NV12 FR_FOURCC('N', 'V', '1', '2') /* Y, then U and V interleaved, 4:2:0 */
#define FR_FOURCC_NV21 FR_FOURCC('N', 'V', '2', '1') /* Y, then V and U interleaved, 4:2:0 */
#define FR_FOURCC_YU12 FR_FOURCC('Y', 'U', '1', '2') /* Y, U, V, 4:2:0 (I420) */
#define FR_FOURCC_YV12 FR_FOURCC('Y', 'V', '1', '2') /* Y, V, U, 4:2:0 */
#define FR_FOURCC_422P FR_FOURCC('4', '2', '2', 'P') /* Y, U, V, 4:2:2 */
#define FR_FOURCC_YUYV FR_FOURCC('Y', 'U', 'Y', 'V') /* packed 4:2:2, Y first */
#define FR_FOURCC_UYVY FR_FOURCC('U', 'Y', 'V', 'Y') /* packed 4:2:2, U first */

/* Largest width and height that a ring can have. */
#define FR_SIDE_MAX 16384u
/* Most slots in a ring: V4L2 allows no more buffers. */
#define FR_SLOTS_MAX 32u
/* Most planes in a slot. */
#define FR_PLANES_MAX 8u
/* Longest camera name, without the terminating zero. */
#define FR_CAMERA_NAME_MAX 63u
/* Every stride that this library chooses is a multiple of this. */
#define FR_STRIDE_ALIGN 64u

/* The values of these four are V4L2's own (enum v4l2_field, v4l2_colorspace, v4l2_ycbcr_encoding,
 * v4l2_xfer_func, v4l2_quantization); 0 means "not told". */
struct fr_colorimetry {
    uint8_t primaries;
    uint8_t transfer;
    uint8_t matrix;
    uint8_t range;
};

/* What every frame of one epoch has in common. */
struct fr_format {
    uint32_t fourcc;
    uint32_t width_px;
    uint32_t height_px;
    uint32_t field; /* enum v4l2_field; 1 is progressive */
    struct fr_colorimetry colorimetry;
    uint32_t rate_num; /* frames per second = rate_num / rate_den; 0/0 when not known */
    uint32_t rate_den;
    uint32_t reserved; /* 0 */
};

enum fr_plane_kind {
    FR_PLANE_NONE = 0,
    FR_PLANE_Y = 1,      /* full-size luma, one byte a pixel */
    FR_PLANE_U = 2,      /* Cb */
    FR_PLANE_V = 3,      /* Cr */
    FR_PLANE_UV = 4,     /* Cb and Cr interleaved, Cb first */
    FR_PLANE_VU = 5,     /* Cb and Cr interleaved, Cr first */
    FR_PLANE_PACKED = 6, /* Y and chroma interleaved, as the fourcc says */
    FR_PLANE_HALF_Y = 7, /* luma reduced 2x2: (width+1)/2 by (height+1)/2 */
    FR_PLANE_JPEG = 8,   /* the camera's own JPEG: stride 0, rows 0, bytes = its length */
};

/* Where a plane stands within a slot. */
struct fr_plane_layout {
    uint32_t kind;         /* enum fr_plane_kind */
    uint32_t stride_bytes; /* from one row to the next; 0 for FR_PLANE_JPEG */
    uint32_t rows;         /* 0 for FR_PLANE_JPEG */
    uint32_t reserved;     /* 0 */
    uint64_t offset_bytes; /* from the start of the slot */
    uint64_t size_bytes;   /* stride_bytes * rows; for FR_PLANE_JPEG the room there is */
};

/* Format and planes together: what a writer needs to make a ring. */
struct fr_geometry {
    struct fr_format format;
    uint32_t n_planes;
    uint32_t reserved;
    struct fr_plane_layout planes[FR_PLANES_MAX];
    uint64_t slot_bytes; /* room of one slot; the ring rounds it up to whole pages */
};

/* Lays the planes of `format` out one after another, every stride a multiple of FR_STRIDE_ALIGN.
 * Reads format->fourcc, width_px, height_px only, and copies the whole of it.
 * -EINVAL: a side is 0 or above FR_SIDE_MAX, or the fourcc wants an even width and it is not.
 * -ENOTSUP: a fourcc that framering does not know. Thread-safe, pure. */
FR_PUBLIC int fr_geometry_init(const struct fr_format *format, struct fr_geometry *ret_geometry);

/* The same with the strides of a driver: luma rows (or packed rows) are `stride_bytes` apart,
 * chroma strides follow from it as V4L2 defines them, and planes stand one after another without a
 * gap. -EINVAL also when stride_bytes is too small for the width. */
FR_PUBLIC int fr_geometry_init_stride(const struct fr_format *format, uint32_t stride_bytes,
                                      struct fr_geometry *ret_geometry);

/* Appends a plane of another kind (FR_PLANE_HALF_Y: sizes are worked out; FR_PLANE_JPEG: `bytes` is
 * the room) behind the others. -ENOSPC: FR_PLANES_MAX reached. -EINVAL: another kind. */
FR_PUBLIC int fr_geometry_add_plane(struct fr_geometry *geometry, enum fr_plane_kind kind,
                                    uint64_t bytes);

/* Checks a geometry from an unknown source: known fourcc, sane sides, and every plane of it present
 * once, large enough, inside slot_bytes and overlapping no other. 0, -EINVAL or -ENOTSUP. Pure. */
FR_PUBLIC int fr_geometry_check(const struct fr_geometry *geometry);

/* Writes the fourcc's four letters and a zero, with anything unprintable as '?'. Returns buf. */
FR_PUBLIC const char *fr_fourcc_name(uint32_t fourcc, char buf[5]);

/* ---------------------------------------------------------------- frames */

enum fr_frame_flags {
    FR_FRAME_CORRUPT = 1u << 0,        /* the source said that the picture is damaged */
    FR_FRAME_TIME_ESTIMATED = 1u << 1, /* captured_mono_ns is the time of dequeuing */
    FR_FRAME_AFTER_GAP = 1u << 2,      /* the source lost frames just before this one */
    FR_FRAME_WITHHELD = 1u << 3,       /* cannot be pinned: readers hold every other slot */
};

/* One plane of a frame that a reader holds. */
struct fr_plane {
    const uint8_t *data; /* into the ring, read-only; valid until fr_reader_release() */
    uint32_t kind;       /* enum fr_plane_kind */
    uint32_t stride_bytes;
    uint32_t rows;
    uint64_t size_bytes; /* bytes that may be read from data */
};

/* A frame in the ring, as a reader sees it. Everything but the pixels is a private, checked copy.
 */
struct fr_frame {
    struct fr_format format;
    uint64_t epoch;  /* changes with every start of the writer and every new geometry */
    uint64_t number; /* counts from 1 in each epoch, without holes */
    uint64_t missed; /* frames of this epoch published since the last one returned, and not seen */
    int64_t captured_mono_ns;
    int64_t published_mono_ns;
    uint64_t bytes_used;      /* as the source told */
    uint32_t source_sequence; /* the driver's own counter */
    uint32_t flags;           /* enum fr_frame_flags */
    uint32_t slot_idx;
    uint32_t n_planes;
    struct fr_plane planes[FR_PLANES_MAX];
    /* The library's own. */
    void *attachment;
    uint64_t sequence;
    bool is_pinned;
};

/* Luma as a detector wants it: pixel (x, y) is data[y * stride_bytes + x * step_bytes]. */
struct fr_luma {
    const uint8_t *data;
    uint32_t width_px;
    uint32_t height_px;
    uint32_t stride_bytes;
    uint32_t step_bytes; /* 1 for planar, 2 for packed formats */
};

/* The plane of a kind, or NULL. Pure. */
FR_PUBLIC const struct fr_plane *fr_frame_plane(const struct fr_frame *frame,
                                                enum fr_plane_kind kind);

/* The luma of a frame, whatever its format; for GREY, NV12 … planar, for YUYV, UYVY packed.
 * -ENOTSUP: no luma in it. Pure. */
FR_PUBLIC int fr_frame_luma(const struct fr_frame *frame, struct fr_luma *ret_luma);

/* ---------------------------------------------------------------- reading */

enum fr_read_mode {
    /* The slot stays yours until you release it: for readers that hand the pointer on. Only when
     * readers hold every slot does the writer take back one that has been held for more than 10 s;
     * fr_reader_release() tells then. Needs write permission to the pins' semaphore set (group
     * framering). */
    FR_READ_PINNED = 0,
    /* Needs no write permission to anything. The writer may reuse the slot while you read it:
     * fr_reader_release() tells, and then the result must be thrown away. */
    FR_READ_PEEK = 1,
};

struct fr_reader;

/* Makes a reader of `camera`. Does not wait: the ring need not exist yet, and -ENOTCONN of the
 * first fr_reader_next() tells when it does not. The caller frees it with fr_reader_close().
 * -EINVAL: not a camera name (see fr_camera_name_ok()); -ENOMEM, -EMFILE. */
FR_PUBLIC int fr_reader_open(const char *camera, enum fr_read_mode mode,
                             struct fr_reader **ret_reader);

/* Frees the reader. Frames that are still held are released, and must not be used any more. */
FR_PUBLIC void fr_reader_close(struct fr_reader *reader);

/* Waits for a frame that this reader has not been given yet, the oldest still in the ring, and
 * holds it. The first one is a frame published after the reader came. Blocks up to timeout_ns.
 *
 *  0           *ret_frame is held; give it back with fr_reader_release()
 *  -ETIMEDOUT  no frame in that time
 *  -ECANCELED  fr_reader_cancel()
 *  -EINTR      a signal handler ran, and did not cancel
 *  -ENOTCONN   no writer: none yet, it stopped, or it died. Told once; the next call waits for one
 *  -EBUSY      pinned only: the newest frame cannot be pinned, for readers hold every other slot.
 *              Told once a frame; the next call waits for a newer frame
 *  -ECHILD     opened before a fork(), in the child: open a reader there
 *  -EACCES, -EPROTO, -EPERM, -EBADMSG, -ENOTSUP, -ENOMEM …
 *              there is a ring, and it cannot be used; fr_reader_reason() says why in words.
 *              Told once; the next call waits for another ring
 *
 * A reader may hold several frames at a time, each until it is released. A loop that goes on after
 * any of these but -ECANCELED and -ECHILD never spins. */
FR_PUBLIC int fr_reader_next(struct fr_reader *reader, int64_t timeout_ns,
                             struct fr_frame *ret_frame);

/* The same, but holds the newest frame; what lies between counts as missed. */
FR_PUBLIC int fr_reader_latest(struct fr_reader *reader, int64_t timeout_ns,
                               struct fr_frame *ret_frame);

/* True while the slot has not been written to since the frame was taken. What was read before a
 * true answer is intact. Pure, does not block. */
FR_PUBLIC bool fr_frame_intact(const struct fr_frame *frame);

/* Gives the frame back. 0: it was intact to the end. -ESTALE: it was overwritten while it was held;
 * whatever was computed from it must be thrown away. The planes must not be used afterwards. */
FR_PUBLIC int fr_reader_release(struct fr_reader *reader, struct fr_frame *frame);

/* Makes the wait under way, or else the next one, return -ECANCELED; once. May be called from any
 * thread and from a signal handler. From another thread it interrupts the waiting one with SIGURG,
 * for which fr_reader_open() installs an empty handler when the program has none. */
FR_PUBLIC void fr_reader_cancel(struct fr_reader *reader);

/* One line, in English, on why the last call failed, with what was expected and what to do; "" when
 * there is nothing to say. Valid until the next call on this reader. */
FR_PUBLIC const char *fr_reader_reason(const struct fr_reader *reader);

struct fr_reader_counts {
    uint64_t frames;  /* taken */
    uint64_t missed;  /* published, and never taken */
    uint64_t torn;    /* taken, and overwritten before they were released */
    uint64_t refused; /* descriptors that made no sense */
    uint64_t epochs;  /* rings attached */
};
FR_PUBLIC void fr_reader_counts(const struct fr_reader *reader,
                                struct fr_reader_counts *ret_counts);

/* ---------------------------------------------------------------- writing */

/* How the frames come into the ring; shown by `framering info`. */
enum fr_copy_path {
    FR_PATH_UNKNOWN = 0,
    FR_PATH_USERPTR = 1,   /* the driver writes into the slots */
    FR_PATH_MMAP = 2,      /* one copy from the driver's buffer */
    FR_PATH_MJPEG = 3,     /* decoded into the slot */
    FR_PATH_CONVERTED = 4, /* by libv4l2 */
    FR_PATH_REPLAY = 5,    /* from a recording */
    FR_PATH_SYNTHETIC = 6, /* drawn into the slot */
};
/* "USERPTR (zero copy)" and the like; never NULL. */
FR_PUBLIC const char *fr_copy_path_name(uint32_t path);

/* Why frames were lost before they reached the ring. */
enum fr_drop_reason {
    FR_DROP_CORRUPT = 0,     /* the driver flagged the buffer */
    FR_DROP_SHORT = 1,       /* fewer bytes than a picture has */
    FR_DROP_UNDECODABLE = 2, /* JPEG that cannot be decoded */
    FR_DROP_STARVED = 3,     /* no slot to fill */
    FR_DROP_LATE = 4,        /* a newer one was there already */
    FR_DROP_SOURCE = 5,      /* lost by the source: holes in its counter */
    FR_DROP_OTHER = 6,
    FR_DROP_REASONS = 7,
};
/* "corrupt", "short" and the like; never NULL. */
FR_PUBLIC const char *fr_drop_reason_name(unsigned reason);

struct fr_writer;

/* Takes the writer's lock of `camera`, and makes its folder when it is missing. One process is the
 * writer of a camera at a time. The caller frees it with fr_writer_close(). `group` names the group
 * that may read (NULL: "framering" if it exists and may be used, else the process's own). On
 * failure `reason`, when not NULL, gets a line on what was wrong and what to do. -EBUSY: another
 * process is the writer; -EINVAL: not a camera name; -EACCES, -EPERM, -ENOMEM … */
FR_PUBLIC int fr_writer_open(const char *camera, const char *group, struct fr_writer **ret_writer,
                             char *reason, size_t reason_size);

/* What to make. */
struct fr_epoch_options {
    struct fr_geometry geometry;
    uint32_t slots;     /* 0 means 8; at least hand + 2, at most FR_SLOTS_MAX */
    uint32_t hand;      /* slots always in the writer's hand: 2 (0 means 2), with zero copy 3 */
    uint32_t copy_path; /* enum fr_copy_path */
    bool no_pins;       /* pinned readers are refused */
    bool lock_memory;   /* never swapped out; RLIMIT_MEMLOCK must allow it */
    /* When readers hold every slot, the writer takes back the one that has been held longest, if
     * that is longer than this. 0 means 10 s; below 0: never. */
    int64_t pin_patience_ns;
};

/* Begins an epoch: removes what is left of earlier ones, makes the segment and the semaphores,
 * touches all the memory, and lets readers know. An epoch under way is ended first; the driver must
 * have been stopped. `hand` slots are then ready for fr_writer_take(). -EINVAL, -ENOTSUP: the
 * options; -ENOSPC, -ENOMEM, -EACCES: a kernel limit, fr_writer_reason() says which and how to
 * raise it; -ECHILD: the writer was opened before a fork(), and this is the child. */
FR_PUBLIC int fr_writer_begin(struct fr_writer *writer, const struct fr_epoch_options *options);

/* Ends the epoch: everything is removed, readers wake and are told. No-op when there is none. */
FR_PUBLIC void fr_writer_end(struct fr_writer *writer);

/* Ends the epoch, removes the writer's files but the lock, gives the lock back. */
FR_PUBLIC void fr_writer_close(struct fr_writer *writer);

/* The next slot to be filled. It is marked as being written; nobody reads it until it is published.
 * -EAGAIN: all slots of the hand have been taken already. Does not block. */
FR_PUBLIC int fr_writer_take(struct fr_writer *writer, uint32_t *ret_slot_idx);

/* The memory of a slot, page-aligned; valid until the epoch ends. NULL when there is no such slot.
 */
FR_PUBLIC uint8_t *fr_writer_slot(const struct fr_writer *writer, uint32_t slot_idx);
/* The room of a slot in bytes (whole pages). */
FR_PUBLIC size_t fr_writer_slot_bytes(const struct fr_writer *writer);

/* What the writer says of a frame. */
struct fr_frame_meta {
    int64_t captured_mono_ns; /* 0: now */
    uint32_t source_sequence;
    uint32_t flags;      /* CORRUPT, TIME_ESTIMATED, AFTER_GAP */
    uint64_t bytes_used; /* 0: the size of all planes */
    uint64_t jpeg_bytes; /* length of the JPEG, when the geometry has a plane for it */
};

/* Publishes a slot that was taken and filled, and wakes the readers. Never waits. Afterwards
 * fr_writer_take() has a slot again.
 * -EINVAL: not a slot that was taken; -EIDRM: somebody removed the ring's objects, begin a new
 * epoch. */
FR_PUBLIC int fr_writer_publish(struct fr_writer *writer, uint32_t slot_idx,
                                const struct fr_frame_meta *meta);

/* Puts a slot that was taken back unpublished, and counts why (a reason of FR_DROP_REASONS: does
 * not count). fr_writer_take() gives it again. -EINVAL: not a slot that was taken. */
FR_PUBLIC int fr_writer_discard(struct fr_writer *writer, uint32_t slot_idx, unsigned reason);

/* Counts `n` frames lost before they had a slot. */
FR_PUBLIC void fr_writer_count_drop(struct fr_writer *writer, unsigned reason, uint64_t n);

/* Looks whether the ring's objects are still there (they can be removed by an administrator without
 * the writer's doing): 0 or -EIDRM. A system call; once a second is plenty. */
FR_PUBLIC int fr_writer_check(struct fr_writer *writer);

/* As fr_reader_reason(). After a fr_writer_begin() that went well: which objects stand where this
 * camera's could, are not provably its own, and were left alone; "" mostly. */
FR_PUBLIC const char *fr_writer_reason(const struct fr_writer *writer);

struct fr_writer_counts {
    uint64_t epoch;
    uint64_t frames;
    uint64_t withheld; /* published but not to be pinned */
    uint64_t mended;   /* slots taken back: their pins were tampered with, or held for too long */
    uint64_t dropped[FR_DROP_REASONS];
};
/* Since the writer was opened, over all epochs. */
FR_PUBLIC void fr_writer_counts(const struct fr_writer *writer,
                                struct fr_writer_counts *ret_counts);

/* ---------------------------------------------------------------- looking from outside */

/* 1 to FR_CAMERA_NAME_MAX of [A-Za-z0-9._-], not beginning with a dot or a dash. */
FR_PUBLIC bool fr_camera_name_ok(const char *name);

/* Folders in which rings are looked for, the most important first: $FRAMERING_RUNDIR alone when it
 * is set, else $XDG_RUNTIME_DIR/framering and /run/framering. Returns the folder number `i` (from
 * 0) in buf, or NULL when there is no such number. */
FR_PUBLIC const char *fr_rundir(unsigned i, char *buf, size_t size);

enum fr_ring_state {
    FR_RING_LIVE = 0,    /* its writer lives */
    FR_RING_DEAD = 1,    /* its writer died and left it behind */
    FR_RING_GONE = 2,    /* the file names objects that do not exist any more */
    FR_RING_REFUSED = 3, /* it cannot be looked at; `reason` says why */
};

struct fr_slot_info {
    uint64_t frame;  /* last one published in it; 0: none yet */
    bool is_writers; /* in the writer's hand */
    bool is_withheld;
    uint32_t pins; /* readers' pins, by the semaphore */
    int32_t
        last_pid; /* that last touched the semaphore; 0: none. For people; decide nothing by it */
};

struct fr_ring_info {
    char camera[FR_CAMERA_NAME_MAX + 1];
    char folder[256];
    enum fr_ring_state state;
    char reason[256];
    uint64_t epoch;
    struct fr_geometry geometry;
    uint32_t copy_path;
    uint32_t slots;
    uint32_t hand;
    bool has_pins;
    int32_t shm_id, gates_id, pins_id;
    uint64_t segment_bytes;
    uint32_t owner_uid;
    int32_t writer_pid; /* creator's; for people */
    uint32_t attached;  /* processes, the writer included */
    uint64_t frames;    /* published in this epoch */
    uint64_t withheld;
    uint64_t mended;
    uint64_t gaps;     /* times that the source lost frames */
    uint64_t restarts; /* epochs before this one, since the folder was made */
    uint64_t dropped[FR_DROP_REASONS];
    int64_t begun_mono_ns;
    int64_t last_publish_mono_ns; /* 0: nothing published yet */
    struct fr_slot_info slot[FR_SLOTS_MAX];
};

/* Looks at a camera's ring without changing it. 0 also for a ring that is dead, gone or refused:
 * see state. -ENOENT: no such camera in any folder; -EINVAL: not a camera name. Does not block. */
FR_PUBLIC int fr_ring_info(const char *camera, struct fr_ring_info *ret_info);

/* Calls `each` with the name of every camera that has a folder, in order of the names; stops when
 * it returns other than 0, and returns that. */
FR_PUBLIC int fr_ring_list(int (*each)(const char *camera, void *userdata), void *userdata);

/* Removes a ring whose writer is provably dead: its lock is free, its objects are our own. What it
 * did or why it refused stands in `reason`. -ENOENT: nothing there; -EBUSY: the writer lives (or
 * its lock is held); -EPERM: not ours. */
FR_PUBLIC int fr_ring_remove(const char *camera, char *reason, size_t reason_size);

/* What is left of a ring that no file names any more: its run folder was removed, or lies elsewhere
 * and its writer died. No writer sweeps it up. */
struct fr_stray {
    char camera[FR_CAMERA_NAME_MAX + 1];
    int32_t shm_id, gates_id, pins_id; /* -1: that one is gone */
    uint64_t segment_bytes;
    uint32_t owner_uid;
    uint32_t attached; /* processes that still have it */
};

/* Calls `each` for every stray ring of this IPC namespace; stops when it returns other than 0, and
 * returns that. *ret_unseen is the number of segments that this process may not look into. Neither
 * rings of living writers nor segments that only wait for their last reader are strays. */
FR_PUBLIC int fr_ring_strays(int (*each)(const struct fr_stray *stray, void *userdata),
                             void *userdata, unsigned *ret_unseen);

/* ---------------------------------------------------------------- what the kernel allows */

/* What rings ask of the kernel; needs of several rings are added up, but for those ending in
 * _max. */
struct fr_need {
    uint64_t segment_bytes; /* of all segments together */
    uint64_t segment_bytes_max;
    uint32_t segments;
    uint32_t sets; /* of semaphores */
    uint32_t semaphores;
    uint32_t set_semaphores_max;
    uint32_t operations_max; /* in one semop(2) */
};

/* What a ring of these options needs: what fr_writer_begin() will ask for. -EINVAL, -ENOTSUP.
 * Pure. */
FR_PUBLIC int fr_epoch_need(const struct fr_epoch_options *options, struct fr_need *ret_need);

/* One of the kernel's limits on System V objects. */
struct fr_limit {
    const char *name; /* "SHMMAX" */
    const char *what; /* "bytes in a shared memory segment" */
    uint64_t value;
    uint64_t used;     /* of it now, in this IPC namespace; 0 for limits on a single object */
    uint64_t asked;    /* beside that */
    char command[112]; /* "sysctl -w kernel.shmmax=66355200": lets in what was asked for */
};
enum { FR_LIMITS = 7 };

/* The limits of this process's IPC namespace, beside what is needed. Negative errno where the
 * kernel has no System V objects. */
FR_PUBLIC int fr_limits(const struct fr_need *need, struct fr_limit ret_limits[FR_LIMITS]);
/* What was asked for would be refused. Pure. */
FR_PUBLIC bool fr_limit_is_short(const struct fr_limit *limit);
/* Says so in a line, with the command that raises it. Pure. */
FR_PUBLIC void fr_limit_explain(const struct fr_limit *limit, char *buf, size_t size);

/* Bytes of memory (swap included) that can be had without taking them from other programs, as the
 * kernel estimates; negative errno when it does not tell. */
FR_PUBLIC int64_t fr_memory_available(void);

#ifdef __cplusplus
}
#endif
#endif
