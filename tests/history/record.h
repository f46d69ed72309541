/* What processes log of the frames that they publish and read, and where.
 *
 * The log is shared memory: a header, then records of one size in the order in which they were
 * begun. To append is to take the next place by an atomic addition, and to write `kind` last. So a
 * process may be killed at any instruction and leaves a log that can be read: at worst a place
 * whose kind is 0. What a writer is about to publish stands in the log before any reader can see
 * it.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum history_kind {
    HISTORY_NONE = 0,   /* half done */
    HISTORY_BEGUN,      /* a writer has begun an epoch */
    HISTORY_PUBLISHING, /* and is about to publish a frame with this checksum */
    HISTORY_OPENED,     /* a reader */
    HISTORY_TAKEN,      /* it was given a frame, `missed` before it */
    HISTORY_ACCEPTED, /* gave it back, and was told that it was whole; what it saw is the checksum */
    HISTORY_DROPPED,  /* … that it was torn */
    HISTORY_CLOSED,   /* the library's own counts: frames, missed, torn */
};

struct history_record {
    _Atomic uint32_t kind; /* release; pairs with the acquire of who checks */
    uint32_t run;          /* of the test that this belongs to */
    uint32_t pid;
    uint32_t reserved;
    uint64_t handle; /* of the writer or reader, unique in its process while it is open */
    uint64_t cookie; /* names an epoch of a camera, and no other in the world */
    uint64_t epoch;
    uint64_t number;   /* of the frame; CLOSED: frames taken */
    uint64_t missed;   /* TAKEN: before this one; CLOSED: of them all */
    uint64_t checksum; /* PUBLISHING, ACCEPTED, DROPPED; CLOSED: frames torn */
};
static_assert(sizeof(struct history_record) == 64, "a cache line each");

struct history_log {
    uint64_t magic;
    _Atomic uint32_t run;   /* the test under way */
    _Atomic uint32_t next;  /* place of the next record; may run past the end */
    _Atomic uint32_t liars; /* that run: not judged */
    uint32_t reserved[11];
    struct history_record record[];
};

#define HISTORY_MAGIC  UINT64_C(0x3179726f74736968) /* "history1" */
#define HISTORY_PLACES (UINT32_C(1) << 22)          /* touched only as far as they are used */
#define HISTORY_BYTES  (sizeof(struct history_log) + HISTORY_PLACES * sizeof(struct history_record))
