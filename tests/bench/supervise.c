/* Around a bench: the measuring is done by a child in an IPC namespace of its own where that can be
 * had, so that nothing is left behind whatever happens; the parent keeps the run folder and removes
 * it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return is_written;
}

/* As root simply; else through a user namespace in which we are who we were. Without either the
 * bench works as well, and cleans up after itself when it is not killed. */
static void enter_namespace(void)
{
    char map[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWIPC) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWIPC) < 0)
        return;
    snprintf(map, sizeof map, "%u %u 1\n", (unsigned)uid, (unsigned)uid);
    bool is_mapped =
        write_file("/proc/self/uid_map", map) && write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1\n", (unsigned)gid, (unsigned)gid);
    if (!is_mapped || !write_file("/proc/self/gid_map", map))
        bench_progress("the user namespace has no names; going on");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int bench_supervise(int (*run)(void *userdata), void *userdata)
{
    const char *tmp = getenv("TMPDIR");
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/framering-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) {
        fprintf(stderr, "%s: cannot make a folder %s: %s\n", bench_name, folder, strerror(errno));
        return EXIT_FAILURE;
    }
    setenv("FRAMERING_RUNDIR", folder, 1);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        enter_namespace();
        exit(run(userdata));
    }
    signal(SIGINT, SIG_IGN); /* the child ends by it, and we tidy up */
    signal(SIGTERM, SIG_IGN);
    int status = 1 << 8;
    if (pid < 0)
        fprintf(stderr, "%s: fork: %s\n", bench_name, strerror(errno));
    else
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "%s: ended by signal %d\n", bench_name, WTERMSIG(status));
        return EXIT_FAILURE;
    }
    return WEXITSTATUS(status);
}
