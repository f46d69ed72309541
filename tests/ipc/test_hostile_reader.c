/* A member of the camera's group that does all it is allowed to, in a loop, while an honest writer
 * publishes and honest readers verify every frame. It costs frames at most: never the writer's
 * time, a torn frame accepted, the peeking readers' sight of the camera meanwhile, nor the pinning
 * readers' afterwards. Rows N1, N2 and S1 of FAULTS.md, with real users, so it wants root.
 *
 * Each attack lasts until a number of frames was seen in spite of it; $FRAMERING_TEST_SECONDS makes
 * that longer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/stage.h"

#include <setjmp.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/uio.h>

#define SLOTS     ((uint32_t)SLOTS_OF_STAGE)
#define PIN_VALUE 32767
#define FRAMES    200u /* of an attack */

/* What the attacker knows. */
static struct fr_ring_info target;

static void look_at_the_target(struct stage *stage)
{
    target = ring_info(stage->camera);
    must(target.state == FR_RING_LIVE, "%s", target.reason);
}

static uint16_t any_slot(void)
{
    return (uint16_t)chance(target.slots);
}

/* Each returns after one turn; it is called again until the attacker is killed. */

static void set_one(void)
{
    static const int values[] = {0, 0, 1, 2, PIN_VALUE / 2, PIN_VALUE - 1, PIN_VALUE};
    semctl(target.pins_id, any_slot(), SETVAL, values[chance(7)]);
}

static void set_all_to(int value)
{
    unsigned short values[FR_SLOTS_MAX + 2];
    for (uint32_t i = 0; i < target.slots + 2; i++)
        values[i] = (unsigned short)(value < 0 ? (int)chance(PIN_VALUE + 1) : value);
    semctl(target.pins_id, 0, SETALL, values);
}

static void set_all_at_random(void)
{
    set_all_to(-1);
}

static void declare_all_held(void)
{
    set_all_to(0);
}

static void declare_all_free(void)
{
    set_all_to(PIN_VALUE);
}

/* Up to as many operations as there are slots in one call, some of them with undo. */
static void operate_at_random(void)
{
    static const int by[] = {-1, 1, -2, 7, -PIN_VALUE, PIN_VALUE, -PIN_VALUE / 2};
    struct sembuf ops[SLOTS];
    size_t n = 1 + chance(SLOTS);
    for (size_t i = 0; i < n; i++)
        ops[i] = (struct sembuf){.sem_num = any_slot(),
                                 .sem_op = (short)by[chance(7)],
                                 .sem_flg = (short)(IPC_NOWAIT | (chance(2) ? SEM_UNDO : 0))};
    semop(target.pins_id, ops, n);
}

static void pin_all_without_undo(void)
{
    for (uint16_t s = 0; s < target.slots; s++) {
        struct sembuf take = {.sem_num = s, .sem_op = -1, .sem_flg = IPC_NOWAIT};
        semop(target.pins_id, &take, 1);
    }
}

/* Waits for a slot to be free, and has all of it before the writer does. */
static void claim_as_the_writer_does(void)
{
    struct sembuf claim = {.sem_num = any_slot(), .sem_op = -PIN_VALUE};
    struct timespec short_time = {.tv_nsec = NS_PER_MS};
    semtimedop(target.pins_id, &claim, 1, &short_time);
}

static sigjmp_buf after_the_fault;

static void on_fault(int signal_number)
{
    (void)signal_number;
    siglongjmp(after_the_fault, 1);
}

/* Stores anywhere in the ring, each of which faults, and every other way to write there. */
static void write_to_the_ring(void)
{
    static uint8_t *ring;
    static int mem = -1;
    if (!ring) {
        struct sigaction action = {.sa_handler = on_fault};
        ring = shmat(target.shm_id, NULL, SHM_RDONLY);
        mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
        must(ring != (void *)-1 && mem >= 0, "%s", strerror(errno));
        sigaction(SIGSEGV, &action, NULL);
        sigaction(SIGBUS, &action, NULL);
    }
    size_t at = chance(target.segment_bytes);
    if (sigsetjmp(after_the_fault, 1) == 0) {
        *(volatile uint8_t *)(ring + at) ^= 0xff;
        must(false, "a store went through at %zu", at);
    }
    must(pwrite(mem, "x", 1, (off_t)(uintptr_t)(ring + at)) == -1,
         "written through the process's memory");
    must(mprotect(ring + at / 4096 * 4096, 4096, PROT_READ | PROT_WRITE) == -1, "made writable");
    must(shmat(target.shm_id, NULL, 0) == (void *)-1, "attached for writing");
    must(shmctl(target.shm_id, IPC_RMID, NULL) == -1 && semctl(target.pins_id, 0, IPC_RMID) == -1 &&
             semctl(target.gates_id, 0, IPC_RMID) == -1,
         "removed");
    must(semctl(target.gates_id, (int)chance(16), SETVAL, (int)chance(2)) == -1, "a gate was set");
}

static void (*const attacks[])(void) = {
    set_one,           set_all_at_random,    declare_all_held,         declare_all_free,
    operate_at_random, pin_all_without_undo, claim_as_the_writer_does, write_to_the_ring,
};
enum { ATTACKS = sizeof attacks / sizeof *attacks, PIN_ATTACKS = ATTACKS - 1 };

struct attack {
    struct stage *stage;
    void (*turn)(void); /* NULL: all of them in turn */
    struct meet turns;
};

static void attacker_main(void *arg)
{
    struct attack *attack = arg;
    look_at_the_target(attack->stage);
    for (uint32_t turn = 0;; turn++) {
        if (attack->turn)
            attack->turn();
        else
            attacks[chance(ATTACKS)]();
        if (turn % 16 == 0)
            meet_add(&attack->turns);
        if (turn % 64 == 0)
            pass_time(NS_PER_MS / 10); /* the others want a processor, too */
    }
}

static void look_through(struct stage *stage, void (*turn)(void), unsigned attackers)
{
    struct attack *attack = shared_alloc(sizeof *attack);
    pid_t pid[3];
    attack->stage = stage;
    attack->turn = turn;
    for (unsigned i = 0; i < attackers; i++)
        pid[i] = child_start_as(&user_reader, attacker_main, attack);
    meet_wait(&attack->turns, 1);

    uint32_t turns = atomic_load(&attack->turns.count);
    int64_t until_ns = now_ns() + (int64_t)(attack_seconds(0) * 1e9);
    do
        meet_more(&stage->peeked, FRAMES);
    while (now_ns() < until_ns);
    ck_assert_uint_gt(atomic_load(&attack->turns.count), turns); /* it went on all the while */
    for (unsigned i = 0; i < attackers; i++)
        child_kill(pid[i]);

    /* Whatever is left of it, frames can be pinned again, all of them. */
    int64_t end_ns = now_ns() + DEADLINE_S * NS_PER_S;
    uint64_t withheld;
    do {
        ck_assert_msg(now_ns() < end_ns, "frames are withheld for ever");
        withheld = ring_info(stage->camera).withheld;
        meet_more(&stage->published, 4 * SLOTS);
        meet_more(&stage->seen, 4 * SLOTS);
    } while (ring_info(stage->camera).withheld != withheld);
}

static struct stage *stage_under_attack(const char *camera, pid_t pid[3])
{
    struct stage *stage = stage_new(camera, 0);
    stage->patience_ns = NS_PER_S / 10;
    pid[0] = stage_start_writer(stage, &user_writer);
    pid[1] = child_start_as(&user_honest, stage_spoilt_reader_main, stage);
    pid[2] = child_start_as(&user_honest, stage_peek_reader_main, stage);
    meet_wait(&stage->seen, 1);
    meet_wait(&stage->peeked, 1);
    return stage;
}

static void attack_is_over(struct stage *stage, const pid_t pid[3])
{
    meet_wait(&stage->torn, 1); /* there was something to accept */
    atomic_store(&stage->stop_reading, true);
    child_ends_well(pid[1]);
    child_ends_well(pid[2]);
    stage_end_writer(stage, pid[0]);
    ck_assert_uint_eq(stage->counts.frames, stage->published.count);
    ck_assert_uint_eq(stage->counts.epoch, 1);
}

START_TEST(n2_each_attack_on_the_pins_costs_frames_at_most)
{
    pid_t pid[3];
    struct stage *stage = stage_under_attack("n2-each", pid);
    for (unsigned i = 0; i < PIN_ATTACKS; i++) {
        uint64_t mended = ring_info(stage->camera).mended;
        look_through(stage, attacks[i], 1);
        /* It is counted, for people: pins that were raised, and those that nobody had. */
        ck_assert_msg(ring_info(stage->camera).mended > mended, "attack %u was not noticed", i);
    }
    attack_is_over(stage, pid);
}
END_TEST

START_TEST(s1_writing_to_the_ring_without_end_changes_nothing)
{
    pid_t pid[3];
    struct stage *stage = stage_under_attack("s1-loop", pid);
    look_through(stage, write_to_the_ring, 1);
    attack_is_over(stage, pid);
    ck_assert_uint_eq(stage->counts.mended, 0);
    ck_assert_uint_eq(stage->counts.withheld, 0);
}
END_TEST

START_TEST(n2_all_attacks_at_once_by_three_cost_frames_at_most)
{
    pid_t pid[3];
    struct stage *stage = stage_under_attack("n2-all", pid);
    look_through(stage, NULL, 3);
    attack_is_over(stage, pid);
    ck_assert_uint_ge(stage->counts.mended, 1);
}
END_TEST

IPC_MAIN_AS_USERS("hostile reader", n2_each_attack_on_the_pins_costs_frames_at_most,
                  s1_writing_to_the_ring_without_end_changes_nothing,
                  n2_all_attacks_at_once_by_three_cost_frames_at_most)
