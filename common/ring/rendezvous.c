/* See rendezvous.h. */
#include "common/ring/rendezvous.h"
#include "common/ring/crash_point.h"
#include "common/ring/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_RUNDIR "/run/framering"

/* ---------------------------------------------------------------- the file's text */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes "`key` " and what follows to the end of the line. */
static bool take_line(const char **at, const char *end, const char *key, const char **ret_value,
                      size_t *ret_length)
{
    size_t key_length = strlen(key);
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    if (!newline || (size_t)(newline - *at) < key_length + 2 || memcmp(*at, key, key_length) != 0 ||
        (*at)[key_length] != ' ')
        return false;
    *ret_value = *at + key_length + 1;
    *ret_length = (size_t)(newline - *ret_value);
    *at = newline + 1;
    return true;
}

static bool take_number(const char **at, const char *end, const char *key, uint64_t max,
                        uint64_t *ret_value)
{
    const char *text;
    size_t length;
    uint64_t value = 0;
    if (!take_line(at, end, key, &text, &length) || length > 20)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *ret_value = value;
    return true;
}

static bool take_hex(const char **at, const char *end, const char *key, uint8_t *bytes, size_t n)
{
    const char *text;
    size_t length;
    if (!take_line(at, end, key, &text, &length) || length != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

int fr_rendezvous_parse(const char *text, size_t length, struct fr_rendezvous *ret_rendezvous)
{
    struct fr_rendezvous r = {0};
    const char *at = text, *end = text + length;
    uint64_t version, shm, gates, pins;
    uint8_t cookie[8];

    if (!take_number(&at, end, "framering-ring", 1, &version) || version != 1 ||
        !take_number(&at, end, "epoch", UINT64_MAX, &r.epoch) ||
        !take_hex(&at, end, "cookie", cookie, sizeof cookie) ||
        !take_hex(&at, end, "boot", r.boot, sizeof r.boot) ||
        !take_number(&at, end, "shm", INT32_MAX, &shm) ||
        !take_number(&at, end, "gates", INT32_MAX, &gates) ||
        !take_number(&at, end, "pins", INT32_MAX, &pins) ||
        !take_number(&at, end, "bytes", UINT64_MAX, &r.segment_bytes) || end - at != 4 ||
        memcmp(at, "end\n", 4) != 0)
        return -EBADMSG;
    for (unsigned i = 0; i < sizeof cookie; i++)
        r.cookie = r.cookie << 8 | cookie[i];
    r.ids = (struct fr_sysv){.shm_id = (int)shm, .gates_id = (int)gates, .pins_id = (int)pins};
    *ret_rendezvous = r;
    return 0;
}

size_t fr_rendezvous_print(const struct fr_rendezvous *rendezvous, char buf[FR_RENDEZVOUS_MAX])
{
    char boot[33];
    for (unsigned i = 0; i < 16; i++)
        snprintf(boot + 2 * (size_t)i, 3, "%02x", rendezvous->boot[i]);
    int n = snprintf(buf, FR_RENDEZVOUS_MAX,
                     "framering-ring 1\nepoch %" PRIu64 "\ncookie %016" PRIx64
                     "\nboot %s\nshm %d\ngates %d\npins %d\nbytes %" PRIu64 "\nend\n",
                     rendezvous->epoch, rendezvous->cookie, boot, rendezvous->ids.shm_id,
                     rendezvous->ids.gates_id, rendezvous->ids.pins_id, rendezvous->segment_bytes);
    return (size_t)n;
}

/* ---------------------------------------------------------------- reading */

/* A folder in which only its owner can make files. */
static bool is_private_folder(const struct stat *st)
{
    return S_ISDIR(st->st_mode) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int fr_rendezvous_read(const char *rundir, const char *camera, struct fr_rendezvous *ret_rendezvous,
                       char *reason, size_t reason_size)
{
    struct stat base, folder, file;
    char text[FR_RENDEZVOUS_MAX + 1];
    int rc = -ENOENT, base_fd = -1, folder_fd = -1, fd = -1;

    fr_explain(reason, reason_size, "no ring of camera %s in %s", camera, rundir);
    base_fd = open(rundir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base_fd < 0)
        goto fail_errno;
    folder_fd = openat(base_fd, camera, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder_fd < 0)
        goto fail_errno;
    fd = openat(folder_fd, "ring", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        goto fail_errno;
    if (fstat(base_fd, &base) < 0 || fstat(folder_fd, &folder) < 0 || fstat(fd, &file) < 0)
        goto fail_errno;

    rc = -EPERM;
    if (!is_private_folder(&base) || !is_private_folder(&folder)) {
        fr_explain(
            reason, reason_size,
            "%s or %s/%s can be written by others than its owner: expected mode 0755 or less",
            rundir, rundir, camera);
        goto out;
    }
    if ((base.st_uid != 0 && base.st_uid != geteuid() && base.st_uid != folder.st_uid) ||
        file.st_uid != folder.st_uid || !S_ISREG(file.st_mode) ||
        (file.st_mode & (S_IWGRP | S_IWOTH))) {
        fr_explain(reason, reason_size,
                   "%s/%s/ring is not a file that only the folder's owner can write", rundir,
                   camera);
        goto out;
    }

    ssize_t n = read(fd, text, sizeof text);
    if (n < 0)
        goto fail_errno;
    rc = (size_t)n > FR_RENDEZVOUS_MAX ? -EBADMSG
                                       : fr_rendezvous_parse(text, (size_t)n, ret_rendezvous);
    if (rc < 0)
        fr_explain(reason, reason_size, "%s/%s/ring is not a ring file of this release", rundir,
                   camera);
    else
        ret_rendezvous->owner = file.st_uid;
    goto out;

fail_errno:
    rc = errno == ENOENT || errno == ENOTDIR ? -ENOENT : -errno;
    if (rc != -ENOENT)
        fr_explain(reason, reason_size, "%s/%s/ring: %s", rundir, camera, strerror(-rc));
    if (rc == -ELOOP)
        rc = -EPERM;
out:
    if (fd >= 0)
        close(fd);
    if (folder_fd >= 0)
        close(folder_fd);
    if (base_fd >= 0)
        close(base_fd);
    return rc;
}

/* ---------------------------------------------------------------- writing */

int fr_rendezvous_write(const char *folder, const struct fr_rendezvous *rendezvous)
{
    char path[FR_PATH_MAX + 16], temporary[FR_PATH_MAX + 16], text[FR_RENDEZVOUS_MAX];
    snprintf(path, sizeof path, "%s/ring", folder);
    snprintf(temporary, sizeof temporary, "%s/ring.new", folder);
    size_t length = fr_rendezvous_print(rendezvous, text);

    unlink(temporary); /* a leftover of a killed writer; we hold the lock */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    fr_crash_point("record.made");
    int rc = 0;
    ssize_t n = write(fd, text, length);
    fr_crash_point("record.written");
    if (n != (ssize_t)length)
        rc = n < 0 ? -errno : -ENOSPC;
    if (rc == 0 && fchmod(fd, 0644) < 0) /* whatever the umask: readers are other users */
        rc = -errno;
    close(fd);
    fr_crash_point("record.closed");
    if (rc == 0 && rename(temporary, path) < 0)
        rc = -errno;
    fr_crash_point("record.renamed");
    if (rc < 0)
        unlink(temporary);
    return rc;
}

void fr_rendezvous_unlink(const char *folder)
{
    char path[FR_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/ring", folder);
    unlink(path);
}

const char *fr_rendezvous_home(const char *camera, char *buf, size_t size, char *reason,
                               size_t reason_size)
{
    const char *set = getenv("FRAMERING_RUNDIR"), *runtime = getenv("XDG_RUNTIME_DIR");
    char folder[FR_PATH_MAX];

    if (set && *set) {
        snprintf(buf, size, "%s", set);
        return buf;
    }
    snprintf(folder, sizeof folder, SYSTEM_RUNDIR "/%s", camera);
    if (geteuid() == 0 || access(folder, W_OK) == 0 || access(SYSTEM_RUNDIR, W_OK) == 0) {
        snprintf(buf, size, SYSTEM_RUNDIR);
        return buf;
    }
    if (runtime && *runtime) {
        snprintf(buf, size, "%s/framering", runtime);
        return buf;
    }
    snprintf(folder, sizeof folder, "/run/user/%u", (unsigned)geteuid());
    if (access(folder, W_OK) == 0) {
        snprintf(buf, size, "%s/framering", folder);
        return buf;
    }
    fr_explain(reason, reason_size,
               "no folder to make the ring in: " SYSTEM_RUNDIR
               "/%s is not ours and XDG_RUNTIME_DIR is not set. Set FRAMERING_RUNDIR to a folder "
               "of yours",
               camera);
    return NULL;
}

const char *fr_rundir(unsigned i, char *buf, size_t size)
{
    const char *set = getenv("FRAMERING_RUNDIR"), *runtime = getenv("XDG_RUNTIME_DIR");
    char own[FR_PATH_MAX] = "";

    if (set && *set) {
        if (i > 0)
            return NULL;
        snprintf(buf, size, "%s", set);
        return buf;
    }
    if (runtime && *runtime)
        snprintf(own, sizeof own, "%s/framering", runtime);
    else if (geteuid() != 0)
        snprintf(own, sizeof own, "/run/user/%u/framering", (unsigned)geteuid());
    if (*own && i == 0) {
        snprintf(buf, size, "%s", own);
        return buf;
    }
    if (i == (*own ? 1u : 0u)) {
        snprintf(buf, size, SYSTEM_RUNDIR);
        return buf;
    }
    return NULL;
}

/* ---------------------------------------------------------------- lock */

int fr_rendezvous_lock(const char *folder, bool make, char *reason, size_t reason_size)
{
    char path[FR_PATH_MAX + 16];
    struct stat st;
    snprintf(path, sizeof path, "%s/lock", folder);

    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
    if (fd < 0) {
        int rc = -errno;
        fr_explain(reason, reason_size, "cannot open the writer's lock %s: %s%s", path,
                   strerror(-rc),
                   rc == -EACCES ? ". Another user has run a writer here; remove its folder or run "
                                   "as that user"
                                 : "");
        return rc;
    }
    if (fstat(fd, &st) < 0) {
        int rc = -errno;
        fr_explain(reason, reason_size, "cannot look at the writer's lock %s: %s", path,
                   strerror(-rc));
        close(fd);
        return rc;
    }
    if (!S_ISREG(st.st_mode) || (st.st_uid != geteuid() && geteuid() != 0) || (st.st_mode & 077)) {
        fr_explain(reason, reason_size,
                   "%s is not a plain file of ours with mode 0600; remove it if no writer needs it",
                   path);
        close(fd);
        return -EPERM;
    }
    fr_crash_point("lock.opened");
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
        if (rc == -EBUSY)
            fr_explain(reason, reason_size, "another writer is running: it holds %s", path);
        else
            fr_explain(reason, reason_size, "cannot lock %s: %s", path, strerror(-rc));
        close(fd);
        return rc;
    }
    return fd;
}

int fr_rendezvous_last_epoch(int lock_fd, uint64_t *ret_epoch)
{
    char text[32] = "";
    size_t length = 0;
    ssize_t n;
    /* To its end: half of a number would be a small one. */
    while ((n = pread(lock_fd, text + length, sizeof text - 1 - length, (off_t)length)) > 0)
        length += (size_t)n;
    if (n < 0)
        return -errno;
    *ret_epoch = strtoull(text, NULL, 10);
    return 0;
}

int fr_rendezvous_set_last_epoch(int lock_fd, uint64_t epoch)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%020" PRIu64 "\n", epoch);
    ssize_t done = pwrite(lock_fd, text, (size_t)n, 0);
    return done == n ? 0 : done < 0 ? -errno : -ENOSPC;
}

int fr_boot_id(uint8_t ret_boot[16])
{
    char text[64] = "";
    memset(ret_boot, 0, 16);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    ssize_t n = read(fd, text, sizeof text - 1);
    int rc = n < 0 ? -errno : 0;
    close(fd);
    unsigned nibbles = 0;
    for (ssize_t i = 0; i < n && nibbles < 32; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            continue;
        ret_boot[nibbles / 2] = (uint8_t)(ret_boot[nibbles / 2] << 4 | digit);
        nibbles++;
    }
    return rc < 0 || nibbles == 32 ? rc : -EIO;
}

/* ---------------------------------------------------------------- watching */

/* What is not there, or not ours to look into, is watched from above. */
static bool watch(int fd, const char *path)
{
    const uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
    return inotify_add_watch(fd, path, mask) >= 0 || errno == ENOENT || errno == ENOTDIR ||
           errno == EACCES;
}

bool fr_rendezvous_watch(int fd, const char *camera)
{
    char rundir[FR_PATH_MAX], path[FR_PATH_MAX + 80];
    bool is_all = true;

    /* Each level may come into being later: the camera's folder, the folder of all, and that one's
     * parent (by name, for `rundir/..` is not there before rundir). Adding a watch that stands
     * already changes nothing. */
    for (unsigned i = 0; fr_rundir(i, rundir, sizeof rundir); i++) {
        snprintf(path, sizeof path, "%s", rundir);
        char *slash = strrchr(path, '/');
        if (slash && slash != path)
            *slash = 0;
        is_all &= watch(fd, path);
        snprintf(path, sizeof path, "%s/..", rundir);
        is_all &= watch(fd, path);
        is_all &= watch(fd, rundir);
        snprintf(path, sizeof path, "%s/%s", rundir, camera);
        is_all &= watch(fd, path);
    }
    return is_all;
}
