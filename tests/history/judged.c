/* judged LIBRARY COMMAND…: runs COMMAND with LIBRARY preloaded in whatever it starts, so that every
 * frame that is published and read there is logged, and judges the log when it has ended.
 *
 * Ends as COMMAND did; with 1 when that was well and the history has a fault.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/history/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[] = "/tmp/framering-history-XXXXXX";

static void check(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    unlink(path);
    exit(EXIT_FAILURE);
}

/* An empty log that everybody may write, for some tests change their user. */
static const struct history_log *make_log(void)
{
    int fd = mkstemp(path);
    check(fd >= 0 && fchmod(fd, 0666) == 0 && ftruncate(fd, HISTORY_BYTES) == 0, path);
    const void *log = mmap(NULL, HISTORY_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    check(log != MAP_FAILED, "mmap");
    close(fd);
    return log;
}

static void prepend(const char *name, const char *value, const char *separator)
{
    char text[4096];
    const char *old = getenv(name);
    snprintf(text, sizeof text, "%s%s%s", value, old && *old ? separator : "", old ? old : "");
    setenv(name, text, 1);
}

static int run(char **command, const char *library)
{
    int status;
    pid_t pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("FRAMERING_TEST_HISTORY", path, 1);
        prepend("LD_PRELOAD", library, ":");
        /* The library stands before the sanitizer's, which would not have it. */
        prepend("ASAN_OPTIONS", "verify_asan_link_order=0", ":");
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    check(waitpid(pid, &status, 0) == pid, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "judged: expected a library and a command\n");
        return 2;
    }
    const struct history_log *log = make_log();
    int code = run(argv + 2, argv[1]);
    struct history_summary s;
    history_check(log->record, log->next, 0, stderr, &s);
    unlink(path);
    fprintf(stderr,
            "history: %" PRIu64 " epochs, %" PRIu64 " frames published; %" PRIu64
            " readers, %" PRIu64 " frames taken, %" PRIu64 " missed, %" PRIu64 " accepted, %" PRIu64
            " torn; %" PRIu64 " faults\n",
            s.epochs, s.published, s.readers, s.taken, s.missed, s.accepted, s.dropped, s.faults);
    return code ? code : s.faults != 0;
}
