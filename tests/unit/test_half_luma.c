/* The half-size luma plane: the mean of four, however luma lies, and nothing outside; whatever of
 * the machine's instructions are used. */
#include "common/media/half_luma.h"
#include "tests/unit/arena.h"

#include <sys/wait.h>

static uint32_t random_state = 7;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

enum { FILL = 0xa5 };

/* Worked out anew: pixels beyond the edge are those at the edge. */
static uint8_t mean_of_four(const struct fr_luma *luma, uint32_t x, uint32_t y)
{
    uint32_t sum = 2;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t px = 2 * x + i % 2, py = 2 * y + i / 2;
        px = px < luma->width_px ? px : luma->width_px - 1;
        py = py < luma->height_px ? py : luma->height_px - 1;
        sum += luma->data[(size_t)py * luma->stride_bytes + (size_t)px * luma->step_bytes];
    }
    return (uint8_t)(sum / 4);
}

static void check_level(enum fr_simd level, const struct fr_luma *luma, uint8_t *half,
                        uint32_t half_stride, size_t half_bytes)
{
    uint32_t half_width = fr_half_px(luma->width_px), half_height = fr_half_px(luma->height_px);

    memset(half, FILL, half_bytes);
    fr_half_luma_at(level, luma, half, half_stride);
    for (uint32_t y = 0; y < half_height; y++)
        for (uint32_t x = 0; x < half_stride; x++) {
            size_t at = (size_t)y * half_stride + x;
            if (at < half_bytes && half[at] != (x < half_width ? mean_of_four(luma, x, y) : FILL))
                ck_abort_msg("%s, %ux%u, step %u: %u at %u,%u", fr_simd_name(level), luma->width_px,
                             luma->height_px, luma->step_bytes, half[at], x, y);
        }
}

static void check(uint32_t width, uint32_t height, uint32_t step, uint32_t padding, bool is_at_end)
{
    static struct arena frame, plane;
    if (!frame.begin) {
        frame = make_arena(24);
        plane = make_arena(6);
    }
    uint32_t stride = width * step + padding;
    uint32_t half_width = fr_half_px(width), half_height = fr_half_px(height);
    uint32_t half_stride = half_width + padding;
    /* To the byte, from the first pixel to the last. */
    size_t bytes = (size_t)(height - 1) * stride + (width - 1) * step + 1;
    size_t half_bytes = (size_t)(half_height - 1) * half_stride + half_width;
    uint8_t *pixels = place(&frame, bytes, is_at_end);
    uint8_t *half = place(&plane, half_bytes, is_at_end);
    for (size_t i = 0; i < bytes; i++) /* extremes often, for sums that do not fit */
        pixels[i] = next_random() % 4 ? (uint8_t)next_random() : 255;
    const struct fr_luma luma = {.data = pixels,
                                 .width_px = width,
                                 .height_px = height,
                                 .stride_bytes = stride,
                                 .step_bytes = step};

    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++)
        if (fr_simd_has(level))
            check_level(level, &luma, half, half_stride, half_bytes);
}

START_TEST(half_luma_is_the_rounded_mean_of_four_whatever_the_size_and_step)
{
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++)
        printf("half luma, %s: %s\n", fr_simd_name(level),
               fr_simd_has(level) ? "compared" : "not on this machine");
    for (unsigned round = 0; round < 400; round++)
        check(1 + next_random() % 300, 1 + next_random() % 30, 1 + next_random() % 3,
              next_random() % 20, round % 2);
    /* Every rest that a loop over many at once can leave. */
    for (uint32_t width = 1; width < 280; width++)
        for (uint32_t step = 1; step <= 2; step++) {
            check(width, 3, step, 0, false);
            check(width, 3, step, 0, true);
        }
}
END_TEST

static enum fr_simd level_with(const char *wanted)
{
    int answer[2];
    unsigned char level = FR_SIMD_LEVELS;
    ck_assert_int_eq(pipe(answer), 0);
    pid_t child = fork(); /* it is settled once in a process */
    if (child == 0) {
        setenv("FRAMERING_SIMD", wanted, 1);
        level = (unsigned char)fr_simd();
        end_child(write(answer[1], &level, 1) == 1 ? 0 : 1);
    }
    close(answer[1]);
    ck_assert_int_eq(read(answer[0], &level, 1), 1);
    close(answer[0]);
    waitpid(child, NULL, 0);
    return (enum fr_simd)level;
}

START_TEST(the_best_level_is_used_unless_the_environment_names_another_that_is_there)
{
    enum fr_simd best = FR_SIMD_PLAIN;
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++)
        if (fr_simd_has(level)) {
            best = level;
            ck_assert_int_eq(level_with(fr_simd_name(level)), level);
        }
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++)
        if (!fr_simd_has(level))
            ck_assert_int_eq(level_with(fr_simd_name(level)), best);
    ck_assert_int_eq(level_with(""), best);
    ck_assert_int_eq(level_with("fastest"), best);
#if defined(__x86_64__) || defined(__aarch64__)
    ck_assert_int_ne(best, FR_SIMD_PLAIN);
#endif
}
END_TEST

START_TEST(packed_and_planar_luma_of_one_picture_give_the_same_plane)
{
    enum { W = 173, H = 61 };
    static uint8_t planar[W * H], packed[2 * W * H];
    static uint8_t from_planar[(W / 2 + 1) * (H / 2 + 1)], from_packed[(W / 2 + 1) * (H / 2 + 1)];
    for (size_t i = 0; i < sizeof planar; i++) {
        planar[i] = packed[2 * i] = (uint8_t)next_random();
        packed[2 * i + 1] = (uint8_t)next_random();
    }
    fr_half_luma(&(struct fr_luma){planar, W, H, W, 1}, from_planar, W / 2 + 1);
    fr_half_luma(&(struct fr_luma){packed, W, H, 2 * W, 2}, from_packed, W / 2 + 1);
    ck_assert_mem_eq(from_planar, from_packed, sizeof from_planar);
}
END_TEST

UNIT_MAIN("half_luma", the_best_level_is_used_unless_the_environment_names_another_that_is_there,
          half_luma_is_the_rounded_mean_of_four_whatever_the_size_and_step,
          packed_and_planar_luma_of_one_picture_give_the_same_plane)
