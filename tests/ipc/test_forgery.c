/* Rendezvous files that are not what they seem. Row S15 of FAULTS.md, with real users, so it wants
 * root.
 *
 * An honest camera runs all the while. Each forgery stands in its file's place for as long as it
 * takes a reader, of another user, to refuse it and say why; then the file is put back, and the
 * same reader has frames.
 *
 * SPDX-License-Identifier: MIT
 */
#include "common/ring/rendezvous.h"
#include "tests/ipc/stage.h"

#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>

#define CAMERA "s15"

struct theatre {
    struct stage stage;
    struct meet forged, refused, mended, read; /* turns */
    int expected;
    char told[64];
    char rundir[128], folder[200], path[PATH_MAX], away[PATH_MAX];
    struct fr_rendezvous honest;
};

/* ---------------------------------------------------------------- forgeries */

static void write_text(struct theatre *t, const char *text, size_t length)
{
    int fd = open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    must(fd >= 0 && write(fd, text, length) == (ssize_t)length, "%s: %s", t->path, strerror(errno));
    must(fchown(fd, user_writer.uid, user_writer.gid) == 0 && fchmod(fd, 0644) == 0, "%s",
         strerror(errno));
    close(fd);
}

static void write_file(struct theatre *t, const struct fr_rendezvous *r)
{
    char text[FR_RENDEZVOUS_MAX];
    write_text(t, text, fr_rendezvous_print(r, text));
}

static void by_a_stranger(struct theatre *t)
{
    write_file(t, &t->honest);
    must(chown(t->path, user_stranger.uid, user_stranger.gid) == 0, "%s", strerror(errno));
}

static void for_the_group_to_write(struct theatre *t)
{
    write_file(t, &t->honest);
    chmod(t->path, 0664);
}

static void for_all_to_write(struct theatre *t)
{
    write_file(t, &t->honest);
    chmod(t->path, 0646);
}

static void in_a_folder_for_all_to_write(struct theatre *t)
{
    write_file(t, &t->honest);
    chmod(t->folder, 0777);
}

static void below_a_folder_for_all_to_write(struct theatre *t)
{
    write_file(t, &t->honest);
    chmod(t->rundir, 01777);
}

static void below_another_users_folder(struct theatre *t)
{
    write_file(t, &t->honest);
    must(chown(t->rundir, user_stranger.uid, user_stranger.gid) == 0, "%s", strerror(errno));
}

static void a_link(struct theatre *t)
{
    must(symlink(t->away, t->path) == 0 && lchown(t->path, user_writer.uid, user_writer.gid) == 0,
         "%s", strerror(errno));
}

static void a_link_to_nothing(struct theatre *t)
{
    must(symlink("/nonexistent", t->path) == 0, "%s", strerror(errno));
}

static void a_fifo(struct theatre *t)
{
    must(mkfifo(t->path, 0644) == 0 && chown(t->path, user_writer.uid, user_writer.gid) == 0, "%s",
         strerror(errno));
}

static void a_folder(struct theatre *t)
{
    must(mkdir(t->path, 0755) == 0 && chown(t->path, user_writer.uid, user_writer.gid) == 0, "%s",
         strerror(errno));
}

static void a_device(struct theatre *t)
{
    must(mknod(t->path, S_IFCHR | 0644, 0x103) == 0 && /* /dev/null */
             chown(t->path, user_writer.uid, user_writer.gid) == 0,
         "%s", strerror(errno));
}

static void nothing_in_it(struct theatre *t)
{
    write_text(t, "", 0);
}

static void too_long(struct theatre *t)
{
    write_file(t, &t->honest);
    must(truncate(t->path, 1 << 30) == 0, "%s", strerror(errno));
}

static void cut_short(struct theatre *t)
{
    char text[FR_RENDEZVOUS_MAX];
    write_text(t, text, fr_rendezvous_print(&t->honest, text) - 1);
}

static void no_text(struct theatre *t)
{
    static const uint8_t bytes[] = {0x7f, 'E', 'L', 'F', 0, 0xff, 0x80, '\n'};
    write_text(t, (const char *)bytes, sizeof bytes);
}

/* ---- files that are in order, and name what they should not */

static void of_another_boot(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.boot[3] ^= 1;
    write_file(t, &r);
}

static void of_another_epoch(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.epoch++;
    write_file(t, &r);
}

static void with_another_cookie(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.cookie ^= 1;
    write_file(t, &r);
}

static void with_another_size(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.segment_bytes += 4096;
    write_file(t, &r);
}

static void of_objects_that_do_not_exist(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.ids = (struct fr_sysv){INT32_MAX, INT32_MAX - 1, INT32_MAX - 2};
    write_file(t, &r);
}

/* Makes a segment that looks like the honest one, as `user` (NULL: root). */
struct copy {
    const struct theatre *theatre;
    uint64_t bytes;
    int id;
};

static void copy_main(void *arg)
{
    struct copy *copy = arg;
    copy->id = shmget(IPC_PRIVATE, copy->bytes, IPC_CREAT | 0666);
    uint8_t *to = shmat(copy->id, NULL, 0);
    const uint8_t *from = shmat(copy->theatre->honest.ids.shm_id, NULL, SHM_RDONLY);
    must(to != (void *)-1, "%s", strerror(errno));
    if (from != (void *)-1) /* a stranger may have seen it when he was none yet; here he has not */
        memcpy(to, from,
               copy->bytes < copy->theatre->honest.segment_bytes
                   ? copy->bytes
                   : copy->theatre->honest.segment_bytes);
}

static void name_a_copy(struct theatre *t, const struct user *user, uint64_t bytes,
                        uint64_t told_bytes)
{
    struct copy *copy = shared_alloc(sizeof *copy);
    *copy = (struct copy){.theatre = t, .bytes = bytes};
    pid_t pid = child_start_as(user, copy_main, copy);
    must(child_end(pid) == 0, "no copy");
    struct fr_rendezvous r = t->honest;
    r.ids.shm_id = copy->id;
    r.segment_bytes = told_bytes;
    write_file(t, &r);
}

static void of_a_strangers_segment(struct theatre *t)
{
    name_a_copy(t, &user_stranger, t->honest.segment_bytes, t->honest.segment_bytes);
}

static void of_a_group_members_copy(struct theatre *t)
{
    name_a_copy(t, &user_reader, t->honest.segment_bytes, t->honest.segment_bytes);
}

static void of_a_segment_that_is_too_small(struct theatre *t)
{
    name_a_copy(t, &user_writer, 2 * FR_LAYOUT_PAGE, t->honest.segment_bytes);
}

static void of_a_segment_that_is_too_small_and_says_so(struct theatre *t)
{
    name_a_copy(t, &user_writer, 2 * FR_LAYOUT_PAGE, 2 * FR_LAYOUT_PAGE);
}

static void of_a_segment_smaller_than_a_header(struct theatre *t)
{
    name_a_copy(t, &user_writer, 100, 100);
}

static int make_set(const struct user *user, int n_sems)
{
    int *id = shared_alloc(sizeof *id);
    pid_t pid = fork();
    if (pid == 0) {
        *id = user && !become(user) ? -1 : semget(IPC_PRIVATE, n_sems, IPC_CREAT | 0666);
        for (int i = 0; i < n_sems; i++)
            semctl(*id, i, SETVAL, 1);
        _exit(*id < 0);
    }
    must(child_end(pid) == 0, "no semaphores");
    return *id;
}

static void with_a_strangers_gates(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.ids.gates_id = make_set(&user_stranger, FR_GATE_SEMS);
    write_file(t, &r);
}

static void with_a_strangers_pins(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.ids.pins_id = make_set(&user_stranger, SLOTS_OF_STAGE + 2);
    write_file(t, &r);
}

static void with_gates_of_another_number(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.ids.gates_id = make_set(&user_writer, FR_GATE_SEMS - 1);
    write_file(t, &r);
}

static void with_gates_and_pins_exchanged(struct theatre *t)
{
    struct fr_rendezvous r = t->honest;
    r.ids.gates_id = t->honest.ids.pins_id;
    r.ids.pins_id = t->honest.ids.gates_id;
    write_file(t, &r);
}

static const struct {
    void (*make)(struct theatre *t);
    int expected;
    const char *told;
} forgeries[] = {
    {by_a_stranger, -EPERM, "only the folder's owner"},
    {for_the_group_to_write, -EPERM, "only the folder's owner"},
    {for_all_to_write, -EPERM, "only the folder's owner"},
    {in_a_folder_for_all_to_write, -EPERM, "can be written by others"},
    {below_a_folder_for_all_to_write, -EPERM, "can be written by others"},
    {below_another_users_folder, -EPERM, "only the folder's owner"},
    {a_link, -EPERM, "symbolic links"},
    {a_link_to_nothing, -EPERM, "symbolic links"},
    {a_fifo, -EPERM, "not a file"},
    {a_folder, -EPERM, "not a file"},
    {a_device, -EPERM, "not a file"},
    {nothing_in_it, -EBADMSG, "not a ring file"},
    {too_long, -EBADMSG, "not a ring file"},
    {cut_short, -EBADMSG, "not a ring file"},
    {no_text, -EBADMSG, "not a ring file"},
    {of_another_boot, -ENOTCONN, "before the last boot"},
    {of_another_epoch, -ENOTCONN, "another epoch"},
    {with_another_cookie, -ENOTCONN, "another epoch"},
    {with_another_size, -EPERM, "not the one that the ring file means"},
    {of_objects_that_do_not_exist, -ENOTCONN, "does not exist"},
    {of_a_strangers_segment, -EPERM, "made by user 40003"},
    {of_a_group_members_copy, -EPERM, "made by user 40002"},
    {of_a_segment_that_is_too_small, -EPERM, "not the one that the ring file means"},
    {of_a_segment_that_is_too_small_and_says_so, -EPROTO, "larger than its segment"},
    {of_a_segment_smaller_than_a_header, -EPROTO, "too small"},
    {with_a_strangers_gates, -ENOTCONN, "gates"},
    {with_a_strangers_pins, -ENOTCONN, "pins"},
    {with_gates_of_another_number, -ENOTCONN, "gates"},
    {with_gates_and_pins_exchanged, -ENOTCONN, "gates"},
};
enum { FORGERIES = sizeof forgeries / sizeof *forgeries };

/* ---------------------------------------------------------------- the play */

/* One reader for each: it must come upon the forgery first. */
static void reader_main(void *arg)
{
    struct theatre *t = arg;
    for (uint32_t turn = 1; turn <= FORGERIES; turn++) {
        struct history history = {0};
        struct fr_frame frame;
        struct fr_reader *reader = reader_open(CAMERA, turn % 2 ? FR_READ_PINNED : FR_READ_PEEK);
        meet_wait(&t->forged, turn);
        int r = fr_reader_next(reader, 0, &frame);
        must(r == t->expected, "forgery %u gave %d (%s)", turn - 1, r, fr_reader_reason(reader));
        must(strstr(fr_reader_reason(reader), t->told), "forgery %u: %s", turn - 1,
             fr_reader_reason(reader));
        struct fr_ring_info info = ring_info(CAMERA);
        must(info.state == FR_RING_GONE || info.state == FR_RING_REFUSED, "forgery %u is state %d",
             turn - 1, (int)info.state);
        r = fr_reader_next(reader, NS_PER_MS, &frame);
        must(r == -ETIMEDOUT, "forgery %u, told again: %d", turn - 1, r);
        meet_add(&t->refused);
        meet_wait(&t->mended, turn);
        reader_next(reader, &history, &frame);
        must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
        fr_reader_close(reader);
        meet_add(&t->read);
    }
}

START_TEST(s15_each_forgery_is_refused_and_told_and_the_ring_is_found_again)
{
    struct theatre *t = shared_alloc(sizeof *t);
    t->stage.camera = CAMERA;
    /* A run folder of root's, as /run is, in which the writer has one of its own. */
    fr_rundir(0, t->rundir, sizeof t->rundir);
    snprintf(t->folder, sizeof t->folder, "%s/%s", t->rundir, CAMERA);
    snprintf(t->path, sizeof t->path, "%s/ring", t->folder);
    snprintf(t->away, sizeof t->away, "%s/honest", t->rundir);
    must(mkdir(t->folder, 0755) == 0 && chown(t->folder, user_writer.uid, user_writer.gid) == 0,
         "%s", strerror(errno));
    pid_t writer = stage_start_writer_in_its_folder(&t->stage, &user_writer);
    pid_t reader = child_start_as(&user_reader, reader_main, t);
    must(fr_rendezvous_read(t->rundir, CAMERA, &t->honest, NULL, 0) == 0, "no ring file");
    for (uint32_t turn = 1; turn <= FORGERIES; turn++) {
        must(rename(t->path, t->away) == 0, "%s", strerror(errno));
        t->expected = forgeries[turn - 1].expected;
        snprintf(t->told, sizeof t->told, "%s", forgeries[turn - 1].told);
        forgeries[turn - 1].make(t);
        meet_add(&t->forged);
        meet_wait(&t->refused, turn);
        remove(t->path);
        must(chmod(t->folder, 0755) == 0 && chmod(t->rundir, 0755) == 0 &&
                 chown(t->rundir, 0, 0) == 0,
             "%s", strerror(errno));
        must(rename(t->away, t->path) == 0, "%s", strerror(errno));
        meet_add(&t->mended);
        meet_wait(&t->read, turn);
    }
    child_ends_well(reader);
    stage_end_writer(&t->stage, writer);
}
END_TEST

IPC_MAIN_AS_USERS("forgery", s15_each_forgery_is_refused_and_told_and_the_ring_is_found_again)
