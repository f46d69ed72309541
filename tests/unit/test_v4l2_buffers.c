/* What a driver hands back, judged: rows C1, C2, C3 and C12 of the fault list. */
#include "capture/v4l2_buffers.h"
#include "tests/unit/unit.h"

#include <errno.h>

#define NOW_NS INT64_C(100000000000) /* 100 s after boot */
enum { N = 4, MIN = 1000, ROOM = 4096 };

static struct fr_v4l2_buffers books_of(uint32_t memory)
{
    struct fr_v4l2_buffers books;
    const struct fr_v4l2_limits limits = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
                                          .memory = memory,
                                          .n_buffers = N,
                                          .n_parts = 1,
                                          .parts = {{.min_bytes = MIN, .room_bytes = ROOM}}};
    ck_assert_int_eq(fr_v4l2_buffers_init(&books, &limits), 0);
    for (uint32_t i = 0; i < N; i++)
        ck_assert_int_eq(fr_v4l2_buffers_queued(&books, i, 0x1000 * (i + 1)), 0);
    return books;
}

static struct v4l2_buffer buffer_at(uint32_t index, uint32_t sequence, int64_t ns)
{
    return (struct v4l2_buffer){
        .index = index,
        .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
        .memory = V4L2_MEMORY_MMAP,
        .bytesused = MIN,
        .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
        .sequence = sequence,
        .timestamp = {.tv_sec = ns / 1000000000, .tv_usec = ns % 1000000000 / 1000},
    };
}

static struct fr_v4l2_judgement judge(struct fr_v4l2_buffers *books, struct v4l2_buffer buffer,
                                      int64_t now_ns)
{
    struct fr_v4l2_judgement judged;
    ck_assert_int_eq(fr_v4l2_buffers_judge(books, &buffer, NULL, now_ns, &judged), 0);
    ck_assert_uint_eq(judged.index, buffer.index);
    ck_assert_int_eq(fr_v4l2_buffers_queued(books, buffer.index, 0), 0);
    return judged;
}

START_TEST(a_good_buffer_is_told_as_the_driver_told_it)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    struct v4l2_buffer buffer = buffer_at(2, 7, NOW_NS - 5000000);
    buffer.bytesused = ROOM;
    struct fr_v4l2_judgement judged = judge(&books, buffer, NOW_NS);
    ck_assert_int_eq(judged.verdict, FR_V4L2_GOOD);
    ck_assert_uint_eq(judged.lost, 0);
    ck_assert_uint_eq(judged.meta.flags, 0);
    ck_assert_uint_eq(judged.meta.source_sequence, 7);
    ck_assert_uint_eq(judged.meta.bytes_used, ROOM);
    ck_assert_int_eq(judged.meta.captured_mono_ns, NOW_NS - 5000000);
}
END_TEST

START_TEST(C1_a_flagged_buffer_is_dropped_as_corrupt_and_the_next_follows_a_gap)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    struct v4l2_buffer buffer = buffer_at(0, 0, NOW_NS - 2000);
    buffer.flags |= V4L2_BUF_FLAG_ERROR;
    struct fr_v4l2_judgement judged = judge(&books, buffer, NOW_NS);
    ck_assert_int_eq(judged.verdict, FR_V4L2_BAD);
    ck_assert_uint_eq(judged.reason, FR_DROP_CORRUPT);

    judged = judge(&books, buffer_at(1, 1, NOW_NS - 1000), NOW_NS);
    ck_assert_int_eq(judged.verdict, FR_V4L2_GOOD);
    ck_assert_uint_eq(judged.meta.flags, FR_FRAME_AFTER_GAP);
    ck_assert_uint_eq(judged.lost, 0);
    judged = judge(&books, buffer_at(2, 2, NOW_NS), NOW_NS);
    ck_assert_uint_eq(judged.meta.flags, 0);
}
END_TEST

START_TEST(C2_lengths_that_are_no_picture_are_dropped_with_their_reason)
{
    static const struct {
        uint32_t bytes;
        unsigned reason;
    } cases[] = {
        {0, FR_DROP_SHORT},          {1, FR_DROP_SHORT},      {MIN - 1, FR_DROP_SHORT},
        {MIN, FR_DROP_REASONS},      {ROOM, FR_DROP_REASONS}, {ROOM + 1, FR_DROP_OTHER},
        {UINT32_MAX, FR_DROP_OTHER},
    };
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct v4l2_buffer buffer = buffer_at(i % N, i, NOW_NS + i * 1000);
        buffer.bytesused = cases[i].bytes;
        struct fr_v4l2_judgement judged = judge(&books, buffer, NOW_NS + i * 1000);
        ck_assert_uint_eq(judged.reason, cases[i].reason);
        ck_assert_int_eq(judged.verdict,
                         cases[i].reason == FR_DROP_REASONS ? FR_V4L2_GOOD : FR_V4L2_BAD);
    }
    /* A JPEG may be of any length but none. */
    books.limits.parts[0].min_bytes = 0;
    struct v4l2_buffer empty = buffer_at(0, 99, NOW_NS);
    empty.bytesused = 0;
    ck_assert_uint_eq(judge(&books, empty, NOW_NS).reason, FR_DROP_SHORT);
}
END_TEST

START_TEST(a_buffer_that_comes_after_its_successor_is_not_shown_and_counted_once)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    judge(&books, buffer_at(0, 10, NOW_NS), NOW_NS);
    struct fr_v4l2_judgement judged = judge(&books, buffer_at(1, 12, NOW_NS + 2000), NOW_NS + 5000);
    ck_assert_int_eq(judged.verdict, FR_V4L2_GOOD);
    ck_assert_uint_eq(judged.lost, 1);
    judged = judge(&books, buffer_at(2, 11, NOW_NS + 1000), NOW_NS + 5000);
    ck_assert_int_eq(judged.verdict, FR_V4L2_OVERTAKEN);
    ck_assert_uint_eq(judged.lost, 0);
    ck_assert_uint_eq(judged.reason, FR_DROP_REASONS);
    /* And the one behind them follows without another hole. */
    judged = judge(&books, buffer_at(3, 13, NOW_NS + 3000), NOW_NS + 5000);
    ck_assert_int_eq(judged.verdict, FR_V4L2_GOOD);
    ck_assert_uint_eq(judged.lost, 0);
    ck_assert_uint_eq(judged.meta.flags, 0);
}
END_TEST

START_TEST(a_buffer_that_the_very_first_overtook_is_counted_as_late)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    judge(&books, buffer_at(0, 0, NOW_NS), NOW_NS); /* the counter may wrap in between */
    struct fr_v4l2_judgement judged =
        judge(&books, buffer_at(1, UINT32_MAX, NOW_NS - 1000), NOW_NS);
    ck_assert_int_eq(judged.verdict, FR_V4L2_OVERTAKEN);
    ck_assert_uint_eq(judged.reason, FR_DROP_LATE);
}
END_TEST

START_TEST(a_counter_that_is_started_anew_and_a_time_that_lies_are_no_reason_to_drop)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    judge(&books, buffer_at(0, 10, NOW_NS), NOW_NS);
    ck_assert_int_eq(judge(&books, buffer_at(1, 0, NOW_NS + 1000), NOW_NS + 9000).verdict,
                     FR_V4L2_GOOD);
    ck_assert_int_eq(judge(&books, buffer_at(2, 1, NOW_NS - 5000), NOW_NS + 9000).verdict,
                     FR_V4L2_GOOD);
    ck_assert_int_eq(judge(&books, buffer_at(3, 1, NOW_NS - 5000), NOW_NS + 9000).verdict,
                     FR_V4L2_GOOD);
    struct v4l2_buffer timeless = buffer_at(0, 0, 0);
    ck_assert_int_eq(judge(&books, timeless, NOW_NS + 9000).verdict, FR_V4L2_GOOD);
}
END_TEST

START_TEST(a_counter_and_a_time_that_both_run_backwards_stop_the_stream_for_a_moment_only)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    uint32_t dropped = 0;
    judge(&books, buffer_at(0, 1000, NOW_NS), NOW_NS);
    for (uint32_t i = 1; i <= 100; i++)
        dropped += judge(&books, buffer_at(i % N, 1000 - i, NOW_NS - i * 1000), NOW_NS).verdict ==
                   FR_V4L2_OVERTAKEN;
    ck_assert_uint_le(dropped, 100 - 100 / FR_V4L2_BEHIND_MAX);
    ck_assert_uint_ge(dropped, 1);
}
END_TEST

START_TEST(C3_an_index_that_is_not_ours_or_comes_twice_is_the_drivers_fault)
{
    static const uint32_t indices[] = {N, N + 1, 31, 32, 33, 64, 1u << 31, UINT32_MAX};
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    struct fr_v4l2_judgement judged = {.index = 77};
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        struct v4l2_buffer buffer = buffer_at(indices[i], 0, NOW_NS);
        ck_assert_int_eq(fr_v4l2_buffers_judge(&books, &buffer, NULL, NOW_NS, &judged), -EPROTO);
    }
    ck_assert_uint_eq(judged.index, 77);
    struct v4l2_buffer buffer = buffer_at(1, 0, NOW_NS);
    ck_assert_int_eq(fr_v4l2_buffers_judge(&books, &buffer, NULL, NOW_NS, &judged), 0);
    ck_assert_int_eq(fr_v4l2_buffers_judge(&books, &buffer, NULL, NOW_NS, &judged), -EPROTO);
    ck_assert_int_eq(fr_v4l2_buffers_queued(&books, 1, 0), 0);
    ck_assert_int_eq(fr_v4l2_buffers_queued(&books, 1, 0), -EINVAL);
    ck_assert_int_eq(fr_v4l2_buffers_queued(&books, N, 0), -EINVAL);
    ck_assert_int_eq(fr_v4l2_buffers_queued(&books, UINT32_MAX, 0), -EINVAL);
}
END_TEST

START_TEST(C3_another_memory_type_or_address_is_the_drivers_fault)
{
    struct fr_v4l2_judgement judged;
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_USERPTR);
    struct v4l2_buffer buffer = buffer_at(1, 0, NOW_NS);
    ck_assert_int_eq(fr_v4l2_buffers_judge(&books, &buffer, NULL, NOW_NS, &judged), -EPROTO);
    buffer.memory = V4L2_MEMORY_USERPTR;
    buffer.m.userptr = 0x1000; /* buffer 0's */
    ck_assert_int_eq(fr_v4l2_buffers_judge(&books, &buffer, NULL, NOW_NS, &judged), -EPROTO);
    buffer.m.userptr = 0x2000;
    buffer.type = V4L2_BUF_TYPE_META_CAPTURE;
    ck_assert_int_eq(fr_v4l2_buffers_judge(&books, &buffer, NULL, NOW_NS, &judged), -EPROTO);
    buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    ck_assert_int_eq(fr_v4l2_buffers_judge(&books, &buffer, NULL, NOW_NS, &judged), 0);
}
END_TEST

START_TEST(C3_books_hold_no_more_buffers_than_a_ring_has_slots)
{
    struct fr_v4l2_buffers books;
    struct fr_v4l2_limits limits = {.n_parts = 1, .n_buffers = FR_SLOTS_MAX + 1};
    ck_assert_int_eq(fr_v4l2_buffers_init(&books, &limits), -EINVAL);
    limits.n_buffers = FR_SLOTS_MAX;
    ck_assert_int_eq(fr_v4l2_buffers_init(&books, &limits), 0);
    for (uint32_t i = 0; i < FR_SLOTS_MAX; i++)
        ck_assert_int_eq(fr_v4l2_buffers_queued(&books, i, 0), 0);
    ck_assert_uint_eq(books.queued, UINT32_MAX);
}
END_TEST

START_TEST(C2_each_part_of_a_buffer_is_judged_by_its_own_limits)
{
    static const struct {
        uint32_t bytes, begin;
        unsigned reason;
    } cases[] = {
        {500, 0, FR_DROP_REASONS},      {499, 0, FR_DROP_SHORT},
        {510, 10, FR_DROP_REASONS},     {510, 11, FR_DROP_SHORT},
        {600, 100, FR_DROP_REASONS},    {601, 100, FR_DROP_OTHER},
        {0, 0, FR_DROP_SHORT},          {600, 600, FR_DROP_SHORT},
        {600, 601, FR_DROP_SHORT},      {600, UINT32_MAX, FR_DROP_SHORT},
        {UINT32_MAX, 0, FR_DROP_OTHER}, {UINT32_MAX, UINT32_MAX - 500, FR_DROP_OTHER},
        {0, UINT32_MAX, FR_DROP_SHORT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned bad = 0; bad < 3; bad++) {
            const struct fr_v4l2_limits limits = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
                                                  .memory = V4L2_MEMORY_MMAP,
                                                  .n_buffers = N,
                                                  .n_parts = 3,
                                                  .parts = {{.min_bytes = 500, .room_bytes = 600},
                                                            {.min_bytes = 500, .room_bytes = 600},
                                                            {.min_bytes = 500, .room_bytes = 600}}};
            struct v4l2_plane planes[3] = {
                {.bytesused = 555}, {.bytesused = 555}, {.bytesused = 555}};
            struct v4l2_buffer buffer = buffer_at(0, 0, NOW_NS);
            struct fr_v4l2_buffers books;
            struct fr_v4l2_judgement judged;
            ck_assert_int_eq(fr_v4l2_buffers_init(&books, &limits), 0);
            ck_assert_int_eq(fr_v4l2_buffers_queued(&books, 0, 0), 0);
            buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
            buffer.length = 3;
            buffer.bytesused = 4711; /* means nothing here */
            planes[bad].bytesused = cases[i].bytes;
            planes[bad].data_offset = cases[i].begin;
            ck_assert_int_eq(fr_v4l2_buffers_judge(&books, &buffer, planes, NOW_NS, &judged), 0);
            ck_assert_msg(judged.reason == cases[i].reason, "case %zu part %u", i, bad);
            if (judged.verdict == FR_V4L2_BAD)
                continue;
            ck_assert_uint_eq(judged.parts[bad].begin_bytes, cases[i].begin);
            ck_assert_uint_eq(judged.parts[bad].bytes, cases[i].bytes - cases[i].begin);
            ck_assert_uint_eq(judged.meta.bytes_used, 2 * 555 + judged.parts[bad].bytes);
        }
}
END_TEST

START_TEST(C12_a_time_that_cannot_be_gives_way_to_the_time_of_dequeuing)
{
    static const struct {
        const char *what;
        uint32_t clock;
        long long s, us;
    } cases[] = {
        {"zero", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 0, 0},
        {"unknown clock", V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN, 100, 0},
        {"copied from an output", V4L2_BUF_FLAG_TIMESTAMP_COPY, 100, 0},
        {"both flags", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TIMESTAMP_COPY, 100, 0},
        {"in the future", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 100, 170000},
        {"wall clock", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 1790000000, 0},
        {"far too old", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 97, 999999},
        {"negative", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, -1, 0},
        {"negative microseconds", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 100, -1},
        {"a million microseconds", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 99, 1000000},
        {"overflow", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, INT64_MAX, 999999},
        {"overflow by a little", V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, INT64_MAX / 1000000000, 999999},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
        struct v4l2_buffer buffer = buffer_at(0, 0, 0);
        buffer.flags = cases[i].clock;
        buffer.timestamp.tv_sec = cases[i].s;
        buffer.timestamp.tv_usec = cases[i].us;
        struct fr_v4l2_judgement judged = judge(&books, buffer, NOW_NS);
        ck_assert_int_eq(judged.verdict, FR_V4L2_GOOD);
        ck_assert_msg(judged.meta.flags == FR_FRAME_TIME_ESTIMATED &&
                          judged.meta.captured_mono_ns == NOW_NS,
                      "%s: %lld", cases[i].what, (long long)judged.meta.captured_mono_ns);
    }
}
END_TEST

START_TEST(C12_a_time_that_goes_backwards_is_not_believed_and_later_ones_are_again)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    const int64_t ms = 1000000;
    ck_assert_uint_eq(judge(&books, buffer_at(0, 0, NOW_NS - 40 * ms), NOW_NS).meta.flags, 0);
    struct fr_v4l2_judgement back =
        judge(&books, buffer_at(1, 1, NOW_NS - 41 * ms), NOW_NS + 10 * ms);
    ck_assert_uint_eq(back.meta.flags, FR_FRAME_TIME_ESTIMATED);
    ck_assert_int_eq(back.meta.captured_mono_ns, NOW_NS + 10 * ms);
    /* The driver is right again, but its time lies before what was published: only forwards. */
    struct fr_v4l2_judgement next =
        judge(&books, buffer_at(2, 2, NOW_NS - 10 * ms), NOW_NS + 30 * ms);
    ck_assert_int_eq(next.meta.captured_mono_ns, NOW_NS + 10 * ms + 1);
    ck_assert_uint_eq(next.meta.flags, FR_FRAME_TIME_ESTIMATED);
    /* And it is not estimated for ever after. */
    next = judge(&books, buffer_at(3, 3, NOW_NS + 20 * ms), NOW_NS + 60 * ms);
    ck_assert_int_eq(next.meta.captured_mono_ns, NOW_NS + 20 * ms);
    ck_assert_uint_eq(next.meta.flags, 0);
}
END_TEST

START_TEST(C12_published_times_rise_whatever_the_driver_says)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    uint64_t random = 1;
    int64_t last_ns = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        int64_t now_ns = NOW_NS + (int64_t)i * 1000000;
        struct v4l2_buffer buffer = buffer_at(i % N, (uint32_t)(random >> 40), 0);
        buffer.timestamp.tv_sec = (long)(now_ns / 1000000000) - (long)(random >> 33 & 3) + 1;
        buffer.timestamp.tv_usec = (long)(random >> 13 & 0xfffff);
        struct fr_v4l2_judgement judged = judge(&books, buffer, now_ns);
        ck_assert_int_gt(judged.meta.captured_mono_ns, last_ns);
        ck_assert_int_le(judged.meta.captured_mono_ns, now_ns + FR_V4L2_FUTURE_MAX_NS + 20000);
        last_ns = judged.meta.captured_mono_ns;
    }
}
END_TEST

START_TEST(holes_in_the_drivers_counter_are_frames_lost)
{
    static const struct {
        uint32_t before, after, lost;
    } cases[] = {
        {5, 6, 0},
        {5, 7, 1},
        {5, 105, 99},
        {UINT32_MAX, 0, 0}, /* it wraps */
        {UINT32_MAX - 1, 1, 2},
        {5, 5, 0}, /* it stands still: tells nothing */
        {5, 4, 0}, /* started anew */
        {900, 0, 0},
        {5, 5 + FR_V4L2_GAP_MAX + 1, FR_V4L2_GAP_MAX},
        {5, 5 + FR_V4L2_GAP_MAX + 2, 1}, /* no camera loses that many at once */
        {5, 0x7fffffff, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
        struct fr_v4l2_judgement judged =
            judge(&books, buffer_at(0, cases[i].before, NOW_NS - 2000), NOW_NS);
        ck_assert_uint_eq(judged.lost, 0); /* whatever the counter starts at */
        judged = judge(&books, buffer_at(1, cases[i].after, NOW_NS - 1000), NOW_NS);
        ck_assert_uint_eq(judged.lost, cases[i].lost);
        ck_assert_uint_eq(judged.meta.flags, cases[i].lost ? FR_FRAME_AFTER_GAP : 0);
    }
}
END_TEST

START_TEST(a_frame_lost_on_our_side_is_a_gap_too)
{
    struct fr_v4l2_buffers books = books_of(V4L2_MEMORY_MMAP);
    judge(&books, buffer_at(0, 0, NOW_NS - 2000), NOW_NS);
    fr_v4l2_buffers_lost(&books);
    ck_assert_uint_eq(judge(&books, buffer_at(1, 1, NOW_NS - 1000), NOW_NS).meta.flags,
                      FR_FRAME_AFTER_GAP);
}
END_TEST

UNIT_MAIN("v4l2_buffers", a_good_buffer_is_told_as_the_driver_told_it,
          a_buffer_that_comes_after_its_successor_is_not_shown_and_counted_once,
          a_buffer_that_the_very_first_overtook_is_counted_as_late,
          a_counter_that_is_started_anew_and_a_time_that_lies_are_no_reason_to_drop,
          a_counter_and_a_time_that_both_run_backwards_stop_the_stream_for_a_moment_only,
          C1_a_flagged_buffer_is_dropped_as_corrupt_and_the_next_follows_a_gap,
          C2_lengths_that_are_no_picture_are_dropped_with_their_reason,
          C3_an_index_that_is_not_ours_or_comes_twice_is_the_drivers_fault,
          C3_another_memory_type_or_address_is_the_drivers_fault,
          C3_books_hold_no_more_buffers_than_a_ring_has_slots,
          C2_each_part_of_a_buffer_is_judged_by_its_own_limits,
          C12_a_time_that_cannot_be_gives_way_to_the_time_of_dequeuing,
          C12_a_time_that_goes_backwards_is_not_believed_and_later_ones_are_again,
          C12_published_times_rise_whatever_the_driver_says,
          holes_in_the_drivers_counter_are_frames_lost, a_frame_lost_on_our_side_is_a_gap_too)
