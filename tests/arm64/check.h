/* As much of Check as the unit tests use, in a header: so that they run where there is no Check for
 * the machine. Each test in a process of its own, with its time; what fails says where and ends
 * it. */
#pragma once

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CK_ENV, CK_TESTS_MAX = 100 };

typedef void SFun(void);
typedef struct {
    const char *name;
    void (*run)(int _i);
} TTest;
typedef struct {
    unsigned timeout_s, n;
    SFun *setup, *teardown;
    struct {
        const TTest *test;
        int first, end;
    } tests[CK_TESTS_MAX];
} TCase;
typedef struct {
    const char *name;
    TCase *tcase;
} Suite;
typedef struct {
    Suite *suite;
    int failed;
} SRunner;

#define START_TEST(test)                                                                           \
    static void test##_run(int _i);                                                                \
    static const TTest test##_test = {#test, test##_run};                                          \
    static const TTest *const test = &test##_test;                                                 \
    static void test##_run(int _i __attribute__((unused)))
#define END_TEST

#define ck_abort_msg(...)                                                                          \
    do {                                                                                           \
        printf("%s:%d: ", __FILE__, __LINE__);                                                     \
        printf(__VA_ARGS__);                                                                       \
        printf("\n");                                                                              \
        fflush(stdout);                                                                            \
        _exit(EXIT_FAILURE);                                                                       \
    } while (0)
#define ck_assert_msg(holds, ...)                                                                  \
    do {                                                                                           \
        if (!(holds))                                                                              \
            ck_abort_msg(__VA_ARGS__);                                                             \
    } while (0)
#define ck_assert(holds) ck_assert_msg(holds, "not so: %s", #holds)

#define CK_COMPARE(type, format, a, op, b)                                                         \
    do {                                                                                           \
        type ck_a = (type)(a);                                                                     \
        type ck_b = (type)(b);                                                                     \
        ck_assert_msg(ck_a op ck_b, "not so: %s %s %s (" format ", " format ")", #a, #op, #b,      \
                      ck_a, ck_b);                                                                 \
    } while (0)
#define ck_assert_int_eq(a, b)    CK_COMPARE(intmax_t, "%" PRIdMAX, a, ==, b)
#define ck_assert_int_ne(a, b)    CK_COMPARE(intmax_t, "%" PRIdMAX, a, !=, b)
#define ck_assert_int_lt(a, b)    CK_COMPARE(intmax_t, "%" PRIdMAX, a, <, b)
#define ck_assert_int_le(a, b)    CK_COMPARE(intmax_t, "%" PRIdMAX, a, <=, b)
#define ck_assert_int_gt(a, b)    CK_COMPARE(intmax_t, "%" PRIdMAX, a, >, b)
#define ck_assert_int_ge(a, b)    CK_COMPARE(intmax_t, "%" PRIdMAX, a, >=, b)
#define ck_assert_uint_eq(a, b)   CK_COMPARE(uintmax_t, "%" PRIuMAX, a, ==, b)
#define ck_assert_uint_ne(a, b)   CK_COMPARE(uintmax_t, "%" PRIuMAX, a, !=, b)
#define ck_assert_uint_lt(a, b)   CK_COMPARE(uintmax_t, "%" PRIuMAX, a, <, b)
#define ck_assert_uint_le(a, b)   CK_COMPARE(uintmax_t, "%" PRIuMAX, a, <=, b)
#define ck_assert_uint_gt(a, b)   CK_COMPARE(uintmax_t, "%" PRIuMAX, a, >, b)
#define ck_assert_uint_ge(a, b)   CK_COMPARE(uintmax_t, "%" PRIuMAX, a, >=, b)
#define ck_assert_double_eq(a, b) CK_COMPARE(double, "%g", a, ==, b)
#define ck_assert_double_lt(a, b) CK_COMPARE(double, "%g", a, <, b)
#define ck_assert_double_le(a, b) CK_COMPARE(double, "%g", a, <=, b)
#define ck_assert_double_gt(a, b) CK_COMPARE(double, "%g", a, >, b)
#define ck_assert_double_ge(a, b) CK_COMPARE(double, "%g", a, >=, b)
#define ck_assert_ptr_eq(a, b)    CK_COMPARE(const void *, "%p", a, ==, b)
#define ck_assert_ptr_ne(a, b)    CK_COMPARE(const void *, "%p", a, !=, b)
#define ck_assert_ptr_null(a)     ck_assert_ptr_eq(a, NULL)
#define ck_assert_ptr_nonnull(a)  ck_assert_ptr_ne(a, NULL)
#define ck_assert_double_eq_tol(a, b, tolerance)                                                   \
    CK_COMPARE(double, "%g", fabs((double)(a) - (double)(b)), <=, tolerance)

#define CK_COMPARE_STR(a, op, b)                                                                   \
    do {                                                                                           \
        const char *ck_a = (a), *ck_b = (b);                                                       \
        ck_assert_msg(strcmp(ck_a, ck_b) op 0, "not so: %s %s %s (\"%s\", \"%s\")", #a, #op, #b,   \
                      ck_a, ck_b);                                                                 \
    } while (0)
#define ck_assert_str_eq(a, b) CK_COMPARE_STR(a, ==, b)
#define ck_assert_str_ne(a, b) CK_COMPARE_STR(a, !=, b)
#define ck_assert_mem_eq(a, b, bytes)                                                              \
    ck_assert_msg(memcmp(a, b, bytes) == 0, "not the same: %s, %s", #a, #b)
#define ck_assert_mem_ne(a, b, bytes)                                                              \
    ck_assert_msg(memcmp(a, b, bytes) != 0, "the same: %s, %s", #a, #b)

static inline Suite *suite_create(const char *name)
{
    static Suite suite;
    suite.name = name;
    return &suite;
}

static inline TCase *tcase_create(const char *name)
{
    static TCase tcase;
    (void)name;
    tcase.timeout_s = 60;
    return &tcase;
}

static inline void suite_add_tcase(Suite *suite, TCase *tcase)
{
    suite->tcase = tcase;
}

static inline void tcase_set_timeout(TCase *tcase, double timeout_s)
{
    tcase->timeout_s = (unsigned)timeout_s;
}

static inline void tcase_add_checked_fixture(TCase *tcase, SFun *setup, SFun *teardown)
{
    tcase->setup = setup;
    tcase->teardown = teardown;
}

static inline void tcase_add_loop_test(TCase *tcase, const TTest *test, int first, int end)
{
    if (tcase->n == CK_TESTS_MAX)
        abort();
    tcase->tests[tcase->n].test = test;
    tcase->tests[tcase->n].first = first;
    tcase->tests[tcase->n++].end = end;
}

static inline void tcase_add_test(TCase *tcase, const TTest *test)
{
    tcase_add_loop_test(tcase, test, 0, 1);
}

static inline SRunner *srunner_create(Suite *suite)
{
    static SRunner runner;
    runner.suite = suite;
    return &runner;
}

static inline int ck_run(const TCase *tcase, const TTest *test, int i)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(tcase->timeout_s);
        if (tcase->setup)
            tcase->setup();
        test->run(i);
        if (tcase->teardown)
            tcase->teardown();
        fflush(stdout);
        _exit(EXIT_SUCCESS);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        printf("FAILED: %s, %d (wait status %#x)\n", test->name, i, (unsigned)status);
        return 1;
    }
    return 0;
}

static inline void srunner_run_all(SRunner *runner, int how)
{
    const TCase *tcase = runner->suite->tcase;
    int n = 0;
    (void)how;
    for (unsigned t = 0; t < tcase->n; t++)
        for (int i = tcase->tests[t].first; i < tcase->tests[t].end; i++, n++)
            runner->failed += ck_run(tcase, tcase->tests[t].test, i);
    printf("%s: %d tests, %d failed\n", runner->suite->name, n, runner->failed);
}

static inline int srunner_ntests_failed(const SRunner *runner)
{
    return runner->failed;
}

static inline void srunner_free(SRunner *runner)
{
    (void)runner;
}
