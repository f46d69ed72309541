/* The rendezvous file: what is printed is parsed, and nothing else is; S15: forgeries are
 * refused. */
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

/* ---------------------------------------------------------------- where rings are */

static const char *rundir_of(unsigned i)
{
    static char buf[FR_PATH_MAX];
    const char *found = fr_rundir(i, buf, sizeof buf);
    return found ? found : "none";
}

static const char *home_of(const char *camera)
{
    static char buf[FR_PATH_MAX], reason[256];
    const char *found = fr_rendezvous_home(camera, buf, sizeof buf, reason, sizeof reason);
    return found ? found : reason;
}

START_TEST(rings_are_looked_for_where_the_environment_says_and_nowhere_else)
{
    setenv("FRAMERING_RUNDIR", "/set", 1);
    setenv("XDG_RUNTIME_DIR", "/runtime", 1);
    ck_assert_str_eq(rundir_of(0), "/set");
    ck_assert_str_eq(rundir_of(1), "none");
    ck_assert_str_eq(home_of("cam0"), "/set");
    setenv("FRAMERING_RUNDIR", "", 1); /* as good as not set */
    ck_assert_str_eq(rundir_of(0), "/runtime/framering");
    ck_assert_str_eq(rundir_of(1), "/run/framering");
    ck_assert_str_eq(rundir_of(2), "none");
}
END_TEST

/* Root's rings are the system's; an ordinary user's own are in a folder of that user. */
START_TEST(without_a_word_rings_are_the_systems_or_the_users_own)
{
    unsetenv("FRAMERING_RUNDIR");
    unsetenv("XDG_RUNTIME_DIR");
    if (geteuid() == 0) {
        ck_assert_str_eq(rundir_of(0), "/run/framering");
        ck_assert_str_eq(rundir_of(1), "none");
        ck_assert_str_eq(home_of("cam0"), "/run/framering");
        setenv("XDG_RUNTIME_DIR", "", 1);
        ck_assert_str_eq(rundir_of(0), "/run/framering");
        if (setresuid(40001, 40001, 0) < 0) /* a user that no machine has */
            return;
    }
    char own[64];
    snprintf(own, sizeof own, "/run/user/%u/framering", (unsigned)geteuid());
    unsetenv("XDG_RUNTIME_DIR");
    ck_assert_str_eq(rundir_of(0), own);
    ck_assert_str_eq(rundir_of(1), "/run/framering");
    ck_assert_str_eq(rundir_of(2), "none");
    if (geteuid() == 40001) {
        ck_assert_msg(strstr(home_of("no-such-camera"), "Set FRAMERING_RUNDIR"), "%s",
                      home_of("no-such-camera"));
        setenv("XDG_RUNTIME_DIR", "", 1);
        ck_assert_ptr_nonnull(strstr(home_of("no-such-camera"), "XDG_RUNTIME_DIR is not set"));
    }
    setenv("XDG_RUNTIME_DIR", "/runtime", 1);
    if (access("/run/framering", W_OK) < 0)
        ck_assert_str_eq(home_of("no-such-camera"), "/runtime/framering");
    if (geteuid() == 40001)
        ck_assert_int_eq(setresuid(0, 0, 0), 0);
}
END_TEST

START_TEST(a_number_that_no_field_can_hold_is_refused)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"framering-ring 1", "framering-ring 0"},
        {"framering-ring 1", "framering-ring 2"},
        {"epoch 18446744073709551615", "epoch 18446744073709551616"},
        {"epoch 18446744073709551615", "epoch 99999999999999999999"},
        {"epoch 18446744073709551615", "epoch 184467440737095516150"},
        {"epoch 18446744073709551615", "epoch 1844674407370955161:"},
        {"epoch 18446744073709551615", "epoch 1844674407370955161/"},
        {"epoch ", "epochs "},
        {"epoch ", "epoch-"},
        {"0123456789abcdef", "0123456789abcdeg"},
        {"0123456789abcdef", "0123456789abcde:"},
        {"0123456789abcdef", "0123456789abcde/"},
        {"0123456789abcdef", "0123456789abcdeF"},
        {"0123456789abcdef", "0123456789abcde"},
        {"shm 2147483647", "shm 2147483648"},
        {"gates 0", "gates -1"},
        {"pins 7", "pins "},
        {"end\n", "End\n"},
    };
    char text[FR_RENDEZVOUS_MAX + 1], changed[2 * FR_RENDEZVOUS_MAX];
    text[fr_rendezvous_print(&example, text)] = 0;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct fr_rendezvous r;
        const char *at = strstr(text, changes[i].from);
        ck_assert_ptr_nonnull(at);
        int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, changes[i].to,
                         at + strlen(changes[i].from));
        ck_assert_msg(fr_rendezvous_parse(changed, (size_t)n, &r) == -EBADMSG, "\"%s\"",
                      changes[i].to);
    }
}
END_TEST

UNIT_MAIN("rendezvous", what_is_printed_is_parsed, anything_else_is_refused,
          s15_forgeries_are_refused, n6_lock_is_exclusive_and_ours_alone,
          rings_are_looked_for_where_the_environment_says_and_nowhere_else,
          without_a_word_rings_are_the_systems_or_the_users_own,
          a_number_that_no_field_can_hold_is_refused)
