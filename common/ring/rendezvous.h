/* Where writers and readers of a camera meet: a folder for each camera with two files.
 *
 *   lock  0600, never renamed or removed while the folder stands; the writer holds flock() on it
 * for as long as it lives. It contains the number of the last epoch. ring  written by rename for
 * each epoch, removed at the end of the last one:
 *
 *             framering-ring 1
 *             epoch 3
 *             cookie 1f2e3d4c5b6a7988
 *             boot 5e0a…                  (32 hexadecimal digits)
 *             shm 12                      identifiers of the segment and the two semaphore sets
 *             gates 4
 *             pins 5
 *             bytes 4153344               size of the segment
 *             end
 *
 * An identifier is never an identity: ids come back. Whoever attaches compares owner, size, epoch
 * and cookie.
 */
#pragma once

#include "common/ring/sysv.h"

enum { FR_PATH_MAX = 512, FR_RENDEZVOUS_MAX = 1024 };

struct fr_rendezvous {
    uint64_t epoch;
    uint64_t cookie;
    uint8_t boot[16];
    struct fr_sysv ids;
    uint64_t segment_bytes;
    uid_t owner; /* of folder and file; filled by fr_rendezvous_read() */
};

/* Reads the text of a `ring` file. Pure. 0 or -EBADMSG. */
int fr_rendezvous_parse(const char *text, size_t length, struct fr_rendezvous *ret_rendezvous);
/* Writes the text; returns its length. */
size_t fr_rendezvous_print(const struct fr_rendezvous *rendezvous, char buf[FR_RENDEZVOUS_MAX]);

/* Reads the ring file of `camera` in folder `rundir`. Checks that the file is the folder's owner's,
 * that nobody else could have written either, and that no link leads there. -ENOENT: none; -EPERM:
 * could be a forgery; -EBADMSG: not such a file; `reason` says more. */
int fr_rendezvous_read(const char *rundir, const char *camera, struct fr_rendezvous *ret_rendezvous,
                       char *reason, size_t reason_size);

/* Replaces the ring file in `folder`, whole. */
int fr_rendezvous_write(const char *folder, const struct fr_rendezvous *rendezvous);
void fr_rendezvous_unlink(const char *folder);

/* The folder in which this process should make rings of `camera`: buf or NULL with a reason. */
const char *fr_rendezvous_home(const char *camera, char *buf, size_t size, char *reason,
                               size_t reason_size);

/* Opens and takes the lock file in `folder` (with `make`, makes it). The descriptor, or negative:
 * -EBUSY: a writer lives; -EPERM: not ours, or not a plain file. */
int fr_rendezvous_lock(const char *folder, bool make, char *reason, size_t reason_size);

/* Number of the last epoch, kept in the lock file; 0: there was none. Negative errno: it cannot be
 * told, and must not be taken for none, for epochs only count up. */
int fr_rendezvous_last_epoch(int lock_fd, uint64_t *ret_epoch);
int fr_rendezvous_set_last_epoch(int lock_fd, uint64_t epoch);

/* /proc/sys/kernel/random/boot_id as bytes. A machine without one (no /proc) has zeroes. Negative
 * errno when it cannot be told now: a ring with the wrong one would never be read. */
int fr_boot_id(uint8_t ret_boot[16]);

/* Watches the folders of `camera` for anything that may mean a new ring. Call before looking; then
 * wait on the descriptor; it may fire for nothing. `fd` is an inotify descriptor. False: something
 * could not be watched (fs.inotify.max_user_watches is reached, or memory), so that waiting may
 * miss it. */
bool fr_rendezvous_watch(int fd, const char *camera);
