/* See camera.h. */
#include "tests/sim/camera.h"

#include <errno.h>
#include <string.h>

static struct {
    bool is_open, is_stopping;
    struct process *user;
    unsigned segment_idx;
    uint32_t queue[MEMORY_SLOTS];
    struct picture filled[MEMORY_SLOTS];
    unsigned queued, n_filled;
    uint64_t pictures;
    struct process *sleeper;
    struct view view;
} camera;

static void drive(void *arg);

void camera_reset(void)
{
    memset(&camera, 0, sizeof camera);
    sim_spawn(CAMERA_ACTOR, "driver", drive, NULL);
}

/* A call of the user's, or a look of the driver's: each sees what the other did before. */
static void meet(void)
{
    memory_meet(camera.segment_idx, &camera.view, true);
}

static void wake_user(void)
{
    if (camera.sleeper && camera.sleeper->is_alive)
        sim_wake(camera.sleeper->actor);
}

static void wake_driver(void)
{
    sim_wake(&sim.actors[CAMERA_ACTOR]);
}

static void wait_for_driver(const char *what)
{
    camera.sleeper = process_now();
    sim_sleep(what, -1);
    camera.sleeper = NULL;
}

/* ---------------------------------------------------------------- the user's side */

int camera_open(unsigned segment_idx)
{
    sim_step("open", "the camera");
    if (camera.is_open)
        return -EBUSY;
    kernel_keep_memory(segment_idx);
    camera.is_open = true;
    camera.user = process_now();
    camera.segment_idx = segment_idx;
    memset(&camera.view, 0, sizeof camera.view);
    return 0;
}

void camera_wait(void)
{
    if (camera.is_open)
        wait_for_driver("for the camera");
}

void camera_queue(uint32_t slot_idx)
{
    sim_step("QBUF", "");
    sim_trace("  queues slot %u", slot_idx);
    meet();
    camera.queue[camera.queued++] = slot_idx;
    wake_driver();
}

struct picture camera_dequeue(void)
{
    sim_step("DQBUF", "");
    while (camera.n_filled == 0)
        wait_for_driver("for a picture");
    meet();
    struct picture first = camera.filled[0];
    camera.n_filled--;
    memmove(camera.filled, camera.filled + 1, camera.n_filled * sizeof first);
    sim_trace("  dequeues slot %u, picture %llu%s", first.slot_idx, (unsigned long long)first.id,
              first.is_bad ? ", bad" : "");
    return first;
}

void camera_close(void)
{
    if (!camera.is_open || camera.user != process_now())
        return;
    camera.is_stopping = true;
    wake_driver();
    while (camera.is_open)
        wait_for_driver("for the driver to stop");
}

void camera_release(struct process *process)
{
    if (camera.user != process || !camera.is_open)
        return;
    camera.user = NULL;
    camera.sleeper = NULL;
    camera.is_stopping = true;
    wake_driver();
}

/* ---------------------------------------------------------------- the driver */

uint64_t camera_write(unsigned segment_idx, uint32_t slot_idx, const bool *is_stopping)
{
    uint64_t *pixels = (void *)((uint8_t *)kernel_memory(segment_idx) + (2 + slot_idx) * 4096);
    uint64_t id = ++camera.pictures;
    sim_trace("writes picture %llu into slot %u", (unsigned long long)id, slot_idx);
    for (unsigned i = 0; i < MEMORY_PIXELS && !*is_stopping; i++)
        sim_store(&pixels[i], camera_word(id, i), memory_order_relaxed, __func__, "store a pixel");
    return id;
}

static void stop(void)
{
    sim_step(__func__, "the driver");
    kernel_drop_memory(camera.segment_idx);
    camera.is_open = camera.is_stopping = false;
    camera.queued = camera.n_filled = 0;
    wake_user();
}

static void drive(void *arg)
{
    (void)arg;
    for (;;) {
        if (camera.is_stopping) {
            stop();
            continue;
        }
        if (camera.queued == 0) {
            sim_sleep("for something to do", -1);
            continue;
        }
        sim_step(__func__, "begins a slot");
        if (camera.is_stopping)
            continue;
        uint32_t slot_idx = camera.queue[0];
        camera.queued--;
        memmove(camera.queue, camera.queue + 1, camera.queued * sizeof slot_idx);
        meet();
        uint64_t id = camera_write(camera.segment_idx, slot_idx, &camera.is_stopping);
        meet();
        if (camera.is_stopping)
            continue;
        camera.filled[camera.n_filled++] =
            (struct picture){.slot_idx = slot_idx, .id = id, .is_bad = sim_chance(16)};
        wake_user();
    }
}
