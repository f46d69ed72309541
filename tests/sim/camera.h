/* A camera and its driver, which fills the slots that it was given word by word, in its own time,
 * and goes on for a while after its user has died. Every picture is unlike every other one, in
 * every word. */
#pragma once

#include "tests/sim/kernel.h"

enum { CAMERA_ACTOR = SIM_ACTORS - 1 };

struct picture {
    uint32_t slot_idx;
    uint64_t id; /* from 1 */
    bool is_bad;
};

void camera_reset(void);
/* The current process has it now, to fill slots of that segment; -EBUSY while it is another's. */
int camera_open(unsigned segment_idx);
/* Sleeps until something changes at the driver. */
void camera_wait(void);
void camera_queue(uint32_t slot_idx);
/* Sleeps until a slot was filled. */
struct picture camera_dequeue(void);
/* Returns when no slot is written any more. */
void camera_close(void);
/* Its user has died: it will stop. */
void camera_release(struct process *process);

/* Writes the next picture there, as a driver does or in its stead. */
uint64_t camera_write(unsigned segment_idx, uint32_t slot_idx, const bool *is_stopping);
static inline uint64_t camera_word(uint64_t picture_id, unsigned i)
{
    uint64_t x = (picture_id << 8 | i) * UINT64_C(0x9e3779b97f4a7c15);
    return x ^ x >> 29;
}
