/* See actors.h. */
#include "tests/sim/actors.h"
#include "tests/sim/camera.h"
#include "tests/sim/world.h"

struct scenario scenario;
struct totals totals;

/* What becomes of a killed process, whichever it is. */
static void killed(void *arg)
{
    (void)arg;
    struct process *p = process_now();
    if (p == oracle.writer)
        writer_killed();
    else
        reader_killed(p);
}

void actors_begin(void)
{
    static const uint32_t bursts[] = {1, 2, 4, 10, 30, 100};
    sim.burst_mean = bursts[sim_below(6)];
    sim.is_weak = sim_chance(2);
    scenario.readers = 1 + sim_below(READERS_MAX);
    scenario.writer_lives = 1 + (sim_chance(2) ? sim_below(3) : 0);
    scenario.frames_max = sim_chance(8) ? 40 : 1 + sim_below(8);
    scenario.may_readers_die = sim_chance(2);
    scenario.may_copy = sim_chance(2);
    kernel_reset();
    world_reset();
    oracle_reset();
    sim_set_killed(killed);
    camera_reset();
    scenario.has_tampering = sim_chance(8);
    scenario.is_impatient = sim_chance(8);
    scenario.has_removals = !scenario.has_tampering && sim_chance(8);
    oracle.are_pins_loose = scenario.has_tampering || scenario.is_impatient;
    oracle.has_removals = scenario.has_removals;
    sim_trace("%u readers, %u lives of the writer, bursts of %u steps, %s memory%s%s%s",
              scenario.readers, scenario.writer_lives, sim.burst_mean,
              sim.is_weak ? "weak" : "strong", scenario.has_tampering ? ", tampering" : "",
              scenario.has_removals ? ", removals" : "",
              scenario.is_impatient ? ", an impatient writer" : "");
    writer_begin();
    for (unsigned i = 0; i < scenario.readers; i++)
        reader_begin(i);
    if (scenario.has_tampering || scenario.has_removals)
        stranger_begin();
    for (unsigned i = 0; i < SIM_ACTORS; i++)
        if (sim.actors[i].state == ACTOR_READY && sim_chance(2))
            sim.actors[i].weight = 1u << 2 * sim_below(5);
}

void actors_end(void)
{
    oracle_end();
    totals.schedules++;
    totals.steps += sim.steps;
    totals.switches += sim.switches;
}
