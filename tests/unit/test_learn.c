/* Learning a frame, and scaling what was learnt, give the same, whatever of the machine's
 * instructions are used. */
#include "analyzer/background.h"
#include "tests/unit/arena.h"

static uint32_t random_state = 7;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static uint32_t below(uint32_t n)
{
    return next_random() % n;
}

enum { PX_MAX = 1100, FRAMES = 6 };

/* A model with the scores of its last frame. */
struct model {
    struct fr_background background;
    struct fr_scores scores;
    struct fr_background_count count;
};

static struct model model_new(size_t n_px)
{
    struct model model = {
        .scores = {calloc(fr_bits_bytes(n_px), 1), calloc(fr_bits_bytes(n_px), 1)}};
    ck_assert_int_eq(fr_background_init(&model.background, n_px), 0);
    return model;
}

static void model_free(struct model *model)
{
    fr_background_fini(&model->background);
    free(model->scores.moves);
    free(model->scores.strays);
}

/* All but what is only a bound. */
static void check_same(const struct model *a, const struct model *b, enum fr_simd level)
{
    const struct fr_background *x = &a->background, *y = &b->background;
    const size_t n_px = x->n_px;
    if (memcmp(x->level, y->level, n_px) != 0 || memcmp(x->fraction, y->fraction, n_px) != 0 ||
        memcmp(x->spread, y->spread, n_px) != 0 || memcmp(x->candidate, y->candidate, n_px) != 0 ||
        memcmp(x->evidence, y->evidence, n_px) != 0 ||
        memcmp(a->scores.moves, b->scores.moves, fr_bits_bytes(n_px)) != 0 ||
        memcmp(a->scores.strays, b->scores.strays, fr_bits_bytes(n_px)) != 0 ||
        a->count.n_moving != b->count.n_moving || a->count.n_still != b->count.n_still)
        ck_abort_msg("%s, %zu pixels: not as in plain C", fr_simd_name(level), n_px);
}

/* What there may be: at rest with noise, near either level, or anything. */
enum material { QUIET, BOTH_LEVELS, ANYTHING, MATERIALS };

static void draw_model(struct fr_background *b, enum material material)
{
    for (size_t i = 0; i < b->n_px; i++) {
        b->level[i] = (uint8_t)next_random();
        b->fraction[i] = (uint8_t)next_random();
        b->spread[i] = (uint8_t)(below(4) ? below(40) : below(FR_TOLERANCE_MAX + 1));
        b->candidate[i] = (uint8_t)next_random();
        b->evidence[i] = (uint8_t)(material == QUIET ? 0 : below(FR_EVIDENCE_KNOWN + 1));
        if (material == BOTH_LEVELS && below(3) == 0)
            b->evidence[i] = FR_EVIDENCE_KNOWN;
        b->known_blocks[i / FR_BLOCK_PX] |= b->evidence[i] >= FR_EVIDENCE_KNOWN;
    }
}

static uint8_t near(int32_t level, uint32_t noise)
{
    level += (int32_t)below(2 * noise + 1) - (int32_t)noise;
    return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

static void draw_frame(const struct fr_background *b, enum material material, uint8_t *pixels)
{
    for (size_t i = 0; i < b->n_px; i++) {
        int32_t mean = b->level[i];
        if (material == QUIET)
            pixels[i] = below(100) ? near(mean, 3) : (uint8_t)next_random();
        else if (material == BOTH_LEVELS)
            pixels[i] = below(2) ? near(mean, 20) : near(b->candidate[i], 20);
        else
            pixels[i] = (uint8_t)(below(3) ? next_random() : 255 * below(2));
    }
}

static struct fr_background_step draw_step(void)
{
    const int16_t shift = (int16_t)below(11);
    struct fr_background_step step = {.base = (uint16_t)below(FR_TOLERANCE_MAX + 1),
                                      .contrast_q8 = (uint16_t)below(65),
                                      .deviations_q4 = (uint16_t)below(64),
                                      .most = (uint16_t)below(FR_TOLERANCE_MAX + 1),
                                      .shift = shift,
                                      .dither = (int16_t)below(1u << shift),
                                      .gain = (int16_t)below(FR_EVIDENCE_KNOWN + 1),
                                      .loss =
                                          (int16_t)(below(2) ? 0 : below(FR_EVIDENCE_KNOWN + 1)),
                                      .wear = (int16_t)below(FR_EVIDENCE_KNOWN + 1)};
    if (below(3) == 0) {
        step.gain = step.loss = step.wear = 0;
        step.is_held = true;
    }
    return step;
}

/* The frame in two parts, as areas with a sensitivity of their own are learnt. */
static void learn(struct model *model, enum fr_simd level, const struct fr_background_step *step,
                  const uint8_t *pixels, size_t n_first)
{
    struct fr_background *b = &model->background;
    struct fr_background_count first =
        fr_background_learn_at(level, b, 0, n_first, step, pixels, &model->scores);
    model->count =
        fr_background_learn_at(level, b, n_first, b->n_px - n_first, step, pixels, &model->scores);
    model->count.n_moving += first.n_moving;
    model->count.n_still += first.n_still;
}

/* What moves strays as well, and what is known lies in a block that says so. */
static void check_bits(const struct model *model)
{
    const struct fr_background *b = &model->background;
    for (size_t i = 0; i < b->n_px; i++)
        if ((fr_bit(model->scores.moves, i) && !fr_bit(model->scores.strays, i)) ||
            (b->evidence[i] >= FR_EVIDENCE_KNOWN && !b->known_blocks[i / FR_BLOCK_PX]))
            ck_abort_msg("pixel %zu of %zu", i, b->n_px);
}

/* Some frames, each with a step of its own: mistakes of one are carried on into the next. */
static void check(enum fr_simd level, size_t n_px, enum material material,
                  const struct arena *arena)
{
    struct model plain = model_new(n_px), other = model_new(n_px);
    uint8_t *pixels = place(arena, n_px, below(2));

    draw_model(&plain.background, material);
    memcpy(other.background.memory, plain.background.memory, fr_background_bytes(n_px));
    for (int frame = 0; frame < FRAMES; frame++) {
        struct fr_background_step step = draw_step();
        size_t n_first = below(3) ? 0 : below((uint32_t)n_px);
        draw_frame(&plain.background, material, pixels);
        learn(&plain, FR_SIMD_PLAIN, &step, pixels, n_first);
        learn(&other, level, &step, pixels, below(2) ? n_first : below((uint32_t)n_px));
        check_same(&plain, &other, level);
        check_bits(&plain);
        check_bits(&other);
    }
    model_free(&plain);
    model_free(&other);
}

START_TEST(every_level_learns_what_plain_c_learns)
{
    struct arena arena = make_arena(1);
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++) {
        printf("learn, %s: %s\n", fr_simd_name(level),
               fr_simd_has(level) ? "compared" : "not on this machine");
        for (unsigned round = 0; fr_simd_has(level) && round < 600; round++)
            check(level, 1 + below(PX_MAX), (enum material)(round % MATERIALS), &arena);
    }
}
END_TEST

START_TEST(every_level_scales_as_plain_c_does)
{
    struct arena arena = make_arena(1);
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++)
        for (uint32_t gain = 256; fr_simd_has(level) && gain <= 4096; gain++) {
            const size_t n_px = 1 + below(PX_MAX);
            struct model plain = model_new(n_px), other = model_new(n_px);
            uint8_t *pixels = place(&arena, n_px, below(2));

            draw_model(&plain.background, ANYTHING);
            memcpy(other.background.memory, plain.background.memory, fr_background_bytes(n_px));
            for (size_t i = 0; i < n_px; i++)
                pixels[i] = (uint8_t)next_random();
            fr_background_scale_at(FR_SIMD_PLAIN, &plain.background, gain, pixels);
            fr_background_scale_at(level, &other.background, gain, pixels);
            if (memcmp(plain.background.memory, other.background.memory, 5 * n_px) != 0)
                ck_abort_msg("%s, gain %u", fr_simd_name(level), gain);
            model_free(&plain);
            model_free(&other);
        }
}
END_TEST

UNIT_MAIN("learn", every_level_learns_what_plain_c_learns, every_level_scales_as_plain_c_does)
