/* Named points at which a test ends or stops the process, each at a step after which the shared
 * state is another one.
 *
 * They exist in the library's variant framering_crash alone, which only tests link: there the names
 * of all points stand in the section fr_crash_points, so that a test can go through every one, and
 * to pass a point is to call fr_crash_here(), which is the test's. Everywhere else they are
 * nothing. */
#pragma once

#ifdef FR_CRASH_POINTS
void fr_crash_here(const char *const *point);
#define fr_crash_point(name)                                                                       \
    do {                                                                                           \
        static const char *const point_ __attribute__((section("fr_crash_points"), used)) = name;  \
        fr_crash_here(&point_);                                                                    \
    } while (0)
#else
#define fr_crash_point(name) ((void)0)
#endif
