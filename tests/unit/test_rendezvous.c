/* The rendezvous file: what is printed is parsed, and nothing else is; S15: forgeries are refused. */
#include "common/ring/rendezvous.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct fr_rendezvous example = {
    .epoch = UINT64_MAX,
    .cookie = 0x0123456789abcdef,
    .boot = {0xff, 1, 2},
    .ids = {.shm_id = INT32_MAX, .gates_id = 0, .pins_id = 7},
    .segment_bytes = 4096,
};

START_TEST(what_is_printed_is_parsed)
{
    char text[FR_RENDEZVOUS_MAX];
    struct fr_rendezvous r;
    size_t n = fr_rendezvous_print(&example, text);
    ck_assert_int_eq(fr_rendezvous_parse(text, n, &r), 0);
    ck_assert_uint_eq(r.epoch, example.epoch);
    ck_assert_uint_eq(r.cookie, example.cookie);
    ck_assert_mem_eq(r.boot, example.boot, 16);
    ck_assert_int_eq(r.ids.shm_id, example.ids.shm_id);
    ck_assert_int_eq(r.ids.pins_id, example.ids.pins_id);
    ck_assert_uint_eq(r.segment_bytes, 4096);
}
END_TEST

START_TEST(anything_else_is_refused)
{
    char text[FR_RENDEZVOUS_MAX], changed[FR_RENDEZVOUS_MAX + 1];
    struct fr_rendezvous r;
    size_t n = fr_rendezvous_print(&example, text);
    for (size_t cut = 0; cut < n; cut++)
        ck_assert_int_eq(fr_rendezvous_parse(text, cut, &r), -EBADMSG);
    memcpy(changed, text, n);
    changed[n] = '\n';
    ck_assert_int_eq(fr_rendezvous_parse(changed, n + 1, &r), -EBADMSG);
    for (size_t i = 0; i < n; i++) { /* no byte may become something strange */
        memcpy(changed, text, n);
        changed[i] = '\x80';
        ck_assert_int_eq(fr_rendezvous_parse(changed, n, &r), -EBADMSG);
    }
}
END_TEST

static char rundir[UNIT_FOLDER_MAX], folder[96], path[128];

static void lay_out(mode_t folder_mode, mode_t file_mode)
{
    char text[FR_RENDEZVOUS_MAX];
    size_t n = fr_rendezvous_print(&example, text);
    snprintf(folder, sizeof folder, "%s/cam0", unit_folder(rundir));
    snprintf(path, sizeof path, "%s/ring", folder);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
    close(fd);
    chmod(path, file_mode);
    chmod(folder, folder_mode);
}

START_TEST(s15_forgeries_are_refused)
{
    struct fr_rendezvous r;
    char reason[256];

    lay_out(0755, 0644);
    ck_assert_int_eq(fr_rendezvous_read(rundir, "cam0", &r, reason, sizeof reason), 0);
    ck_assert_uint_eq(r.owner, geteuid());
    ck_assert_int_eq(fr_rendezvous_read(rundir, "cam1", &r, reason, sizeof reason), -ENOENT);

    static const mode_t modes[][2] = {{0775, 0644}, {0757, 0644}, {0755, 0664}, {0755, 0646}};
    for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++) {
        lay_out(modes[i][0], modes[i][1]);
        ck_assert_int_eq(fr_rendezvous_read(rundir, "cam0", &r, reason, sizeof reason), -EPERM);
        ck_assert(strlen(reason) > 0);
    }

    lay_out(0755, 0644); /* the file is a link */
    char elsewhere[128];
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", rundir);
    ck_assert_int_eq(rename(path, elsewhere), 0);
    ck_assert_int_eq(symlink(elsewhere, path), 0);
    ck_assert_int_eq(fr_rendezvous_read(rundir, "cam0", &r, reason, sizeof reason), -EPERM);

    lay_out(0755, 0644); /* a FIFO must not make anybody wait */
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0644), 0);
    ck_assert_int_eq(fr_rendezvous_read(rundir, "cam0", &r, reason, sizeof reason), -EPERM);

    lay_out(0755, 0644); /* far too long */
    ck_assert_int_eq(truncate(path, 1 << 20), 0);
    ck_assert_int_eq(fr_rendezvous_read(rundir, "cam0", &r, reason, sizeof reason), -EBADMSG);

    if (geteuid() == 0) { /* another user's file in our folder */
        lay_out(0755, 0644);
        ck_assert_int_eq(chown(path, 12345, 12345), 0);
        ck_assert_int_eq(fr_rendezvous_read(rundir, "cam0", &r, reason, sizeof reason), -EPERM);
    }
}
END_TEST

START_TEST(n6_lock_is_exclusive_and_ours_alone)
{
    char reason[256];
    struct stat st;
    lay_out(0755, 0644);
    int fd = fr_rendezvous_lock(folder, true, reason, sizeof reason);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(fr_rendezvous_lock(folder, true, reason, sizeof reason), -EBUSY);
    ck_assert_ptr_nonnull(strstr(reason, folder));
    uint64_t last = 1;
    ck_assert_int_eq(fr_rendezvous_last_epoch(fd, &last), 0);
    ck_assert_uint_eq(last, 0);
    ck_assert_int_eq(fr_rendezvous_set_last_epoch(fd, UINT64_MAX - 1), 0);
    ck_assert_int_eq(fr_rendezvous_last_epoch(fd, &last), 0);
    ck_assert_uint_eq(last, UINT64_MAX - 1);
    ck_assert_int_lt(fr_rendezvous_last_epoch(-1, &last), 0); /* not known is not none */
    close(fd);
    char lock[128];
    snprintf(lock, sizeof lock, "%s/lock", folder);
    chmod(lock, 0644);
    ck_assert_int_eq(fr_rendezvous_lock(folder, true, reason, sizeof reason), -EPERM);
}
END_TEST

UNIT_MAIN("rendezvous", what_is_printed_is_parsed, anything_else_is_refused,
          s15_forgeries_are_refused, n6_lock_is_exclusive_and_ours_alone)
