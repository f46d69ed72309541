/* The ring's algorithm, pure: shared memory in, semaphore operations through a table. No system
 * call, no clock, no log, so that threads, a fuzzer, a simulator and the real thing drive the same
 * code.
 *
 * The theory
 *
 *   A slot's pin semaphore is FR_PIN_MAX (P) when nobody has it. A pinned reader takes 1 and gives
 * it back, the writer takes all of P at once: so a slot is written only when nobody has it pinned.
 * That is a courtesy between friends, for any member of the group can set a semaphore. What decides
 * is the slot's sequence word, which only the writer can change: odd while the slot is written, and
 * never the same even value twice. A reader believes what it read only between two equal even
 * values.
 *
 *   The writer's hand is the set of slots that are its own: to be filled, given out (taken) to be
 *   filled, and at most one that is published yet withheld. The hand always has `hand` slots. When
 *   a filled slot is published, another one takes its place, the one unused for longest. When none
 *   can be claimed (readers pin them all) the filled one is published withheld: its frame stands
 *   like any other, but its semaphore stays 0, so that nobody can pin it, and as soon as it is no
 *   longer the newest it is filled again. So no reader can shrink the hand, and the writer never
 *   waits.
 *
 *   A pin is good for as long as the writer has another slot to claim. When it has none, the slot
 *   that it was refused for longest is taken back from whoever has it, if that is longer than the
 *   pins' patience: by setting its semaphore, as any member of the group could. A reader that still
 *   holds it learns of it by the sequence word. Without this, pins that nobody has (left by a
 *   SETVAL, or by -1 without undo) would stay for the whole epoch, for the kernel does not tell a
 *   pin from a value.
 *
 *   Where there are slots enough, a replacement is claimed ahead, when a slot is taken: the spare,
 *   whose old frame can still be peeked at until it is used. With a spare in store, the slot that
 *   was taken first is let go ahead too: it is odd until it is published, and nobody keeps a pin on
 *   what is odd. Both spare readers the system calls between a publish and their waking.
 *
 *   Gate n % FR_GATES is closed (1) before frame n exists and opened (0) when it is published; a
 *   reader sleeps until the gate of the frame after the newest it knows is open. The kernel has an
 *   undo for every gate and for ALIVE: when the writer dies it opens all gates, so everybody wakes,
 *   and drops ALIVE, so everybody knows why. Gate n+2 is closed after gate n was opened and before
 *   head shows frame n+1: when the next slot is taken, or first thing in the next publish.
 *
 *   Order of publishing frame n in slot s: descriptor; sequence even; pin semaphore +P (unless
 *   withheld, or let go ahead); index entry; head = n; gate n open. Each step's reason is in
 *   docs/architecture.md, and the model of the protocol fails without it.
 */
#pragma once

#include "common/ring/view.h"

/* ---------------------------------------------------------------- writer */

/* Each returns 0 or a negative errno.
 *
 * Of a semaphore the ring needs this order and no more: what came before give(), open_gate() or a
 * reader's unpin() is seen after the pin(), wait_gate() or claim() that finds its value. semop()
 * gives that, for it takes the semaphore's lock and lets it go (ipc/sem.c; a sleeper that is woken
 * acquires what its waker released). So a reader's last look at a slot comes before the writer's
 * first store into it, who pins sees the slot at least as it was let go, and who wakes finds head
 * moved. */
struct fr_writer_ops {
    int (*claim)(void *ctx, uint32_t slot_idx);      /* -P, not waiting; -EAGAIN: somebody has it */
    int (*give)(void *ctx, uint32_t slot_idx);       /* +P; -ERANGE: somebody raised it */
    int (*mend)(void *ctx, uint32_t slot_idx);       /* SETVAL P */
    int (*close_gate)(void *ctx, uint32_t gate_idx); /* +1; at death all are opened */
    int (*open_gate)(void *ctx, uint32_t gate_idx);  /* -1; wakes who sleeps on it */
};

enum fr_slot_state {
    FR_SLOT_FREE = 0,     /* published or never used; readers may have it pinned */
    FR_SLOT_TO_FILL = 1,  /* in hand, odd, waits for fr_ring_take() */
    FR_SLOT_TAKEN = 2,    /* in hand, odd, being filled */
    FR_SLOT_WITHHELD = 3, /* in hand, even, the newest frame */
    FR_SLOT_SPARE = 4,    /* claimed for the next publish, beside the hand; even */
};

/* The writer's books of one slot; nothing of it is read back from shared memory. */
struct fr_slot_book {
    uint64_t sequence;
    uint64_t last_frame;     /* published in it; 0: none */
    uint64_t taken_at;       /* stamp of fr_ring_take() */
    int64_t refused_mono_ns; /* FREE, and to be claimed since then, in vain; 0: not so */
    enum fr_slot_state state;
};

struct fr_ring_writer {
    /* What each publish looks at comes first, close together: it runs with cold caches, for filling
     * a slot has emptied them. */
    struct fr_layout_header *header;
    _Atomic uint64_t *index;
    struct fr_layout_slot *descriptors;
    const struct fr_writer_ops *ops;
    void *ctx;
    uint64_t head;
    uint64_t jpeg_room_bytes;
    uint64_t picture_bytes; /* of all planes */
    uint32_t index_entries;
    uint32_t slots;
    uint32_t newest_idx;   /* FR_SLOTS_MAX: none yet */
    uint32_t withheld_idx; /* FR_SLOTS_MAX: none */
    uint32_t spare_idx;    /* FR_SLOTS_MAX: none */
    uint32_t given_idx;    /* TAKEN, and let go ahead; then there is a spare */
    bool is_gate_open;     /* that of frame head+2, which must be closed before head rises */
    bool has_pins;
    int failed; /* 0, or what an operation on a semaphore failed with: this ring is over */
    struct fr_slot_book book[FR_SLOTS_MAX];

    uint8_t *slots_base;
    struct fr_layout_plan plan;
    struct fr_geometry geometry;
    uint32_t queue[FR_SLOTS_MAX], queue_first, queue_length; /* slots TO_FILL, in order */
    uint64_t takes;
    int64_t pin_patience_ns;
    int64_t now_mono_ns; /* of the last publish */
    uint64_t withheld, mended, gaps;
    uint64_t dropped[FR_DROP_REASONS];
};

/* What the header is told beside the plan. */
struct fr_ring_identity {
    uint64_t epoch, cookie, restarts;
    uint8_t boot[16];
    uint32_t copy_path;
    bool has_pins;
    int32_t writer_pid, gates_id, pins_id;
    int64_t begun_mono_ns;
    const char *camera;
    uint64_t first_frame; /* 0 for 1; others for tests of wrapping */
    /* So long the writer does without a slot that is pinned, when it has no other; 0: for ever. */
    int64_t pin_patience_ns;
};

/* Lays an empty ring out in zeroed memory of plan->segment_bytes at `base`, page-aligned. Slots 0
 * to hand-1 are in the writer's hand; the semaphores must stand accordingly (pins of the hand 0,
 * all others P; the gates of the first two frames closed) before anybody knows of the ring. */
void fr_ring_format(void *base, const struct fr_layout_plan *plan,
                    const struct fr_geometry *geometry, const struct fr_ring_identity *identity);

/* The writer's books for a ring just formatted. Neither allocates nor blocks. */
void fr_ring_writer_init(struct fr_ring_writer *w, void *base, const struct fr_layout_plan *plan,
                         const struct fr_geometry *geometry,
                         const struct fr_ring_identity *identity, const struct fr_writer_ops *ops,
                         void *ctx);

/* As the functions fr_writer_take() … of framering.h. */
int fr_ring_take(struct fr_ring_writer *w, uint32_t *ret_slot_idx);
int fr_ring_publish(struct fr_ring_writer *w, uint32_t slot_idx, const struct fr_frame_meta *meta,
                    int64_t now_mono_ns);
int fr_ring_discard(struct fr_ring_writer *w, uint32_t slot_idx, unsigned reason);
void fr_ring_count_drop(struct fr_ring_writer *w, unsigned reason, uint64_t n);

/* ---------------------------------------------------------------- reader */

struct fr_reader_ops {
    /* Sleeps until the gate is open: 0; -EIDRM: the ring was removed; -ETIMEDOUT, -ECANCELED,
     * -EINTR. */
    int (*wait_gate)(void *ctx, uint32_t gate_idx);
    bool (*is_alive)(void *ctx);
    int (*pin)(void *ctx, uint32_t slot_idx);    /* -1, undone at death; -EAGAIN, -EIDRM, -EACCES */
    void (*unpin)(void *ctx, uint32_t slot_idx); /* +1; whatever goes wrong no longer matters */
};

struct fr_ring_reader {
    const struct fr_view *view;
    uint64_t seen;  /* newest frame tried */
    uint64_t given; /* newest frame given out */
    uint64_t refused;
};

/* Starts at the newest frame: the first one given is one published later. */
void fr_ring_reader_init(struct fr_ring_reader *r, const struct fr_view *view);

struct fr_ring_taken {
    struct fr_layout_frame frame; /* private copy; its own planes only where n_planes is above 0 */
    /* The frame's planes, checked: of the view, or in `frame`. For FR_PLANE_JPEG the size is
     * frame.jpeg_bytes, which is not above the plane's. */
    const struct fr_plane_layout *planes;
    uint32_t n_planes;
    uint32_t slot_idx;
    uint64_t sequence;
    uint64_t missed;
};

/* Waits for and takes the next frame (`want_latest`: the newest). 0; -ENOTCONN: the writer is gone,
 * and with it this epoch; -EBUSY: pinned, and the newest is withheld; -ENOMEM: no memory to pin
 * it; -EPROTO: the ring contradicts
 * itself; what wait_gate and pin return else. A frame taken pinned must be given back with
 * ops->unpin. */
int fr_ring_read(struct fr_ring_reader *r, bool want_latest, bool pinned,
                 const struct fr_reader_ops *ops, void *ctx, struct fr_ring_taken *ret_taken);

/* Whether the slot still holds what was taken. */
bool fr_ring_intact(const struct fr_layout_slot *descriptor, uint64_t sequence);
