/* What must hold, looked at wherever something happens. It sees all of memory as it is, and keeps
 * books of its own: which picture each frame is, in which slot, and who holds it. */
#pragma once

#include "tests/sim/kernel.h"

#include "common/ring/rendezvous.h"

enum { ORACLE_EPOCHS = 16, ORACLE_FRAMES = 256 };

struct epoch {
    uint64_t number; /* 0: none */
    unsigned segment_idx, slots, hand, index_entries;
    int shm_id, gates_id, pins_id;
    bool has_pins;
    bool is_over; /* ended, or its writer has died, or somebody removed a part of it */
    uint64_t head;
    bool is_newest_withheld;
    uint64_t next_picture;           /* being published */
    uint64_t picture[ORACLE_FRAMES]; /* of each frame */
    uint8_t slot_of[ORACLE_FRAMES];
    uint8_t held[MEMORY_SLOTS]; /* frames that honest readers hold pinned */
    uint8_t held_by[KERNEL_PROCESSES][MEMORY_SLOTS];
};

/* What may happen in this schedule, beside deaths. */
struct oracle {
    bool are_pins_loose; /* readers can lose them, for somebody sets their semaphores */
    bool has_removals;   /* objects removed by others */
    struct process *writer;
    struct epoch epochs[ORACLE_EPOCHS];
    uint64_t newest_epoch;
    uint64_t withheld; /* frames, of all epochs */
};
extern struct oracle oracle;

void oracle_reset(void);
struct epoch *oracle_epoch(uint64_t number);
struct epoch *oracle_newest(void); /* NULL: none yet */

/* From the kernel and the folder. */
void oracle_segment_made(unsigned segment_idx);
void oracle_epoch_known(const struct fr_rendezvous *ring);
void oracle_before_store(unsigned segment_idx, uint32_t offset, uint64_t value);
void oracle_after_change(const struct set *set);
void oracle_before_sleep(struct process *process, const struct set *set);
void oracle_process_dies(const struct process *process);
void oracle_process_gone(const struct process *process); /* all was undone */

/* From the writer: just after a publish. */
void oracle_published(struct epoch *epoch);
/* All others sleep. */
void oracle_quiet(struct epoch *epoch);

/* From the readers. */
void oracle_hold(struct epoch *epoch, uint32_t slot_idx, int by);
/* The current process holds as many pins as it has frames. */
void oracle_check_pins_held(void);
/* Frame n can still be read, and pinned where that is asked. */
bool oracle_is_there(const struct epoch *epoch, uint64_t n, bool pinned);
bool oracle_is_withheld(const struct epoch *epoch, uint64_t n);

/* Everything is over. */
void oracle_end(void);
