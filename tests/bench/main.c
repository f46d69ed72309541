/* framering-bench: how fast the ring is, beside what the kernel can do at best.
 *
 * Everything is measured in this one run. The measuring is done by a child in an IPC namespace of
 * its own where that can be had, so that nothing is left behind whatever happens; the parent keeps
 * the run folder and removes it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/report.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
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

enum { EXIT_USAGE = 2 };

static const struct bench_size sizes[] = {
    {"64 B", FR_FOURCC_GREY, 8, 8, 64},
    {"640x480 YU12", FR_FOURCC_YU12, 640, 480, 640 * 480 * 3 / 2},
    {"1920x1080 YU12", FR_FOURCC_YU12, 1920, 1080, 1920 * 1080 * 3 / 2},
    {"3840x2160 YU12", FR_FOURCC_YU12, 3840, 2160, 3840 * 2160 * 3 / 2},
};
static const unsigned readers[] = {1, 4, 16};
enum { SIZES = sizeof sizes / sizeof *sizes, READERS = sizeof readers / sizeof *readers };

static void print_help(void)
{
    puts("Usage: framering-bench [--quick] [--json] [--mode peek|pinned]\n"
         "\n"
         "Measures the ring on this machine, in about a minute:\n"
         "  - wake-up latency from publish to a blocking reader, 1, 4 and 16 readers, four frame\n"
         "    sizes, beside a bare futex broadcast to as many waiters, taking turns round by "
         "round;\n"
         "  - the ways to wait (peek, pinned, helper thread with eventfd) side by side;\n"
         "  - single calls: publish, pin, unpin;\n"
         "  - the motion detector on a 1080p plane, beside reading the plane once.\n"
         "\n"
         "  --mode MODE  how the readers of the wake-up table read: peek (default) or pinned\n"
         "  --json       one JSON object on stdout in place of the table\n"
         "  --quick      a few rounds of everything, to see that it works (a few seconds)\n"
         "  --help       this text\n"
         "\n"
         "Footage for the detector is looked for in $FRAMERING_DATA. Progress goes to stderr. For\n"
         "figures worth telling use a release build on a machine with nothing else to do.");
}

/* ---------------------------------------------------------------- measuring */

static void measure(struct bench_results *results)
{
    const struct bench_options *options = &results->options;
    enum bench_way pair[] = {options->mode == FR_READ_PEEK ? BENCH_PEEK : BENCH_PINNED,
                             BENCH_FUTEX};
    uint64_t rounds = options->is_quick ? 30 : 6000;
    int64_t limit_ns = options->is_quick ? NS_PER_S / 2 : 9 * NS_PER_S / 2;

    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned r = 0; r < READERS; r++) {
            bench_progress("wake-up: %s, %u reader%s", sizes[s].name, readers[r],
                           readers[r] == 1 ? "" : "s");
            bench_wake(&sizes[s], readers[r], pair, 2, rounds, limit_ns,
                       &results->wakes[results->n_wakes++]);
        }
    static const enum bench_way ways[] = {BENCH_FUTEX, BENCH_PEEK, BENCH_PINNED, BENCH_EVENTFD};
    bench_progress("ways to wait: %s, 1 reader", sizes[2].name);
    bench_wake(&sizes[2], 1, ways, 4, rounds, 2 * limit_ns, &results->ways);
    bench_costs(options, &results->costs);
    bench_detector(options, &results->detector);
}

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

static int run(struct bench_results *results, bool wants_json)
{
    enter_namespace();
    measure(results);
    if (wants_json)
        bench_print_json(results);
    else
        bench_print_table(results);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---------------------------------------------------------------- around it */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* Runs it in a child; removes the run folder whatever becomes of it. */
static int supervise(struct bench_results *results, bool wants_json)
{
    const char *tmp = getenv("TMPDIR");
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/framering-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) {
        fprintf(stderr, "framering-bench: cannot make a folder %s: %s\n", folder, strerror(errno));
        return EXIT_FAILURE;
    }
    setenv("FRAMERING_RUNDIR", folder, 1);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        exit(run(results, wants_json));
    }
    signal(SIGINT, SIG_IGN); /* the child ends by it, and we tidy up */
    signal(SIGTERM, SIG_IGN);
    int status = 1 << 8;
    if (pid < 0)
        fprintf(stderr, "framering-bench: fork: %s\n", strerror(errno));
    else
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "framering-bench: ended by signal %d\n", WTERMSIG(status));
        return EXIT_FAILURE;
    }
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"quick", no_argument, NULL, 'q'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"mode", required_argument, NULL, 'm'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static struct bench_results results = {.options.mode = FR_READ_PEEK};
    bool wants_json = false;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'q':
            results.options.is_quick = true;
            break;
        case 'j':
            wants_json = true;
            break;
        case 'm':
            if (strcmp(optarg, "peek") != 0 && strcmp(optarg, "pinned") != 0) {
                fprintf(stderr, "framering-bench: --mode %s: expected peek or pinned\n", optarg);
                return EXIT_USAGE;
            }
            results.options.mode = optarg[1] == 'e' ? FR_READ_PEEK : FR_READ_PINNED;
            break;
        case 'h':
            print_help();
            return EXIT_SUCCESS;
        default:
            fprintf(stderr, "Try `framering-bench --help`.\n");
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "framering-bench: %s: no such argument; try `framering-bench --help`\n",
                argv[optind]);
        return EXIT_USAGE;
    }
    return supervise(&results, wants_json);
}
