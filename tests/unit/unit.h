/* One line instead of Check's suite, case and runner: UNIT_MAIN("name", test, test, …). */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sanitizers slow some tests down by more than ten times, and there may be other work on the machine. */
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

static inline int unit_run(const char *name, const TTest *const *tests, size_t n, double timeout_s)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, UNIT_PATIENCE * timeout_s);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN_TIMEOUT(name, timeout_s, ...)                                                    \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return unit_run(name, tests, sizeof tests / sizeof *tests, timeout_s);                     \
    }
#define UNIT_MAIN(name, ...) UNIT_MAIN_TIMEOUT(name, 60, __VA_ARGS__)
