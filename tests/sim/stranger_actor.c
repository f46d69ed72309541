/* Who may spoil what: a member of the ring's group that sets and turns pins which are not its own,
 * and an administrator that removes a part of a ring under its users. It does a few things and
 * goes. */
#include "tests/sim/actors.h"

#include "common/ring/layout.h"

union semun {
    int val;
};

static void tamper(const struct epoch *e)
{
    uint32_t slot_idx = sim_below(e->slots);
    static const short turns[] = {1, -1, FR_PIN_MAX, -FR_PIN_MAX};
    if (sim_chance(2)) {
        union semun arg = {.val = sim_chance(2) ? FR_PIN_MAX : (int)sim_below(FR_PIN_MAX)};
        sim_semctl(e->pins_id, (int)slot_idx, SETVAL, arg);
        return;
    }
    struct sembuf op = {
        .sem_num = (unsigned short)slot_idx, .sem_op = turns[sim_below(4)], .sem_flg = IPC_NOWAIT};
    sim_semop(e->pins_id, &op, 1);
}

static void remove_part(struct epoch *e)
{
    static const char *const parts[] = {"segment", "gates", "pins"};
    unsigned which = sim_below(3);
    sim_trace("removes the %s", parts[which]);
    e->is_over = true;
    if (which == 0)
        sim_shmctl(e->shm_id, IPC_RMID, NULL);
    else
        sim_semctl(which == 1 ? e->gates_id : e->pins_id, 0, IPC_RMID);
}

static void live(void *arg)
{
    (void)arg;
    for (unsigned n = 2 + sim_below(30); n > 0 && !sim.is_over; n--) {
        sim_step(__func__, "");
        struct epoch *e = oracle_newest();
        if (!e || e->is_over)
            continue;
        if (scenario.has_tampering)
            tamper(e);
        if (scenario.has_removals && sim_chance(8))
            remove_part(e);
    }
    process_end();
}

void stranger_begin(void)
{
    process_begin(STRANGER_ACTOR, "stranger", live, NULL);
}
