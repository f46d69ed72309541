/* One line instead of Check's suite, case and runner: UNIT_MAIN("name", test, test, …). And folders
 * to work in, of which nothing stays behind however a test ends: unit_folder(). */
#pragma once

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sanitizers slow some tests down by more than ten times, and there may be other work on the
 * machine. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define UNIT_PATIENCE 10
#else
#define UNIT_PATIENCE 3
#endif

#ifdef FR_COVERAGE
void __gcov_dump(void);
#endif

/* Ends a forked child: none of the parent's endings run, but what was counted is kept. */
static inline _Noreturn void end_child(int code)
{
#ifdef FR_COVERAGE
    __gcov_dump();
#endif
    _exit(code);
}

/* How long an attack goes on, of which a test has 10 at most: so many seconds, or
 * $FRAMERING_TEST_SECONDS. */
static inline double attack_seconds(double usual)
{
    const char *text = getenv("FRAMERING_TEST_SECONDS");
    double s = text ? strtod(text, NULL) : 0;
    return s > 0 ? s : usual;
}

enum { UNIT_FOLDER_MAX = 40 };

static char unit_scratch[UNIT_FOLDER_MAX]; /* of this program; others may look into it */

static inline void unit_mkdtemp(char *path)
{
    if (!mkdtemp(path)) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

static inline void unit_begin(void)
{
    if (*unit_scratch)
        return;
    strcpy(unit_scratch, "/tmp/framering-test-XXXXXX");
    unit_mkdtemp(unit_scratch);
    chmod(unit_scratch, 0755);
}

/* A fresh folder, mode 0700, which is removed with all that is in it when the program's tests are
 * over. Before unit_run(): after unit_begin() only. Returns `path`. */
static inline char *unit_folder(char path[UNIT_FOLDER_MAX])
{
    snprintf(path, UNIT_FOLDER_MAX, "%.32s/XXXXXX", unit_scratch);
    unit_mkdtemp(path);
    return path;
}

static inline int unit_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* What a program may have besides: done in each test's process, before and after it. */
void unit_before_each(void) __attribute__((weak));
void unit_after_each(void) __attribute__((weak));

static inline int unit_run(const char *name, const TTest *const *tests, size_t n, double timeout_s)
{
    unit_begin();
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, UNIT_PATIENCE * timeout_s + 10 * attack_seconds(0));
    if (unit_before_each && unit_after_each)
        tcase_add_checked_fixture(tcase, unit_before_each, unit_after_each);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    nftw(unit_scratch, unit_remove, 8, FTW_DEPTH | FTW_PHYS);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN_TIMEOUT(name, timeout_s, ...)                                                    \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return unit_run(name, tests, sizeof tests / sizeof *tests, timeout_s);                     \
    }
#define UNIT_MAIN(name, ...) UNIT_MAIN_TIMEOUT(name, 60, __VA_ARGS__)
