/* What is installed has no crash points: no name of one is in it, nor what calls them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/crash.h"

/* All of a file. */
static char *load(const char *path, size_t *ret_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    ck_assert_msg(fd >= 0 && fstat(fd, &st) == 0, "%s: %s", path, strerror(errno));
    char *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    ck_assert_msg(bytes != MAP_FAILED, "%s: %s", path, strerror(errno));
    close(fd);
    *ret_size = (size_t)st.st_size;
    return bytes;
}

/* Points and their caller that are in the file. */
static unsigned traces(const char *path)
{
    size_t size;
    char *bytes = load(path, &size);
    unsigned n = memmem(bytes, size, "fr_crash", strlen("fr_crash")) != NULL;
    for (unsigned i = 0; i < crash_points(); i++)
        n += memmem(bytes, size, crash_name(i), strlen(crash_name(i)) + 1) != NULL;
    munmap(bytes, size);
    return n;
}

START_TEST(shipped_files_have_no_crash_point)
{
    static const char *const shipped[] = {
        "common/ring/libframering.so", "capture/framering-capture", "analyzer/framering-analyzer",
        "analyzer/framering-replay", "monitor/framering"};
    const char *build = getenv("FRAMERING_BUILD");
    ck_assert_msg(build != NULL, "FRAMERING_BUILD is not set");
    for (unsigned i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", build, shipped[i]);
        ck_assert_msg(traces(path) == 0, "%s has crash points", path);
    }
    /* As they are to be found: in this program are all. */
    ck_assert_uint_ge(crash_points(), 50);
    ck_assert_uint_eq(traces("/proc/self/exe"), crash_points() + 1);
}
END_TEST

START_TEST(every_crash_point_has_a_name_of_its_own)
{
    for (unsigned i = 0; i < crash_points(); i++)
        for (unsigned j = 0; j < i; j++)
            ck_assert_str_ne(crash_name(i), crash_name(j));
}
END_TEST

IPC_MAIN("crash_shipped", shipped_files_have_no_crash_point,
         every_crash_point_has_a_name_of_its_own)
