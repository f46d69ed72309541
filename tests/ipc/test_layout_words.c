/* S20: a ring made by another build, of another layout, is refused by a word in its header, and its
 * reader is told which; when the writer of this build is back, it reads on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "common/ring/layout.h"
#include "tests/ipc/history.h"

#include <sys/shm.h>

#define CAMERA "s20"
#define FIELD(field)                                                                               \
    offsetof(struct fr_layout_header, field), sizeof(((struct fr_layout_header *)0)->field)

/* Every word that says how the rest is to be read. */
static const struct {
    size_t offset, bytes;
    uint64_t value;
    const char *told;
} words[] = {
    {FIELD(magic), FR_LAYOUT_MAGIC ^ 1, "not a framering ring"},
    {FIELD(magic), UINT64_C(0x6672726552696e67), "not a framering ring"}, /* bytes reversed */
    {FIELD(version), FR_LAYOUT_VERSION + 1, "another layout version"},
    {FIELD(version), FR_LAYOUT_VERSION - 1, "another layout version"},
    {FIELD(version), UINT32_C(1) << 24, "another layout version"},
    {FIELD(byte_order), 0x04030201, "another byte order"},
    {FIELD(byte_order), 0, "another byte order"},
    {FIELD(segment_bytes), UINT64_MAX, "larger than its segment"},
    {FIELD(gates), FR_GATES / 2, "index or gates"},
    {FIELD(gates), FR_GATES * 2, "index or gates"},
    {FIELD(index_entries), 4, "index or gates"},
    {FIELD(slots), FR_SLOTS_MAX + 1, "number of slots"},
    /* Descriptors or slots of another size leave the parts in other places. */
    {FIELD(descriptors_offset), FR_LAYOUT_PAGE, "overlap"},
    {FIELD(slots_offset), FR_LAYOUT_PAGE, "overlap"},
    {FIELD(slot_bytes), FR_LAYOUT_PAGE, "too small for its picture"},
    {FIELD(geometry.n_planes), 0, "picture format or plane table"},
    {FIELD(geometry.planes[0].kind), FR_PLANE_JPEG + 1, "picture format or plane table"},
};
enum { WORDS = sizeof words / sizeof *words };

START_TEST(s20_each_layout_word_refuses_a_ring_of_another_build_and_says_so)
{
    struct fr_epoch_options options = camera_options(320, 240);
    struct camera camera = {0};
    struct history history = {0};
    struct fr_reader *reader = reader_open(CAMERA, FR_READ_PINNED);
    struct fr_frame frame;
    camera_open(&camera, CAMERA, &options);
    for (unsigned i = 0; i < WORDS; i++) {
        camera_begin(&camera, &options); /* a ring that the reader has not looked at yet */
        uint8_t *header = shmat(ring_info(CAMERA).shm_id, NULL, 0);
        ck_assert_ptr_ne(header, (void *)-1);
        memcpy(header + words[i].offset, &words[i].value, words[i].bytes);

        struct fr_ring_info info = ring_info(CAMERA);
        ck_assert_int_eq(info.state, FR_RING_REFUSED);
        ck_assert_msg(strstr(info.reason, words[i].told), "word %u: %s", i, info.reason);
        int r = fr_reader_next(reader, 0, &frame);
        if (r == -ENOTCONN) /* of the epoch before */
            r = fr_reader_next(reader, 0, &frame);
        ck_assert_msg(r == -EPROTO, "word %u: %d", i, r);
        ck_assert_msg(strstr(fr_reader_reason(reader), words[i].told), "word %u: %s", i,
                      fr_reader_reason(reader));
        ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ETIMEDOUT); /* told once */
        shmdt(header);

        /* The same reader goes on with the next epoch. */
        camera_begin(&camera, &options);
        reader_attach(reader);
        camera_publish(&camera);
        reader_next(reader, &history, &frame);
        ck_assert(history_release(&history, reader, &frame, history_look(&frame)));
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
    fr_writer_close(camera.writer);
}
END_TEST

START_TEST(s20_a_ring_file_of_another_release_is_refused_and_says_so)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera = {0};
    struct fr_frame frame;
    char path[PATH_MAX];
    camera_open(&camera, "s20-file", &options);
    snprintf(path, sizeof path, "%s/ring", ring_info("s20-file").folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, "framering-ring 2", 16, 0), 16);
    close(fd);
    struct fr_reader *reader = reader_open("s20-file", FR_READ_PEEK);
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(fr_reader_reason(reader), "release"));
    ck_assert_int_eq(ring_info("s20-file").state, FR_RING_REFUSED);
    fr_reader_close(reader);
    fr_writer_close(camera.writer);
}
END_TEST

IPC_MAIN("layout words", s20_each_layout_word_refuses_a_ring_of_another_build_and_says_so,
         s20_a_ring_file_of_another_release_is_refused_and_says_so)
