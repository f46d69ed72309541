/* How the camera misbehaves: what is set from outside (command.h), and the faults of a frame. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What can be wrong with a single frame. */
enum fault {
    FAULT_NONE,
    /* Its bytes. */
    FAULT_TRUNCATED,   /* ends in the middle */
    FAULT_NO_TABLES,   /* no Huffman tables */
    FAULT_STALE_TAIL,  /* bytes of an older frame behind the end */
    FAULT_JUNK_HEAD,   /* bytes before the beginning */
    FAULT_EXTRANEOUS,  /* bytes before a marker, as Logitech's cameras have on every frame */
    FAULT_GARBAGE,     /* noise */
    FAULT_HTML,        /* an error page */
    FAULT_TINY,        /* begins and ends at once */
    FAULT_EMPTY,       /* no bytes at all */
    FAULT_WRONG_SIZE,  /* a picture of another size */
    FAULT_PROGRESSIVE, /* kinds of JPEG that a camera does not send */
    FAULT_ARITHMETIC,
    FAULT_CMYK,
    FAULT_LOSSLESS,
    FAULT_12_BIT,
    FAULT_OVERRUN, /* more bytes than was agreed */
    /* Its way over the bus. */
    FAULT_ERROR_BIT,    /* the payload's header says that something is wrong */
    FAULT_LOST_PAYLOAD, /* a piece in the middle is missing */
    FAULT_STUCK_FID,    /* not to be told from the frame before it */
    FAULT_NO_EOF,       /* its end is not marked; the next one's beginning tells */
    N_FAULTS
};

/* What must become of a frame. */
enum verdict {
    VERDICT_GOOD,    /* shown */
    VERDICT_BAD,     /* not shown */
    VERDICT_UNCLEAR, /* damaged in a way that need not be noticed */
};

struct fault_kind {
    const char *name;
    bool is_jpeg_only;
    enum verdict verdict;
};
extern const struct fault_kind fault_kinds[N_FAULTS];
extern const char *const verdict_names[3];

/* What the payload headers say about time. */
enum clock_lie { CLOCK_NONE, CLOCK_GOOD, CLOCK_ZERO, CLOCK_BACKWARDS, CLOCK_RANDOM, N_CLOCK_LIES };
extern const char *const clock_names[N_CLOCK_LIES];

/* Set from outside; zeroed is a camera that behaves. */
struct scenario {
    enum fault fault;
    long fault_count;  /* frames that it is still for; -1: all */
    bool is_silent;    /* no frames, though it answers */
    bool is_hung;      /* answers nothing but that transfers are taken back */
    uint32_t rate_num; /* frames in rate_den seconds, whatever was agreed; 0: as agreed */
    uint32_t rate_den;
    uint32_t burst; /* so many frames at once, then a pause; 0 and 1: none */
    enum clock_lie clock;
    struct served *served; /* files instead of pictures; NULL: none. Owned. */
};

/* Frames of files, one after the other, over and over. */
struct served {
    enum verdict verdict;
    size_t n, next;
    struct {
        uint8_t *bytes;
        size_t length;
    } file[64];
};

/* Takes NULL. */
void served_free(struct served *served);

/* What the next frame's fault is, and counts it. */
enum fault scenario_take_fault(struct scenario *scenario, bool is_jpeg);

/* The verdict on a frame with a fault: raw pictures and isochronous packets show what JPEG over
 * bulk transfers can hide. */
enum verdict fault_verdict(enum fault fault, bool is_jpeg, bool is_isochronous);

/* The index of `name` among `n` names; -1: it is none of them. */
int name_find(const char *const *names, int n, const char *name);
int fault_find(const char *name);
