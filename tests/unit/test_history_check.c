/* The judge of histories, shown forged ones: each kind of fault is found, as that, and a history
 * that is in order has none, however its processes died.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/history/check.h"
#include "tests/unit/unit.h"

enum { RUN = 7, WRITER = 100, READER = 200, COOKIE = 0xc0, OTHER = 0xd0 };

static struct history_record record[64];
static size_t n_records;

static void begin_forging(void)
{
    n_records = 0;
}

static void add(enum history_kind kind, uint32_t pid, uint64_t cookie, uint64_t number,
                uint64_t missed, uint64_t checksum)
{
    record[n_records++] = (struct history_record){.kind = kind,
                                                  .run = RUN,
                                                  .pid = pid,
                                                  .handle = 0x5000,
                                                  .cookie = cookie,
                                                  .epoch = cookie & 0xf,
                                                  .number = number,
                                                  .missed = missed,
                                                  .checksum = checksum};
}

static uint64_t look_of(uint64_t cookie, uint64_t number)
{
    return cookie * 1000 + number;
}

static void begun(uint64_t cookie)
{
    add(HISTORY_BEGUN, WRITER, cookie, 0, 0, 0);
}

static void published(uint64_t cookie, uint64_t number)
{
    add(HISTORY_PUBLISHING, WRITER, cookie, number, 0, look_of(cookie, number));
}

static void taken(uint64_t cookie, uint64_t number, uint64_t missed)
{
    add(HISTORY_TAKEN, READER, cookie, number, missed, 0);
}

static void accepted(uint64_t cookie, uint64_t number)
{
    add(HISTORY_ACCEPTED, READER, cookie, number, 0, look_of(cookie, number));
}

/* A writer's five frames; its reader has come before the second. */
static void forge_start(void)
{
    begin_forging();
    begun(COOKIE);
    published(COOKIE, 1);
    add(HISTORY_OPENED, READER, 0, 0, 0, 0);
    for (uint64_t n = 2; n <= 5; n++)
        published(COOKIE, n);
}

/* The judge's words on what was forged. */
static struct history_summary judge(char *told, size_t size)
{
    struct history_summary summary;
    FILE *out = fmemopen(told, size, "w");
    ck_assert_ptr_nonnull(out);
    history_check(record, n_records, RUN, out, &summary);
    fclose(out);
    return summary;
}

#define is_in_order()                                                                              \
    do {                                                                                           \
        char told_[4096] = "";                                                                     \
        struct history_summary summary_ = judge(told_, sizeof told_);                              \
        ck_assert_msg(summary_.faults == 0, "%s", told_);                                          \
    } while (0)

#define has_one_fault(words)                                                                       \
    do {                                                                                           \
        char told_[4096] = "";                                                                     \
        struct history_summary summary_ = judge(told_, sizeof told_);                              \
        ck_assert_msg(summary_.faults == 1 && strstr(told_, words), "%u faults: %s",               \
                      (unsigned)summary_.faults, told_);                                           \
    } while (0)

START_TEST(history_in_order_has_no_fault_and_is_summed_up)
{
    char told[4096] = "";
    forge_start();
    taken(COOKIE, 2, 0);
    taken(COOKIE, 3, 0); /* two in hand, given back the other way round */
    accepted(COOKIE, 3);
    accepted(COOKIE, 2);
    taken(COOKIE, 5, 1);
    add(HISTORY_DROPPED, READER, COOKIE, 5, 0, 12345); /* torn, and known to be */
    begun(OTHER);
    published(OTHER, 1);
    published(OTHER, 1); /* refused the first time */
    published(OTHER, 2);
    taken(OTHER, 2, 0); /* it came after the first */
    accepted(OTHER, 2);
    add(HISTORY_CLOSED, READER, 0, 4, 1, 1);
    struct history_summary s = judge(told, sizeof told);
    ck_assert_msg(s.faults == 0, "%s", told);
    ck_assert_uint_eq(s.epochs, 2);
    ck_assert_uint_eq(s.published, 7);
    ck_assert_uint_eq(s.readers, 1);
    ck_assert_uint_eq(s.taken, 4);
    ck_assert_uint_eq(s.missed, 1);
    ck_assert_uint_eq(s.accepted, 3);
    ck_assert_uint_eq(s.dropped, 1);
}
END_TEST

START_TEST(processes_that_died_at_any_record_leave_a_history_in_order)
{
    forge_start();
    taken(COOKIE, 2, 0);
    accepted(COOKIE, 2);
    taken(COOKIE, 4, 1);
    accepted(COOKIE, 4);
    taken(COOKIE, 5, 0);
    for (size_t all = n_records; n_records > 0; n_records--) {
        is_in_order();
        /* Its last record half done: whatever stands in it, nobody looks. */
        uint32_t kind = record[n_records - 1].kind;
        record[n_records - 1].kind = HISTORY_NONE;
        is_in_order();
        record[n_records - 1].kind = kind;
        ck_assert_uint_le(n_records, all);
    }
    /* Another process comes by the same number and address. */
    forge_start();
    taken(COOKIE, 4, 1);
    add(HISTORY_OPENED, READER, 0, 0, 0, 0);
    taken(COOKIE, 3, 0);
    accepted(COOKIE, 3);
    add(HISTORY_CLOSED, READER, 0, 1, 0, 0);
    is_in_order();
}
END_TEST

START_TEST(accepted_frame_that_is_not_what_was_published_is_torn)
{
    forge_start();
    taken(COOKIE, 2, 0);
    add(HISTORY_ACCEPTED, READER, COOKIE, 2, 0, look_of(COOKIE, 2) ^ 1);
    has_one_fault("torn");
    /* Another frame in full is no better. */
    record[n_records - 1].checksum = look_of(COOKIE, 3);
    has_one_fault("torn");
    record[n_records - 1].checksum = look_of(COOKIE, 2);
    is_in_order();
}
END_TEST

START_TEST(accepted_frame_that_nobody_published_is_invented)
{
    forge_start();
    taken(COOKIE, 6, 0);
    accepted(COOKIE, 6);
    has_one_fault("invented");
    published(COOKIE, 6); /* and too late is not at all */
    has_one_fault("invented");
    forge_start();
    taken(OTHER, 2, 0); /* of another epoch, and that is another frame */
    accepted(OTHER, 2);
    has_one_fault("invented");
}
END_TEST

START_TEST(numbers_that_do_not_rise_are_found)
{
    forge_start();
    taken(COOKIE, 4, 0);
    taken(COOKIE, 4, 0);
    has_one_fault("taken after frame 4");
    forge_start();
    taken(COOKIE, 4, 0);
    taken(COOKIE, 3, 0);
    has_one_fault("taken after frame 4");
}
END_TEST

START_TEST(gaps_counted_wrong_are_found)
{
    forge_start();
    taken(COOKIE, 2, 0);
    taken(COOKIE, 5, 1);
    has_one_fault("1 missed");
    record[n_records - 1].missed = 3;
    has_one_fault("3 missed");
    record[n_records - 1].missed = 2;
    is_in_order();
    forge_start();
    taken(COOKIE, 2, 2); /* more than there were */
    has_one_fault("2 missed");
}
END_TEST

START_TEST(a_reader_that_goes_back_to_an_epoch_is_found)
{
    forge_start();
    begun(OTHER);
    taken(COOKIE, 2, 0);
    taken(OTHER, 1, 0);
    taken(COOKIE, 3, 0);
    has_one_fault("back in an epoch");
}
END_TEST

START_TEST(a_frame_given_back_that_was_not_held_is_found)
{
    forge_start();
    taken(COOKIE, 2, 0);
    accepted(COOKIE, 3);
    has_one_fault("not held");
    forge_start();
    taken(COOKIE, 2, 0);
    accepted(COOKIE, 2);
    accepted(COOKIE, 2);
    has_one_fault("not held");
}
END_TEST

START_TEST(counts_that_are_not_the_sum_are_found)
{
    static const uint64_t wrong[][3] = {{1, 1, 1}, {3, 1, 1}, {2, 0, 1}, {2, 2, 1}, {2, 1, 0}};
    forge_start();
    taken(COOKIE, 2, 0);
    accepted(COOKIE, 2);
    taken(COOKIE, 4, 1);
    add(HISTORY_DROPPED, READER, COOKIE, 4, 0, 0);
    add(HISTORY_CLOSED, READER, 0, 2, 1, 1);
    is_in_order();
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        n_records--;
        add(HISTORY_CLOSED, READER, 0, wrong[i][0], wrong[i][1], wrong[i][2]);
        has_one_fault("counted");
    }
}
END_TEST

START_TEST(writers_that_skip_frames_or_share_an_epoch_are_found)
{
    forge_start();
    published(COOKIE, 7);
    has_one_fault("published after frame 5");
    forge_start();
    published(COOKIE, 4);
    has_one_fault("published after frame 5");
    forge_start();
    add(HISTORY_PUBLISHING, WRITER + 1, COOKIE, 6, 0, 0);
    has_one_fault("by another");
    forge_start();
    add(HISTORY_BEGUN, WRITER + 1, COOKIE, 0, 0, 0);
    has_one_fault("begun twice");
}
END_TEST

START_TEST(records_of_an_older_run_are_passed_over)
{
    forge_start();
    taken(COOKIE, 9, 0);
    accepted(COOKIE, 9);
    has_one_fault("invented");
    record[n_records - 1].run = RUN - 1;
    is_in_order();
}
END_TEST

UNIT_MAIN("history_check", history_in_order_has_no_fault_and_is_summed_up,
          processes_that_died_at_any_record_leave_a_history_in_order,
          accepted_frame_that_is_not_what_was_published_is_torn,
          accepted_frame_that_nobody_published_is_invented, numbers_that_do_not_rise_are_found,
          gaps_counted_wrong_are_found, a_reader_that_goes_back_to_an_epoch_is_found,
          a_frame_given_back_that_was_not_held_is_found, counts_that_are_not_the_sum_are_found,
          writers_that_skip_frames_or_share_an_epoch_are_found,
          records_of_an_older_run_are_passed_over)
