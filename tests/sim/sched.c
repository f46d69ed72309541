/* See sched.h. */
#undef _FORTIFY_SOURCE /* its longjmp() knows of one stack only */
#include "tests/sim/sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

enum {
    STACK_BYTES = 128 * 1024,
    STEPS_MAX = 2000000, /* of a schedule that will not end */
    TRACE_LINES = 1 << 14,
    TRACE_LINE = 160,
};

struct sim sim;
int32_t sim_budget;

/* A stack outlives the actors on it: an actor begins by a jump to its bottom, and a killed one is
 * left behind by the same jump. */
static struct stack {
    jmp_buf bottom, left_at;
    bool is_made, is_fresh;
    _Alignas(64) char bytes[STACK_BYTES];
} stacks[SIM_ACTORS];

static jmp_buf outside; /* sim_run() */
static ucontext_t outside_context, bottom_context;
static int32_t granted, left; /* steps; `left` is counted only where every step is told */
static int32_t next_kill;     /* no actor is to be killed before that many switches */
static void (*killed)(void *);

static char trace[TRACE_LINES][TRACE_LINE];
static uint64_t traced;

/* ---------------------------------------------------------------- telling */

void sim_tell(const char *format, ...)
{
    char *line = trace[traced++ % TRACE_LINES];
    int n = snprintf(line, TRACE_LINE, "%6llu %-8s ", (unsigned long long)sim.steps,
                     sim.current ? sim.current->name : "");
    va_list args;
    va_start(args, format);
    vsnprintf(line + n, (size_t)(TRACE_LINE - n), format, args);
    va_end(args);
}

void sim_print_trace(unsigned lines)
{
    uint64_t first = traced > TRACE_LINES ? traced - TRACE_LINES : 0;
    if (traced - first > lines)
        first = traced - lines;
    for (uint64_t i = first; i < traced; i++)
        fprintf(stderr, "%s\n", trace[i % TRACE_LINES]);
}

void sim_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(sim.failure, sizeof sim.failure, format, args);
    va_end(args);
    sim_trace("FAILS: %s", sim.failure);
    _longjmp(outside, 1);
}

struct actor *sim_spawn(unsigned idx, const char *name, void (*main)(void *arg), void *arg)
{
    struct actor *actor = &sim.actors[idx];
    *actor = (struct actor){.name = name,
                            .main = main,
                            .arg = arg,
                            .state = ACTOR_READY,
                            .weight = 16,
                            .life = SIM_FOREVER,
                            .killed_at = SIM_FOREVER,
                            .deadline_mono_ns = -1};
    stacks[idx].is_fresh = true;
    return actor;
}

void sim_mortal(struct actor *actor, int32_t life, int32_t switches)
{
    actor->life = life;
    actor->killed_at = switches == SIM_FOREVER ? switches : (int32_t)sim.switches + switches;
    if (actor->killed_at < next_kill)
        next_kill = actor->killed_at;
}

void sim_set_killed(void (*function)(void *))
{
    killed = function;
}

/* ---------------------------------------------------------------- turns */

/* What it was about to do is never done; the kernel tidies up after it, on the same stack. */
static void kill_actor(struct actor *actor)
{
    sim_trace("%s is killed", actor->name);
    actor->main = killed;
    actor->state = ACTOR_READY;
    actor->life = actor->killed_at = SIM_FOREVER;
    actor->deadline_mono_ns = -1;
    stacks[actor - sim.actors].is_fresh = true;
}

static void pass_time(int64_t by_ns)
{
    sim.now_mono_ns += by_ns;
    for (unsigned i = 0; i < SIM_ACTORS; i++) {
        struct actor *a = &sim.actors[i];
        if (a->state == ACTOR_ASLEEP && a->deadline_mono_ns >= 0 &&
            a->deadline_mono_ns <= sim.now_mono_ns) {
            a->is_timed_out = true;
            a->state = ACTOR_READY;
        }
    }
}

static void kill_those_due(void)
{
    next_kill = SIM_FOREVER;
    for (unsigned i = 0; i < SIM_ACTORS; i++) {
        struct actor *a = &sim.actors[i];
        if (a->state != ACTOR_NONE && a->killed_at <= (int32_t)sim.switches)
            kill_actor(a);
        if (a->state != ACTOR_NONE && a->killed_at < next_kill)
            next_kill = a->killed_at;
    }
}

static struct actor *ready_one(void)
{
    uint32_t total = 0;
    for (unsigned i = 0; i < SIM_ACTORS; i++)
        if (sim.actors[i].state == ACTOR_READY)
            total += sim.actors[i].weight;
    if (total == 0)
        return NULL;
    uint32_t at = sim_below(total);
    for (unsigned i = 0;; i++)
        if (sim.actors[i].state == ACTOR_READY) {
            if (at < sim.actors[i].weight)
                return &sim.actors[i];
            at -= sim.actors[i].weight;
        }
}

/* Nobody is ready: whoever rests, else the next whose time is up, else nobody. */
static struct actor *waiting_one(void)
{
    struct actor *first = NULL;
    for (unsigned i = 0; i < SIM_ACTORS; i++) {
        struct actor *a = &sim.actors[i];
        if (a->state == ACTOR_RESTS) {
            a->state = ACTOR_READY;
            return a;
        }
        if (a->state == ACTOR_ASLEEP && a->deadline_mono_ns >= 0 &&
            (!first || a->deadline_mono_ns < first->deadline_mono_ns))
            first = a;
    }
    if (!first)
        return NULL;
    if (first->deadline_mono_ns > sim.now_mono_ns)
        pass_time(first->deadline_mono_ns - sim.now_mono_ns);
    else
        pass_time(0);
    return ready_one();
}

static int32_t burst(void)
{
    return 1 + (int32_t)sim_below(2 * sim.burst_mean);
}

_Noreturn static void run_next(void)
{
    sim.switches++;
    if (sim_chance(8))
        pass_time(1 + sim_below(1000));
    if (next_kill <= (int32_t)sim.switches)
        kill_those_due();
    struct actor *next = ready_one();
    if (!next)
        next = waiting_one();
    if (!next || sim.steps > STEPS_MAX) {
        if (next)
            snprintf(sim.failure, sizeof sim.failure, "it does not end");
        _longjmp(outside, 1);
    }
    if (next->life == 0)
        kill_actor(next);

    struct stack *stack = &stacks[next - sim.actors];
    int32_t n = burst();
    granted = left = n < next->life ? n : next->life;
    sim_budget = sim.is_tracing ? 0 : granted;
    sim.current = next;
    if (stack->is_fresh) {
        stack->is_fresh = false;
        ASAN_UNPOISON_MEMORY_REGION(stack->bytes, STACK_BYTES); /* what a killed one left */
        _longjmp(stack->bottom, 1);
    }
    _longjmp(stack->left_at, 1);
}

/* Gives the turn away; returns when it comes back. */
static void give_turn(int32_t used)
{
    struct actor *actor = sim.current;
    sim.steps += (uint64_t)used;
    if (actor->life != SIM_FOREVER)
        actor->life -= used;
    if (actor->state == ACTOR_NONE || _setjmp(stacks[actor - sim.actors].left_at) == 0)
        run_next();
}

static int32_t used_up(void)
{
    return sim.is_tracing ? granted - left : granted - (sim_budget < 0 ? 0 : sim_budget);
}

void sim_switch(const char *where, const char *what)
{
    /* Where every step is told, each one comes here, and most go on. */
    if (sim.is_tracing && left > 0 && sim.current->state == ACTOR_READY) {
        left--;
        sim_budget = 0;
    } else {
        give_turn(sim.current->state == ACTOR_READY ? granted : used_up());
    }
    sim_trace("%s: %s", where, what);
}

bool sim_sleep(const char *what, int64_t deadline_mono_ns)
{
    struct actor *actor = sim.current;
    actor->state = ACTOR_ASLEEP;
    actor->deadline_mono_ns = deadline_mono_ns;
    actor->is_timed_out = false;
    sim_trace("sleeps: %s", what);
    give_turn(used_up());
    sim_trace("wakes: %s%s", what, actor->is_timed_out ? ", timed out" : "");
    return !actor->is_timed_out;
}

void sim_wake(struct actor *actor)
{
    if (actor->state != ACTOR_ASLEEP)
        return;
    actor->state = ACTOR_READY;
    actor->deadline_mono_ns = -1;
}

void sim_rest(void)
{
    sim.current->state = ACTOR_RESTS;
    give_turn(used_up());
}

/* ---------------------------------------------------------------- stacks */

static void at_bottom(int idx)
{
    struct stack *stack = &stacks[idx];
    if (_setjmp(stack->bottom) == 0) {
        swapcontext(&bottom_context, &outside_context);
        /* never resumed that way */
    }
    struct actor *actor = &sim.actors[idx];
    actor->main(actor->arg);
    if (!stack->is_fresh) /* another was spawned in its place */
        actor->state = ACTOR_NONE;
    give_turn(used_up());
    __builtin_unreachable();
}

static void make_stack(unsigned idx)
{
    if (stacks[idx].is_made)
        return;
    getcontext(&bottom_context);
    bottom_context.uc_stack.ss_sp = stacks[idx].bytes;
    bottom_context.uc_stack.ss_size = STACK_BYTES;
    bottom_context.uc_link = NULL;
    makecontext(&bottom_context, (void (*)(void))(void *)at_bottom, 1, (int)idx);
    swapcontext(&outside_context, &bottom_context);
    stacks[idx].is_made = true;
}

bool sim_run(uint64_t seed, bool is_tracing, void (*begin)(void), void (*end)(void))
{
    for (unsigned i = 0; i < SIM_ACTORS; i++)
        make_stack(i);
    sim = (struct sim){.random = seed * UINT64_C(0xd1342543de82ef95) + 1,
                       .now_mono_ns = 1000000,
                       .is_tracing = is_tracing};
    traced = 0;
    granted = left = 0;
    next_kill = SIM_FOREVER;
    if (_setjmp(outside) == 0) {
        sim_budget = SIM_FOREVER; /* nobody else runs yet */
        begin();
        run_next();
    }
    sim.current = NULL;
    if (!sim.failure[0] && _setjmp(outside) == 0) {
        sim_budget = SIM_FOREVER;
        end();
    }
    return !sim.failure[0];
}
