/* Actors that take turns by chance, and by nothing else: what a schedule does follows from its
 * seed.
 *
 * An actor is a stack of its own. It runs until it comes to a point where somebody else could have
 * run in its place, which is before each access to shared memory and before each system call, and
 * until the number of such steps that it was granted is used up. Between two points nobody can tell
 * that time has passed, so that nothing is lost by not switching there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SIM_ACTORS = 8, SIM_FOREVER = INT32_MAX };

struct process;

enum actor_state {
    ACTOR_NONE = 0,
    ACTOR_READY,
    ACTOR_ASLEEP, /* until sim_wake(), or its deadline */
    ACTOR_RESTS,  /* until all others sleep or rest */
};

struct actor {
    const char *name;
    void (*main)(void *arg);
    void *arg;
    struct process *process; /* NULL: the kernel's own */
    enum actor_state state;
    uint32_t weight;          /* chance to be next, against the others' */
    int32_t life;             /* steps until it is killed; SIM_FOREVER */
    int32_t killed_at;        /* so many switches from the beginning, even asleep; SIM_FOREVER */
    int64_t deadline_mono_ns; /* while asleep; -1: none */
    bool is_timed_out;
};

struct sim {
    struct actor actors[SIM_ACTORS];
    struct actor *current;
    uint64_t random;
    int64_t now_mono_ns;
    uint64_t switches, steps;
    uint32_t burst_mean;
    bool is_weak;    /* memory is no stronger than C's rules */
    bool is_tracing; /* every step is told; changes nothing else */
    bool is_over;    /* the last writer has gone for good */
    char failure[512];
};
extern struct sim sim;

/* Steps that the current actor may still take. */
extern int32_t sim_budget;

/* Runs what `begin` has spawned until nobody can go on, or somebody fails. True when nobody
 * failed. */
bool sim_run(uint64_t seed, bool is_tracing, void (*begin)(void), void (*end)(void));

/* `idx` is not in use, or the current actor's, which is about to return from its main(). */
struct actor *sim_spawn(unsigned idx, const char *name, void (*main)(void *arg), void *arg);
/* It will be killed after so many steps of its own, or switches of anybody; SIM_FOREVER: not so. */
void sim_mortal(struct actor *actor, int32_t life, int32_t switches);
/* Takes the place of each actor that is killed: does what the kernel does for a process that
 * dies. */
void sim_set_killed(void (*killed)(void *arg));

/* A point where others may run. */
void sim_switch(const char *where, const char *what);
static inline void sim_step(const char *where, const char *what)
{
    if (__builtin_expect(--sim_budget < 0, 0))
        sim_switch(where, what);
}

/* Sleeps until sim_wake(): true; false: the deadline has passed. */
bool sim_sleep(const char *what, int64_t deadline_mono_ns);
void sim_wake(struct actor *actor);
/* Goes on when everybody else sleeps or rests. */
void sim_rest(void);

/* This schedule has shown a fault. Does not return. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define sim_must(condition, ...)                                                                   \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            sim_fail(__VA_ARGS__);                                                                 \
    } while (0)

/* Tells what is going on; nothing unless is_tracing. */
void sim_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define sim_trace(...)                                                                             \
    do {                                                                                           \
        if (__builtin_expect(sim.is_tracing, 0))                                                   \
            sim_tell(__VA_ARGS__);                                                                 \
    } while (0)
/* The last `lines` told, or all. */
void sim_print_trace(unsigned lines);

/* ---------------------------------------------------------------- chance */

static inline uint64_t sim_random(void)
{
    uint64_t x = sim.random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* 0 to below - 1. */
static inline uint32_t sim_below(uint32_t below)
{
    return (uint32_t)((sim_random() >> 32) * below >> 32);
}

static inline bool sim_chance(uint32_t one_in)
{
    return sim_below(one_in) == 0;
}
