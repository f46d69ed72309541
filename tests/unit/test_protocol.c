/* The pure protocol in one thread: the writer's hand, withheld frames, gaps, wrapping,
 * tampering. */
#include "tests/unit/ring_model.h"

static void fill(struct ring_model *m, uint32_t slot, uint64_t n)
{
    memset(m->writer.slots_base + slot * m->plan.slot_bytes, (int)(n & 0xff), m->plan.slot_bytes);
}

static uint32_t publish_at(struct ring_model *m, int64_t now_mono_ns)
{
    uint32_t slot;
    ck_assert_int_eq(fr_ring_take(&m->writer, &slot), 0);
    fill(m, slot, m->writer.head + 1);
    ck_assert_int_eq(fr_ring_publish(&m->writer, slot, NULL, now_mono_ns), 0);
    return slot;
}

static uint32_t publish(struct ring_model *m)
{
    return publish_at(m, 1);
}

/* Slots that are the writer's by its own books. */
static unsigned hand_of(const struct ring_model *m)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < m->plan.slots; i++)
        n += m->writer.book[i].state != FR_SLOT_FREE && m->writer.book[i].state != FR_SLOT_SPARE;
    return n;
}

START_TEST(the_hand_never_shrinks_whatever_is_pinned)
{
    for (uint32_t hand = 2; hand <= 3; hand++) {
        struct ring_model m;
        model_init(&m, 64, 6, hand, 0);
        for (unsigned round = 0; round < 2000; round++) {
            uint32_t victim = (round * 7919u) % 6;
            if (round % 3)
                model_pin(&m, victim);
            else if (atomic_load(&m.pins[victim]) > 0 && atomic_load(&m.pins[victim]) < FR_PIN_MAX)
                model_unpin(&m, victim);
            publish(&m);
            ck_assert_uint_eq(hand_of(&m), hand);
        }
        ck_assert_uint_gt(m.writer.withheld, 0);
        ck_assert_uint_eq(m.mends, 0);
        model_fini(&m);
    }
}
END_TEST

START_TEST(n1_newest_frame_is_readable_by_peek_when_all_is_pinned)
{
    struct ring_model m;
    model_init(&m, 64, 5, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_ring_reader peek, pinned;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&peek, &view);
    fr_ring_reader_init(&pinned, &view);
    unsigned n_pinned = 0, n_busy = 0;
    for (uint64_t n = 1; n <= 50; n++) {
        publish(&m);
        ck_assert_int_eq(fr_ring_read(&peek, true, false, &model_single_ops, &m, &taken), 0);
        ck_assert_uint_eq(taken.frame.number, n);
        ck_assert(fr_ring_intact(&view.descriptors[taken.slot_idx], taken.sequence));
        int rc = fr_ring_read(&pinned, true, true, &model_single_ops, &m, &taken);
        n_pinned += rc == 0;
        n_busy += rc == -EBUSY;
        ck_assert(rc == 0 || rc == -EBUSY);
    }
    ck_assert_uint_eq(n_pinned, 3);
    ck_assert_uint_eq(n_busy, 47);
    ck_assert(!(view.descriptors[0].sequence == 0));
    model_fini(&m);
}
END_TEST

START_TEST(a_pinned_slot_is_never_rewritten)
{
    struct ring_model m;
    model_init(&m, 64, 8, 3, 0);
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    publish(&m);
    ck_assert_int_eq(fr_ring_read(&r, false, true, &model_single_ops, &m, &taken), 0);
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert_uint_ne(publish(&m), taken.slot_idx);
        ck_assert(fr_ring_intact(&view.descriptors[taken.slot_idx], taken.sequence));
    }
    ck_assert_uint_eq(view.slots_base[taken.slot_idx * view.slot_bytes], 1);
    model_unpin(&m, taken.slot_idx);
    bool is_reused = false;
    for (unsigned i = 0; i < 8; i++)
        is_reused |= publish(&m) == taken.slot_idx;
    ck_assert(is_reused);
    ck_assert(!fr_ring_intact(&view.descriptors[taken.slot_idx], taken.sequence));
    model_fini(&m);
}
END_TEST

START_TEST(s21_frame_numbers_may_wrap)
{
    static const uint64_t starts[] = {UINT64_MAX - 20, (UINT64_C(1) << 56) - 20,
                                      (UINT64_C(1) << 32) - 20};
    for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct ring_model m;
        model_init(&m, 64, 4, 2, starts[i]);
        struct fr_view view = model_view(&m);
        struct fr_ring_reader r;
        struct fr_ring_taken taken;
        fr_ring_reader_init(&r, &view);
        for (uint64_t k = 0; k < 60; k++) {
            publish(&m);
            ck_assert_int_eq(fr_ring_read(&r, false, k % 2, &model_single_ops, &m, &taken), 0);
            ck_assert_uint_eq(taken.frame.number, starts[i] + k);
            ck_assert_uint_eq(taken.missed, 0);
            if (k % 2)
                model_unpin(&m, taken.slot_idx);
        }
        model_fini(&m);
    }
}
END_TEST

/* The sequence words as they will be after 2^63 writings of each slot: 0 is only another even
 * number. */
START_TEST(s21_sequence_words_may_wrap)
{
    struct ring_model m;
    model_init(&m, 64, 4, 2, 0);
    struct fr_view view = model_view(&m);
    for (unsigned i = 0; i < 4; i++) {
        m.writer.book[i].sequence = UINT64_MAX - 8;
        atomic_store(&m.writer.descriptors[i].sequence, UINT64_MAX - 8);
        ck_assert_uint_eq(m.writer.book[i].sequence % 2, 1); /* as before the first frame */
    }
    struct fr_ring_reader r;
    struct fr_ring_taken taken, before = {0};
    fr_ring_reader_init(&r, &view);
    bool has_wrapped = false;
    for (uint64_t k = 1; k <= 60; k++) {
        publish(&m);
        /* The frame held through the publish is torn when its slot was written, and only then. */
        if (k > 4)
            ck_assert(fr_ring_intact(&view.descriptors[taken.slot_idx], taken.sequence));
        if (before.frame.number && before.frame.number + 4 <= k)
            ck_assert(!fr_ring_intact(&view.descriptors[before.slot_idx], before.sequence));
        ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), 0);
        ck_assert_uint_eq(taken.frame.number, k);
        ck_assert_uint_eq(taken.missed, 0);
        ck_assert_uint_eq(taken.sequence % 2, 0);
        has_wrapped |= taken.sequence < 8;
        if (!before.frame.number || before.frame.number + 4 <= k)
            before = taken;
    }
    ck_assert(has_wrapped);
    ck_assert_uint_eq(r.refused, 0);
    model_fini(&m);
}
END_TEST

START_TEST(missed_frames_are_counted_as_they_jump)
{
    struct ring_model m;
    model_init(&m, 64, 8, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    uint64_t last = 0, got = 0, missed = 0;
    for (unsigned round = 1; round < 200; round++) {
        for (unsigned k = 0; k < round % 40; k++)
            publish(&m);
        while (fr_ring_read(&r, round % 2, false, &model_single_ops, &m, &taken) == 0) {
            ck_assert_uint_eq(taken.missed, taken.frame.number - last - 1);
            last = taken.frame.number;
            got++;
            missed += taken.missed;
        }
    }
    ck_assert_uint_eq(got + missed, m.writer.head);
    model_fini(&m);
}
END_TEST

START_TEST(n2_a_raised_semaphore_is_mended_and_counted)
{
    struct ring_model m;
    model_init(&m, 64, 4, 2, 0);
    uint32_t slot;
    ck_assert_int_eq(fr_ring_take(&m.writer, &slot), 0);
    atomic_fetch_add(&m.pins[slot], 1); /* unpin of what was not pinned */
    ck_assert_int_eq(fr_ring_publish(&m.writer, slot, NULL, 1), 0);
    ck_assert_uint_eq(m.mends, 1);
    ck_assert_uint_eq(m.writer.mended, 1);
    ck_assert_int_eq(atomic_load(&m.pins[slot]), FR_PIN_MAX);
    model_fini(&m);
}
END_TEST

enum { SLOTS = 8, PATIENCE = 100 };

/* A ring with patience for pins, all of whose free slots are pinned by nobody who would let go. */
static void model_of_phantoms(struct ring_model *m, uint32_t hand)
{
    model_init(m, 64, SLOTS, hand, 0);
    m->writer.pin_patience_ns = PATIENCE;
    for (uint32_t i = hand; i < SLOTS; i++)
        atomic_store(&m->pins[i], (int)(1 + i * 4000));
}

START_TEST(n2_pins_that_nobody_has_cost_frames_for_the_time_of_patience)
{
    for (uint32_t hand = 2; hand <= 3; hand++) {
        struct ring_model m;
        int64_t now = 1000, end = now + PATIENCE + 2 * SLOTS;
        model_of_phantoms(&m, hand);
        for (; now < end; now++)
            publish_at(&m, now);
        uint64_t withheld = m.writer.withheld, mended = m.writer.mended;
        ck_assert_uint_ge(withheld, PATIENCE - 1); /* not before its time */
        ck_assert_uint_le(withheld, PATIENCE + 2 * SLOTS);
        ck_assert_uint_ge(mended, 1);
        ck_assert_uint_eq(mended, atomic_load(&m.writer.header->mended));
        for (; now < end + 10 * PATIENCE; now++)
            publish_at(&m, now);
        ck_assert_uint_eq(m.writer.withheld, withheld); /* that was all */
        ck_assert_uint_le(m.writer.mended, SLOTS);
        ck_assert_uint_eq(hand_of(&m), hand);
        model_fini(&m);
    }
}
END_TEST

START_TEST(n1_a_pin_is_good_for_ever_while_there_are_other_slots)
{
    struct ring_model m;
    model_init(&m, 64, SLOTS, 2, 0);
    m.writer.pin_patience_ns = PATIENCE;
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    publish(&m);
    ck_assert_int_eq(fr_ring_read(&r, false, true, &model_single_ops, &m, &taken), 0);
    for (int64_t now = 2; now < 20 * PATIENCE; now++)
        publish_at(&m, now);
    ck_assert(fr_ring_intact(&view.descriptors[taken.slot_idx], taken.sequence));
    ck_assert_uint_eq(m.writer.mended + m.writer.withheld, 0);
    model_fini(&m);
}
END_TEST

START_TEST(n1_when_all_is_held_what_was_held_longest_goes_first_and_its_holder_is_told)
{
    struct ring_model m;
    struct fr_ring_taken taken[SLOTS];
    unsigned held = 0;
    int64_t now = 1000;
    model_init(&m, 64, SLOTS, 2, 0);
    m.writer.pin_patience_ns = PATIENCE;
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    fr_ring_reader_init(&r, &view);
    int rc;
    do { /* one each tenth of the patience */
        publish_at(&m, now);
        now += PATIENCE / 10;
        rc = fr_ring_read(&r, false, true, &model_single_ops, &m, &taken[held]);
        held += rc == 0;
    } while (rc == 0 && held < SLOTS);
    ck_assert_int_eq(rc, -EBUSY);
    ck_assert_uint_ge(held, SLOTS - 3);
    unsigned lost = 0;
    for (unsigned i = 0; i < 100; i++, now += PATIENCE / 10) {
        publish_at(&m, now);
        for (unsigned k = 0; k < held; k++) {
            bool is_intact =
                fr_ring_intact(&view.descriptors[taken[k].slot_idx], taken[k].sequence);
            ck_assert_msg(is_intact == (k >= lost) || k == lost, "%u went before %u", k, lost);
            lost += !is_intact && k == lost;
        }
    }
    ck_assert_uint_ge(lost, 1);
    ck_assert_uint_lt(lost, held); /* no more than the writer has need of */
    model_fini(&m);
}
END_TEST

START_TEST(n2_without_patience_nothing_is_taken_back)
{
    struct ring_model m;
    model_of_phantoms(&m, 2);
    m.writer.pin_patience_ns = 0;
    for (int64_t now = 1000; now < 1000 + 20 * PATIENCE; now++)
        publish_at(&m, now);
    ck_assert_uint_eq(m.writer.mended, 0);
    ck_assert_uint_eq(m.writer.withheld, m.writer.head);
    model_fini(&m);
}
END_TEST

START_TEST(n2_a_newest_frame_that_somebody_made_unpinnable_is_told)
{
    struct ring_model m;
    model_init(&m, 64, SLOTS, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    for (unsigned i = 0; i < 100; i++) {
        uint32_t slot = publish(&m);
        atomic_store(&m.pins[slot], 0);
        ck_assert_int_eq(fr_ring_read(&r, false, true, &model_single_ops, &m, &taken), -EBUSY);
        atomic_store(&m.pins[slot], FR_PIN_MAX);
    }
    model_fini(&m);
}
END_TEST

START_TEST(discarded_slots_come_back_and_are_counted)
{
    struct ring_model m;
    model_init(&m, 64, 4, 2, 0);
    uint32_t a, b, c;
    ck_assert_int_eq(fr_ring_take(&m.writer, &a), 0);
    ck_assert_int_eq(fr_ring_take(&m.writer, &b), 0);
    ck_assert_int_eq(fr_ring_take(&m.writer, &c), -EAGAIN);
    ck_assert_int_eq(fr_ring_discard(&m.writer, a, FR_DROP_SHORT), 0);
    ck_assert_int_eq(fr_ring_discard(&m.writer, a, FR_DROP_SHORT), -EINVAL);
    ck_assert_int_eq(fr_ring_publish(&m.writer, a, NULL, 1), -EINVAL);
    ck_assert_int_eq(fr_ring_publish(&m.writer, 99, NULL, 1), -EINVAL);
    ck_assert_int_eq(fr_ring_take(&m.writer, &c), 0);
    ck_assert_uint_eq(c, a);
    ck_assert_uint_eq(m.writer.dropped[FR_DROP_SHORT], 1);
    ck_assert_uint_eq(atomic_load(&m.writer.header->dropped[FR_DROP_SHORT]), 1);
    model_fini(&m);
}
END_TEST

START_TEST(removed_ring_is_told_to_both_sides)
{
    struct ring_model m;
    model_init(&m, 64, 4, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    uint32_t slot;
    fr_ring_reader_init(&r, &view);
    publish(&m);
    ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), 0);
    atomic_store(&m.removed, 1);
    ck_assert_int_eq(fr_ring_take(&m.writer, &slot), 0);
    ck_assert_int_eq(fr_ring_publish(&m.writer, slot, NULL, 1), -EIDRM);
    ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), -ENOTCONN);
    model_fini(&m);
}
END_TEST

START_TEST(dead_writers_last_frame_is_still_given_then_the_end_is_told)
{
    struct ring_model m;
    model_init(&m, 64, 4, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    publish(&m);
    for (unsigned i = 0; i < FR_GATES; i++)
        atomic_store(&m.gates[i], 0);
    atomic_store(&m.alive, 0);
    ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), 0);
    ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), -ENOTCONN);
    model_fini(&m);
}
END_TEST

START_TEST(s6_hostile_head_and_index_neither_spin_nor_lead_outside)
{
    struct ring_model m;
    model_init(&m, 64, 4, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_layout_header *h = m.base;
    struct fr_ring_reader r;
    struct fr_ring_taken taken;

    fr_ring_reader_init(&r, &view);
    atomic_store(&h->head, INT64_MAX); /* forward: nothing there, then nothing new */
    ck_assert_int_lt(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), 0);
    atomic_store(&h->head, 5); /* backwards */
    ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), -EPROTO);

    atomic_store(&h->head, 0);
    fr_ring_reader_init(&r, &view);
    atomic_store(&h->head, 1);
    atomic_store(&m.writer.index[1],
                 fr_index_word(1, 40)); /* no such slot, though it looks like one */
    ck_assert_uint_lt(m.plan.descriptors_offset + 41 * sizeof(struct fr_layout_slot),
                      m.plan.segment_bytes);
    atomic_store(&m.writer.descriptors[40].sequence, 2);
    atomic_store(&m.writer.descriptors[40].frame[0], 1);
    ck_assert_int_lt(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), 0);

    /* open gates without a frame, from a living writer */
    atomic_store(&h->head, 0);
    fr_ring_reader_init(&r, &view);
    for (unsigned i = 0; i < FR_GATES; i++)
        atomic_store(&m.gates[i], 0);
    ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), -EPROTO);
    model_fini(&m);
}
END_TEST

START_TEST(s6_a_head_that_goes_back_does_not_bring_frames_again)
{
    struct ring_model m;
    model_init(&m, 64, SLOTS, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_layout_header *h = m.base;
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    for (unsigned n = 1; n <= 5; n++) {
        publish(&m);
        ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), 0);
    }
    atomic_store(&h->head, 3); /* which is still there */
    ck_assert_int_eq(fr_ring_read(&r, false, false, &model_single_ops, &m, &taken), -EPROTO);
    model_fini(&m);
}
END_TEST

/* The index still names the slot for its old frame, and the descriptor still has it. */
START_TEST(s8_n4_a_slot_that_is_being_filled_holds_nobodys_frame)
{
    struct ring_model m;
    model_init(&m, 64, 4, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    for (unsigned n = 1; n <= 5; n++)
        publish(&m);
    uint32_t slot;
    ck_assert_int_eq(fr_ring_take(&m.writer, &slot), 0);
    uint64_t old = atomic_load(&view.descriptors[slot].frame[0]);
    ck_assert_uint_gt(old, 0);
    ck_assert_uint_eq(atomic_load(&view.index[old % view.index_entries]), fr_index_word(old, slot));
    fill(&m, slot, 0xff); /* and here its writer dies */
    while (fr_ring_read(&r, false, false, &model_single_ops, &m, &taken) == 0) {
        ck_assert_uint_ne(taken.slot_idx, slot);
        ck_assert_uint_eq(taken.sequence % 2, 0);
    }
    ck_assert_uint_eq(r.given, 5);
    model_fini(&m);
}
END_TEST

START_TEST(s6_hostile_plane_table_is_refused)
{
    struct ring_model m;
    model_init(&m, 64, 4, 2, 0);
    struct fr_view view = model_view(&m);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    uint32_t slot = publish(&m);
    struct fr_layout_frame f;
    uint64_t words[FR_FRAME_WORDS];
    for (unsigned i = 0; i < FR_FRAME_WORDS; i++)
        words[i] = m.writer.descriptors[slot].frame[i];
    memcpy(&f, words, sizeof f);
    f.n_planes = 1;
    f.planes[0] = view.geometry.planes[0];
    f.planes[0].offset_bytes = UINT64_MAX - 100;
    memcpy(words, &f, sizeof f);
    for (unsigned i = 0; i < FR_FRAME_WORDS; i++)
        m.writer.descriptors[slot].frame[i] = words[i];
    ck_assert_int_eq(fr_ring_read(&r, false, true, &model_single_ops, &m, &taken), -ETIMEDOUT);
    ck_assert_uint_eq(r.refused, 1);
    ck_assert_int_eq(atomic_load(&m.pins[slot]), FR_PIN_MAX); /* the pin was given back */
    model_fini(&m);
}
END_TEST

UNIT_MAIN("protocol", the_hand_never_shrinks_whatever_is_pinned,
          n1_newest_frame_is_readable_by_peek_when_all_is_pinned, a_pinned_slot_is_never_rewritten,
          s21_frame_numbers_may_wrap, s21_sequence_words_may_wrap,
          missed_frames_are_counted_as_they_jump, n2_a_raised_semaphore_is_mended_and_counted,
          n2_pins_that_nobody_has_cost_frames_for_the_time_of_patience,
          n1_a_pin_is_good_for_ever_while_there_are_other_slots,
          n1_when_all_is_held_what_was_held_longest_goes_first_and_its_holder_is_told,
          n2_without_patience_nothing_is_taken_back,
          n2_a_newest_frame_that_somebody_made_unpinnable_is_told,
          discarded_slots_come_back_and_are_counted, removed_ring_is_told_to_both_sides,
          dead_writers_last_frame_is_still_given_then_the_end_is_told,
          s6_hostile_head_and_index_neither_spin_nor_lead_outside,
          s6_a_head_that_goes_back_does_not_bring_frames_again,
          s8_n4_a_slot_that_is_being_filled_holds_nobodys_frame, s6_hostile_plane_table_is_refused)
