/* What a writer does with objects that stand where its own could: the table of common/ring/sweep.h,
 * state by state, with several users. Row S10 of FAULTS.md. Wants root.
 *
 * SPDX-License-Identifier: MIT
 */
#include "common/ring/layout.h"
#include "tests/ipc/history.h"

#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum { OBJECTS_MAX = 3 };

struct object {
    bool is_segment;
    int id;
};

struct stage {
    const char *camera;
    struct meet published, begun, go;
    bool wants_reader;
    char reason[512]; /* of the begin that found what was planted */
    struct object planted[OBJECTS_MAX];
    unsigned n_planted;
};

static const char *folder_of(const char *camera, const char *file, char *buf, size_t size)
{
    char rundir[256];
    snprintf(buf, size, "%s/%s/%s", fr_rundir(0, rundir, sizeof rundir), camera, file);
    return buf;
}

static bool exists(const struct object *object)
{
    struct shmid_ds shm;
    struct semid_ds sem;
    /* As root: whatever its mode. One that only waits for its last detach is gone for all
     * others. */
    if (object->is_segment)
        return shmctl(object->id, IPC_STAT, &shm) == 0 && !(shm.shm_perm.mode & SHM_DEST);
    return semctl(object->id, 0, IPC_STAT, &sem) == 0;
}

static void remember(struct stage *stage, bool is_segment, int id)
{
    must(id >= 0, "%s", strerror(errno));
    must(stage->n_planted < OBJECTS_MAX, "too many");
    stage->planted[stage->n_planted++] = (struct object){is_segment, id};
}

/* ---------------------------------------------------------------- lives of the writer */

static void publish_for_ever(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    for (;;) {
        camera_publish(&camera);
        meet_add(&stage->published);
        pass_time(NS_PER_MS);
    }
}

/* Leaves a ring behind, recorded and under its keys. */
static struct fr_ring_info die(struct stage *stage)
{
    pid_t pid = child_start_as(&user_writer, publish_for_ever, stage);
    meet_wait(&stage->published, 1);
    struct fr_ring_info info = ring_info(stage->camera);
    child_kill(pid);
    return info;
}

static void begin_again(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_writer *writer;
    int r = fr_writer_open(stage->camera, NULL, &writer, stage->reason, sizeof stage->reason);
    must(r == 0, "%s", stage->reason);
    r = fr_writer_begin(writer, &options);
    snprintf(stage->reason, sizeof stage->reason, "%s", fr_writer_reason(writer));
    must(r == 0, "%s", stage->reason);
    meet_add(&stage->begun);
    meet_wait(&stage->go, 1);
    fr_writer_close(writer);
}

/* ---------------------------------------------------------------- what is planted */

static void plant_unattached(struct stage *stage, const struct fr_ring_info *left)
{
    remember(stage, true, left->shm_id);
    remember(stage, false, left->gates_id);
    remember(stage, false, left->pins_id);
}

static void plant_attached(struct stage *stage, const struct fr_ring_info *left)
{
    plant_unattached(stage, left);
    must(shmat(left->shm_id, NULL, SHM_RDONLY) != (void *)-1, "%s", strerror(errno));
}

static void remove_all(const struct fr_ring_info *left)
{
    shmctl(left->shm_id, IPC_RMID, NULL);
    semctl(left->gates_id, 0, IPC_RMID);
    semctl(left->pins_id, 0, IPC_RMID);
}

static void plant_absent(struct stage *stage, const struct fr_ring_info *left)
{
    (void)stage;
    remove_all(left);
}

static void plant_unreadable(struct stage *stage, const struct fr_ring_info *left)
{
    struct shmid_ds shm;
    struct semid_ds sem;
    plant_unattached(stage, left);
    must(shmctl(left->shm_id, IPC_STAT, &shm) == 0, "%s", strerror(errno));
    shm.shm_perm.mode = 0;
    must(shmctl(left->shm_id, IPC_SET, &shm) == 0, "%s", strerror(errno));
    for (unsigned i = 1; i < 3; i++) {
        must(semctl(stage->planted[i].id, 0, IPC_STAT, &sem) == 0, "%s", strerror(errno));
        sem.sem_perm.mode = 0;
        must(semctl(stage->planted[i].id, 0, IPC_SET, &sem) == 0, "%s", strerror(errno));
    }
}

static key_t key_of(const struct stage *stage, int project)
{
    char lock[400];
    key_t key = ftok(folder_of(stage->camera, "lock", lock, sizeof lock), project);
    must(key != -1, "%s", strerror(errno));
    return key;
}

/* Another user's, under our keys. */
static void plant_foreign_keys(struct stage *stage, const struct fr_ring_info *left)
{
    remove_all(left);
    remember(stage, true, shmget(key_of(stage, 1), 65536, IPC_CREAT | IPC_EXCL | 0666));
    remember(stage, false, semget(key_of(stage, 1), 19, IPC_CREAT | IPC_EXCL | 0666));
    remember(stage, false, semget(key_of(stage, 2), 10, IPC_CREAT | IPC_EXCL | 0666));
}

/* Sets alone, and empty as one that a writer died over. */
static void plant_foreign_sets(struct stage *stage, const struct fr_ring_info *left)
{
    remove_all(left);
    remember(stage, false, semget(key_of(stage, 1), 19, IPC_CREAT | IPC_EXCL | 0666));
    remember(stage, false, semget(key_of(stage, 2), 10, IPC_CREAT | IPC_EXCL | 0666));
}

/* Another user's, whose numbers the rendezvous file bears: ids come back. */
static void record_planted(struct stage *stage, uint64_t bytes)
{
    char path[400], text[1024] = "", *at;
    FILE *file = fopen(folder_of(stage->camera, "ring", path, sizeof path), "r+");
    must(file && fread(text, 1, sizeof text - 1, file) > 0, "%s", path);
    must((at = strstr(text, "\nshm ")), "%s", text);
    rewind(file);
    fprintf(file, "%.*s\nshm %d\ngates %d\npins %d\nbytes %llu\nend\n", (int)(at - text), text,
            stage->planted[0].id, stage->planted[1].id, stage->planted[2].id,
            (unsigned long long)bytes);
    must(fflush(file) == 0 && ftruncate(fileno(file), ftell(file)) == 0, "%s", strerror(errno));
    fclose(file);
}

static void make_without_keys(void *arg)
{
    struct stage *stage = arg;
    remember(stage, true, shmget(IPC_PRIVATE, 65536, IPC_CREAT | IPC_EXCL | 0666));
    remember(stage, false, semget(IPC_PRIVATE, 19, IPC_CREAT | IPC_EXCL | 0666));
    remember(stage, false, semget(IPC_PRIVATE, 10, IPC_CREAT | IPC_EXCL | 0666));
}

/* Its own, but a member of the group has written the pins' semaphores, the tag with them. */
static void write_pins_of(int id)
{
    unsigned short values[FR_SLOTS_MAX + 2] = {[3] = 7, [8] = 0x1234, [9] = 0x2345};
    must(semctl(id, 0, SETALL, values) == 0, "%s", strerror(errno));
}

static void write_pins(void *arg)
{
    write_pins_of(((struct stage *)arg)->planted[2].id);
}

static void plant_rewritten(struct stage *stage, const struct fr_ring_info *left)
{
    plant_unattached(stage, left);
    child_ends_well(child_start_as(&user_reader, write_pins, stage));
}

static void plant_rewritten_unrecorded(struct stage *stage, const struct fr_ring_info *left)
{
    char path[400];
    plant_rewritten(stage, left);
    must(unlink(folder_of(stage->camera, "ring", path, sizeof path)) == 0, "%s", strerror(errno));
}

/* Another ring's of our user's, and rewritten, whose number a segment of ours bears: ids come
 * back. */
static void make_renamed(void *arg)
{
    struct stage *stage = arg;
    struct fr_ring_info info = ring_info(stage->camera);
    char other[400];
    struct fr_layout_header *h = shmat(info.shm_id, NULL, 0);
    must(h != (void *)-1, "%s", strerror(errno));
    remember(stage, false,
             semget(ftok(folder_of(stage->camera, "", other, sizeof other), 1), (int)h->slots + 2,
                    IPC_CREAT | IPC_EXCL | 0660));
    write_pins_of(stage->planted[0].id);
    h->pins_id = stage->planted[0].id;
    must(semctl(info.pins_id, 0, IPC_RMID) == 0, "%s", strerror(errno));
    shmdt(h);
}

static void plant_renamed(struct stage *stage, const struct fr_ring_info *left)
{
    (void)left;
    child_ends_well(child_start_as(&user_writer, make_renamed, stage));
}

static void plant_foreign_ids(struct stage *stage, const struct fr_ring_info *left)
{
    remove_all(left);
    make_without_keys(stage);
    record_planted(stage, 65536);
}

/* Our user's, but of another program of his, which has only just made them. */
static void plant_own_ids(struct stage *stage, const struct fr_ring_info *left)
{
    remove_all(left);
    child_ends_well(child_start_as(&user_writer, make_without_keys, stage));
    record_planted(stage, 65536);
}

/* A living ring of our user's and of this camera's name, but of another run folder. */
static void plant_other_run_folder(struct stage *stage, const struct fr_ring_info *left)
{
    char rundir[256], other[300];
    struct stage *elsewhere = shared_alloc(sizeof *elsewhere);
    remove_all(left);
    elsewhere->camera = stage->camera;
    snprintf(other, sizeof other, "%s/other", fr_rundir(0, rundir, sizeof rundir));
    must(mkdir(other, 0755) == 0 && chown(other, user_writer.uid, user_writer.gid) == 0, "%s",
         strerror(errno));
    setenv("FRAMERING_RUNDIR", other, 1);
    child_start_as(&user_writer, publish_for_ever, elsewhere); /* ends with the test */
    meet_wait(&elsewhere->published, 1);
    struct fr_ring_info info = ring_info(stage->camera);
    setenv("FRAMERING_RUNDIR", rundir, 1);
    plant_unattached(stage, &info);
    record_planted(stage, info.segment_bytes);
}

/* Our user's, under our keys, and another camera's by name and tag: keys collide. */
static void make_colliding(void *arg)
{
    struct stage *stage = arg;
    int shm = shmget(key_of(stage, 1), 65536, IPC_CREAT | IPC_EXCL | 0640);
    struct shmid_ds other;
    remember(stage, true, shm);
    char *base = shmat(shm, NULL, 0);
    must(base != (void *)-1 && shmctl(shm, IPC_STAT, &other) == 0, "%s", strerror(errno));
    memcpy(base, "frreRing", 8); /* the magic, and no name */
    unsigned short values[19] = {[17] = 0x1234, [18] = 0x2345};
    int sem = semget(key_of(stage, 1), 19, IPC_CREAT | IPC_EXCL | 0640);
    remember(stage, false, sem);
    must(semctl(sem, 0, SETALL, values) == 0, "%s", strerror(errno));
}

static void plant_colliding(struct stage *stage, const struct fr_ring_info *left)
{
    remove_all(left);
    child_ends_well(child_start_as(&user_writer, make_colliding, stage));
}

/* Our user's, never initialised: a writer died while it made them. */
static void make_unfinished(void *arg)
{
    struct stage *stage = arg;
    remember(stage, true, shmget(key_of(stage, 1), 65536, IPC_CREAT | IPC_EXCL | 0640));
    remember(stage, false, semget(key_of(stage, 1), 19, IPC_CREAT | IPC_EXCL | 0640));
}

static void plant_unfinished(struct stage *stage, const struct fr_ring_info *left)
{
    remove_all(left);
    child_ends_well(child_start_as(&user_writer, make_unfinished, stage));
}

/* The same, but a process has it attached: some other program's, which is still at it. */
static void make_used(void *arg)
{
    struct stage *stage = arg;
    remember(stage, true, shmget(key_of(stage, 1), 65536, IPC_CREAT | IPC_EXCL | 0640));
}

static void plant_in_making(struct stage *stage, const struct fr_ring_info *left)
{
    remove_all(left);
    child_ends_well(child_start_as(&user_writer, make_used, stage));
    must(shmat(stage->planted[0].id, NULL, SHM_RDONLY) != (void *)-1, "%s", strerror(errno));
}

/* ---------------------------------------------------------------- the table */

static const struct {
    const char *state;
    void (*plant)(struct stage *stage, const struct fr_ring_info *left);
    bool is_removed;
    const char *told; /* why the first of them was left; NULL: nothing is told */
} states[] = {
    {"absent", plant_absent, true, NULL},
    {"unattached", plant_unattached, true, NULL},
    {"attached", plant_attached, true, NULL},
    {"unfinished", plant_unfinished, true, NULL},
    {"rewritten", plant_rewritten, true, NULL},
    {"rewritten-unrecorded", plant_rewritten_unrecorded, true, NULL},
    {"renamed", plant_renamed, false, NULL},
    {"unreadable", plant_unreadable, false, "it cannot be looked at"},
    {"foreign-keys", plant_foreign_keys, false, "it is not this camera's"},
    {"foreign-sets", plant_foreign_sets, false, "it is not this camera's"},
    {"foreign-ids", plant_foreign_ids, false, "it is not this camera's"},
    {"own-ids", plant_own_ids, false, "it is not this camera's"},
    {"other-run-folder", plant_other_run_folder, false, "it is not this camera's"},
    {"colliding", plant_colliding, false, "it is not this camera's"},
    {"in-making", plant_in_making, false, "a process has it attached"},
};

static void check_state(unsigned i)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    char told[64];
    stage->camera = states[i].state;
    struct fr_ring_info left = die(stage);
    states[i].plant(stage, &left);
    pid_t writer = child_start_as(&user_writer, begin_again, stage);
    meet_wait(&stage->begun, 1);
    for (unsigned k = 0; k < stage->n_planted; k++)
        ck_assert_msg(exists(&stage->planted[k]) != states[i].is_removed, "%s: %s %d was %s",
                      states[i].state, stage->planted[k].is_segment ? "segment" : "set",
                      stage->planted[k].id, states[i].is_removed ? "left" : "removed");
    if (states[i].told) {
        ck_assert_msg(strstr(stage->reason, states[i].told) != NULL, "%s: told \"%s\"",
                      states[i].state, stage->reason);
        snprintf(told, sizeof told, "%u System V objects", stage->n_planted);
        ck_assert_msg(strstr(stage->reason, told) != NULL, "%s: told \"%s\"", states[i].state,
                      stage->reason);
        snprintf(told, sizeof told, "%d:", stage->planted[0].id);
        ck_assert_msg(strstr(stage->reason, told) != NULL, "%s: told \"%s\"", states[i].state,
                      stage->reason);
    } else {
        ck_assert_msg(!*stage->reason, "%s: told \"%s\"", states[i].state, stage->reason);
    }
    ck_assert_int_eq(ring_info(stage->camera).state, FR_RING_LIVE);
    meet_add(&stage->go);
    child_ends_well(writer);
    for (unsigned k = 0; k < stage->n_planted; k++) /* nor when it ends */
        ck_assert_msg(exists(&stage->planted[k]) != states[i].is_removed, "%s, at the end",
                      states[i].state);
}

START_TEST(s10_of_what_stands_where_its_own_could_a_writer_removes_what_is_provably_its_own)
{
    char rundir[256];
    must(chown(fr_rundir(0, rundir, sizeof rundir), user_writer.uid, user_writer.gid) == 0, "%s",
         strerror(errno));
    for (unsigned i = 0; i < sizeof states / sizeof *states; i++)
        check_state(i);
}
END_TEST

/* The operator's command obeys the same table. */
START_TEST(s10_removing_a_dead_ring_leaves_what_is_not_its_own)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    char rundir[256], reason[512] = "";
    stage->camera = "by-hand";
    must(chown(fr_rundir(0, rundir, sizeof rundir), user_writer.uid, user_writer.gid) == 0, "%s",
         strerror(errno));
    struct fr_ring_info left = die(stage);
    int foreign = shmget(key_of(stage, 7), 65536, IPC_CREAT | IPC_EXCL | 0666);
    ck_assert_int_ge(foreign, 0);
    ck_assert_msg(fr_ring_remove(stage->camera, reason, sizeof reason) == 0, "%s", reason);
    ck_assert_ptr_nonnull(strstr(reason, "removed 3 System V objects"));
    ck_assert_ptr_nonnull(strstr(reason, "1 were left alone"));
    struct shmid_ds shm;
    ck_assert_int_eq(shmctl(foreign, IPC_STAT, &shm), 0);
    ck_assert_int_lt(shmctl(left.shm_id, IPC_STAT, &shm), 0);
}
END_TEST

int main(void)
{
    if (!can_be_others()) {
        printf("skipped: S10 needs other users; run the tests as root\n");
        return 77;
    }
    return IPC_TESTS(
        "leftovers",
        s10_of_what_stands_where_its_own_could_a_writer_removes_what_is_provably_its_own,
        s10_removing_a_dead_ring_leaves_what_is_not_its_own);
}
