/* That the log really stands between a test and the library: what is done to a ring behind the
 * library's back is found in it, across processes, and one that was killed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/history/log.h"
#include "tests/ipc/history.h"

struct stage {
    struct meet attached, published, spoilt;
};

static void reader_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_frame frame;
    struct fr_reader *reader = reader_open("history", FR_READ_PINNED);
    reader_attach(reader);
    meet_add(&stage->attached);
    meet_wait(&stage->published, 1);
    must(fr_reader_next(reader, 0, &frame) == 0, "frame 1");
    must(fr_reader_release(reader, &frame) == 0, "frame 1");
    meet_wait(&stage->spoilt, 1);
    must(fr_reader_next(reader, 0, &frame) == 0, "frame 2");
    must(fr_reader_release(reader, &frame) == 0, "frame 2");
    must(fr_reader_next(reader, 0, &frame) == 0, "frame 3");
    raise(SIGKILL); /* with it in hand */
}

/* The whole log of a run of the test so far, and none of it for the judge that comes after. */
static struct history_summary judged_and_forgotten(char *told, size_t size)
{
    FILE *out = fmemopen(told, size, "w");
    ck_assert_ptr_nonnull(out);
    struct history_summary summary = history_judge(out);
    fclose(out);
    history_begin();
    return summary;
}

static struct history_summary two_frames_and_one_in_hand(bool spoil, char *told, size_t size)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, "history", &options);
    pid_t reader = child_start(reader_main, stage);
    meet_wait(&stage->attached, 1);
    camera_publish(&camera);
    meet_add(&stage->published);
    camera_publish(&camera);
    /* A store into a slot that was let go, as no writer of ours does: one bit of the last pixel. */
    for (uint32_t s = 0; s < options.slots && spoil; s++)
        if (camera.in_slot[s] == 2)
            fr_writer_slot(camera.writer, s)[camera_stamp_bytes(&options.geometry) - 1] ^= 1;
    camera_publish(&camera);
    meet_add(&stage->spoilt);
    int status = child_end(reader);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status 0x%x", status);
    fr_writer_close(camera.writer);
    return judged_and_forgotten(told, size);
}

START_TEST(frames_of_real_processes_are_logged_and_judged)
{
    char told[1024] = "";
    struct history_summary s = two_frames_and_one_in_hand(false, told, sizeof told);
    ck_assert_msg(s.faults == 0, "%s", told);
    ck_assert_uint_eq(s.epochs, 1);
    ck_assert_uint_eq(s.published, 3);
    ck_assert_uint_eq(s.readers, 1);
    ck_assert_uint_eq(s.taken, 3);
    ck_assert_uint_eq(s.accepted, 2);
}
END_TEST

START_TEST(one_bit_changed_after_its_publishing_is_found)
{
    char told[1024] = "";
    struct history_summary s = two_frames_and_one_in_hand(true, told, sizeof told);
    ck_assert_msg(s.faults == 1 && strstr(told, "frame 2: accepted") && strstr(told, "torn"), "%s",
                  told);
}
END_TEST

IPC_MAIN("history", frames_of_real_processes_are_logged_and_judged,
         one_bit_changed_after_its_publishing_is_found)
