/* The processes of a schedule, which use the library as any program does, and the schedule's
 * chances. */
#pragma once

#include "tests/sim/oracle.h"

enum { WRITER_ACTOR = 0, READER_ACTOR = 1, READERS_MAX = 4, STRANGER_ACTOR = 5 };

#define SIM_CAMERA "cam"

/* What this schedule is like; drawn at its beginning. */
struct scenario {
    unsigned readers;
    unsigned writer_lives; /* the last one dies of old age */
    unsigned frames_max;   /* of an epoch */
    bool may_readers_die;
    bool may_copy;
    bool has_tampering, has_removals; /* by a stranger */
    bool is_impatient;                /* the writer takes back what is pinned for long */
};
extern struct scenario scenario;

/* Since the program began. */
struct totals {
    uint64_t schedules, steps, switches, frames, epochs, taken, missed, torn, busy, withheld,
        mended;
    uint64_t writer_deaths, reader_deaths;
};
extern struct totals totals;

void actors_begin(void);
void actors_end(void);

void writer_begin(void);
void writer_killed(void);
void reader_begin(unsigned i);
void reader_killed(struct process *process);
/* All sleep, and none has been kept from a frame. */
void readers_quiet(const struct epoch *epoch);
void stranger_begin(void);
