/* S6: a header from a hostile writer is refused with a reason, whatever field of it lies. */
#include "tests/unit/ring_model.h"

static struct ring_model model;

/* What fr_view_init says of a copy of the ring with one field changed, in a buffer of exactly its
 * size. */
static int try_with(size_t offset, const void *value, size_t n, size_t size)
{
    struct fr_view view;
    const char *why = NULL;
    uint8_t *copy = aligned_alloc(64, (size + 63) / 64 * 64);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, model.base, size);
    if (offset + n <= size)
        memcpy(copy + offset, value, n);
    int rc = fr_view_init(copy, size, &view, &why);
    if (rc < 0) {
        ck_assert_int_eq(rc, -EPROTO);
        ck_assert_ptr_nonnull(why);
    }
    free(copy);
    return rc;
}

#define REFUSED(field, type, ...)                                                                  \
    do {                                                                                           \
        const type values[] = {__VA_ARGS__};                                                       \
        for (size_t k = 0; k < sizeof values / sizeof *values; k++)                                \
            ck_assert_msg(try_with(offsetof(struct fr_layout_header, field), &values[k],           \
                                   sizeof(type), model.plan.segment_bytes) == -EPROTO,             \
                          #field " value %zu was not refused", k);                                 \
    } while (0)

START_TEST(s6_every_lying_field_is_refused)
{
    model_init(&model, 64, 4, 2, 0);
    ck_assert_int_eq(try_with(0, model.base, 8, model.plan.segment_bytes), 0);
    uint64_t size = model.plan.segment_bytes;
    REFUSED(magic, uint64_t, 0, FR_LAYOUT_MAGIC + 1);
    REFUSED(version, uint32_t, 0, FR_LAYOUT_VERSION + 1);
    REFUSED(byte_order, uint32_t, 0, 0x04030201);
    REFUSED(segment_bytes, uint64_t, size + 1, UINT64_MAX);
    REFUSED(slots, uint32_t, 0, 3, 5, 33, UINT32_MAX);
    REFUSED(hand, uint32_t, 0, 1, 3, UINT32_MAX);
    REFUSED(index_entries, uint32_t, 0, 7, 65, UINT32_MAX);
    REFUSED(gates, uint32_t, 0, 15, UINT32_MAX);
    REFUSED(index_offset, uint64_t, 0, 8, 4097, size - 8, size, UINT64_MAX - 7);
    REFUSED(descriptors_offset, uint64_t, 0, 4096, 4100, size - 64, UINT64_MAX - 63);
    REFUSED(slots_offset, uint64_t, 0, 4096, 4160, size, UINT64_MAX - 4095);
    REFUSED(slot_bytes, uint64_t, 0, 1, 4095, 4100, 8192, UINT64_MAX - 4095, UINT64_MAX / 4 + 1);
    REFUSED(has_pins, uint32_t, 2, UINT32_MAX);
    REFUSED(geometry.format.fourcc, uint32_t, 0, FR_FOURCC('x', 'x', 'x', 'x'));
    REFUSED(geometry.format.width_px, uint32_t, 0, 65, FR_SIDE_MAX + 1, UINT32_MAX);
    REFUSED(geometry.format.height_px, uint32_t, 0, 5, UINT32_MAX);
    REFUSED(geometry.n_planes, uint32_t, 0, 2, 9, UINT32_MAX);
    REFUSED(geometry.planes[0].offset_bytes, uint64_t, 1, UINT64_MAX);
    REFUSED(geometry.planes[0].size_bytes, uint64_t, 0, UINT64_MAX);
    REFUSED(geometry.planes[0].stride_bytes, uint32_t, 0, 63, UINT32_MAX);
    REFUSED(geometry.planes[0].kind, uint32_t, 0, 2, 9, UINT32_MAX);
    REFUSED(geometry.slot_bytes, uint64_t, 0, UINT64_MAX, 8192);
    char endless[64];
    memset(endless, 'x', sizeof endless);
    ck_assert_int_eq(
        try_with(offsetof(struct fr_layout_header, camera), endless, sizeof endless, size),
        -EPROTO);
    model_fini(&model);
}
END_TEST

START_TEST(s6_a_cut_segment_is_refused_at_every_size)
{
    model_init(&model, 64, 4, 2, 0);
    for (size_t size = 1; size < model.plan.segment_bytes; size += size < 8192 ? 61 : 1021)
        ck_assert_int_eq(try_with(0, model.base, 8 < size ? 8 : size, size), -EPROTO);
    model_fini(&model);
}
END_TEST

START_TEST(s17_a_plan_that_cannot_be_is_refused)
{
    struct fr_layout_plan plan;
    model_init(&model, 64, 4, 2, 0);
    ck_assert_int_eq(fr_layout_plan(&model.geometry, 33, 2, &plan), -EINVAL);
    ck_assert_int_eq(fr_layout_plan(&model.geometry, 4, 1, &plan), -EINVAL);
    ck_assert_int_eq(fr_layout_plan(&model.geometry, 4, 3, &plan), -EINVAL);
    ck_assert_int_eq(fr_layout_plan(&model.geometry, 4, UINT32_MAX, &plan), -EINVAL);
    ck_assert_int_eq(fr_layout_plan(&model.geometry, 32, 3, &plan), 0);
    model_fini(&model);
}
END_TEST

UNIT_MAIN("view", s6_every_lying_field_is_refused, s6_a_cut_segment_is_refused_at_every_size,
          s17_a_plan_that_cannot_be_is_refused)
