/* S20: a 32-bit program reads the ring of a 64-bit writer as it is. Nothing in the layout depends
 * on the size of a pointer or on how a compiler aligns, so it need not be refused; what differs is
 * told by the words of test_layout_words.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/stage.h"

#include <spawn.h>

extern char **environ;

static void program_path(char *path, size_t size)
{
    const char *build = getenv("FRAMERING_BUILD");
    snprintf(path, size, "%s/tests/ipc/reader32", build ? build : ".");
}

START_TEST(s20_a_32_bit_reader_reads_every_frame_right)
{
    struct stage *stage = stage_new("s20", 0);
    pid_t writer = stage_start_writer(stage, NULL);
    static const char *const modes[] = {"pinned", "peek"};
    char path[PATH_MAX];
    program_path(path, sizeof path);
    for (unsigned i = 0; i < 2; i++) {
        const char *const argv[] = {path, stage->camera, modes[i], "100", NULL};
        pid_t pid;
        ck_assert_int_eq(
            posix_spawn(&pid, path, NULL, NULL, (char *const *)(uintptr_t)argv, environ), 0);
        child_ends_well(pid);
        struct fr_ring_info info = ring_info(stage->camera);
        ck_assert_uint_eq(ring_pins(&info), 0);
    }
    stage_end_writer(stage, writer);
}
END_TEST

int main(void)
{
    char path[PATH_MAX];
    program_path(path, sizeof path);
    if (access(path, X_OK) < 0) {
        printf("skipped: no 32-bit program could be built (libc6-dev-i386 and lib32gcc-12-dev)\n");
        return 77;
    }
    return IPC_TESTS("reader32", s20_a_32_bit_reader_reads_every_frame_right);
}
