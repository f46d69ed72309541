/* See log.h. */
#include "tests/history/log.h"

#include "common/ring/attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef HISTORY_PRELOAD
#include <dlfcn.h>
#define HERE(name) FR_PUBLIC name
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#else
#define HERE(name)              __wrap_##name
#define REAL(name)              __real_##name
#define __real_fr_writer_slot   fr_writer_slot
#define __real_fr_reader_counts fr_reader_counts
int __real_fr_writer_open(const char *, const char *, struct fr_writer **, char *, size_t);
int __real_fr_writer_begin(struct fr_writer *, const struct fr_epoch_options *);
int __real_fr_writer_publish(struct fr_writer *, uint32_t, const struct fr_frame_meta *);
void __real_fr_writer_close(struct fr_writer *);
int __real_fr_reader_open(const char *, enum fr_read_mode, struct fr_reader **);
int __real_fr_reader_next(struct fr_reader *, int64_t, struct fr_frame *);
int __real_fr_reader_latest(struct fr_reader *, int64_t, struct fr_frame *);
int __real_fr_reader_release(struct fr_reader *, struct fr_frame *);
void __real_fr_reader_close(struct fr_reader *);
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#endif

/* The thread sanitizer does not follow shmat() and shmdt(). */
#define UNSANITIZED __attribute__((no_sanitize("thread")))

static struct history_log *history;
static uint32_t own_run; /* of the test in which this process began */

__attribute__((constructor)) static void map(void)
{
    const char *path = getenv("FRAMERING_TEST_HISTORY");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (path && fd < 0) {
        fprintf(stderr, "history: %s: %s\n", path, strerror(errno));
        abort();
    }
    void *base = mmap(NULL, HISTORY_BYTES, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_NORESERVE | (path ? 0 : MAP_ANONYMOUS), fd, 0);
    if (base == MAP_FAILED) {
        fprintf(stderr, "history: %s\n", strerror(errno));
        abort();
    }
    if (fd >= 0)
        close(fd);
    history = base;
    history->magic = HISTORY_MAGIC;
    own_run = history->run;
}

static void append(enum history_kind kind, struct history_record record)
{
    uint32_t i = atomic_fetch_add(&history->next, 1);
    if (i >= HISTORY_PLACES) {
        fprintf(stderr, "history: the log is full\n");
        abort();
    }
    struct history_record *to = &history->record[i];
    to->run = own_run;
    to->pid = (uint32_t)getpid();
    to->handle = record.handle;
    to->cookie = record.cookie;
    to->epoch = record.epoch;
    to->number = record.number;
    to->missed = record.missed;
    to->checksum = record.checksum;
    atomic_store_explicit(&to->kind, kind, memory_order_release);
}

#ifndef HISTORY_PRELOAD /* there, `judged` does it */

void history_begin(void)
{
    uint32_t used = history->next;
    memset(history->record, 0,
           (used < HISTORY_PLACES ? used : HISTORY_PLACES) * sizeof *history->record);
    history->next = 0;
    own_run = ++history->run;
}

void history_writer_lies(void)
{
    history->liars = own_run;
}

struct history_summary history_judge(FILE *out)
{
    struct history_summary summary = {0};
    if (history->liars != own_run)
        history_check(history->record, history->next, own_run, out, &summary);
    return summary;
}

#endif

/* ---------------------------------------------------------------- what a frame looks like */

UNSANITIZED static uint64_t add_plane(uint64_t sum, const uint8_t *data, uint64_t bytes)
{
    /* Each byte is read once: another process may be changing it. */
    uint64_t i = 0, a = sum, b = ~sum;
    for (; i + 16 <= bytes; i += 16) {
        a = (a ^ *(const volatile uint64_t *)(const void *)(data + i)) *
            UINT64_C(0x9e3779b97f4a7c15);
        b = (b ^ *(const volatile uint64_t *)(const void *)(data + i + 8)) *
            UINT64_C(0xbf58476d1ce4e5b9);
        a ^= a >> 32;
        b ^= b >> 29;
    }
    for (; i < bytes; i++)
        a = (a ^ *(const volatile uint8_t *)(data + i)) * UINT64_C(0x94d049bb133111eb);
    return a ^ b >> 1;
}

static uint64_t checksum_to_publish(const uint8_t *slot, const struct fr_geometry *geometry,
                                    const struct fr_frame_meta *meta)
{
    uint64_t sum = geometry->n_planes;
    for (uint32_t i = 0; i < geometry->n_planes; i++) {
        const struct fr_plane_layout *plane = &geometry->planes[i];
        uint64_t bytes = plane->size_bytes;
        if (plane->kind == FR_PLANE_JPEG && (!meta || meta->jpeg_bytes < bytes))
            bytes = meta ? meta->jpeg_bytes : 0;
        sum = add_plane(sum, slot + plane->offset_bytes, bytes);
    }
    return sum;
}

static uint64_t checksum_seen(const struct fr_frame *frame)
{
    uint64_t sum = frame->n_planes;
    for (uint32_t i = 0; i < frame->n_planes; i++)
        sum = add_plane(sum, frame->planes[i].data, frame->planes[i].size_bytes);
    return sum;
}

/* ---------------------------------------------------------------- writers */

struct book {
    const struct fr_writer *writer; /* NULL: free */
    char camera[FR_CAMERA_NAME_MAX + 1];
    uint64_t cookie, epoch, number;
    struct fr_geometry geometry;
};

static struct book books[64];
static pthread_mutex_t books_lock = PTHREAD_MUTEX_INITIALIZER;

static struct book *book_of(const struct fr_writer *writer)
{
    struct book *found = NULL;
    pthread_mutex_lock(&books_lock);
    for (size_t i = 0; i < sizeof books / sizeof *books && !found; i++)
        if (books[i].writer == writer)
            found = &books[i];
    pthread_mutex_unlock(&books_lock);
    return found;
}

int HERE(fr_writer_open)(const char *camera, const char *group, struct fr_writer **ret_writer,
                         char *reason, size_t reason_size)
{
    int rc = REAL(fr_writer_open)(camera, group, ret_writer, reason, reason_size);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&books_lock);
    for (size_t i = 0; i < sizeof books / sizeof *books; i++)
        if (!books[i].writer) {
            books[i] = (struct book){.writer = *ret_writer};
            snprintf(books[i].camera, sizeof books[i].camera, "%s", camera);
            break;
        }
    pthread_mutex_unlock(&books_lock);
    return rc;
}

int HERE(fr_writer_begin)(struct fr_writer *writer, const struct fr_epoch_options *options)
{
    int rc = REAL(fr_writer_begin)(writer, options);
    struct book *book = book_of(writer);
    if (rc < 0 || !book)
        return rc;
    char rundir[FR_PATH_MAX];
    struct fr_rendezvous meet;
    book->cookie = 0;
    if (!fr_rendezvous_home(book->camera, rundir, sizeof rundir, NULL, 0) ||
        fr_rendezvous_read(rundir, book->camera, &meet, NULL, 0) < 0)
        return rc; /* removed already, or not as readers want it: nobody will read it */
    book->cookie = meet.cookie;
    book->epoch = meet.epoch;
    book->number = 0;
    book->geometry = options->geometry;
    append(HISTORY_BEGUN, (struct history_record){.handle = (uintptr_t)writer,
                                                  .cookie = book->cookie,
                                                  .epoch = book->epoch});
    return rc;
}

int HERE(fr_writer_publish)(struct fr_writer *writer, uint32_t slot_idx,
                            const struct fr_frame_meta *meta)
{
    struct book *book = book_of(writer);
    const uint8_t *slot = REAL(fr_writer_slot)(writer, slot_idx);
    if (!book || book->cookie == 0 || !slot)
        return REAL(fr_writer_publish)(writer, slot_idx, meta);
    append(HISTORY_PUBLISHING,
           (struct history_record){.handle = (uintptr_t)writer,
                                   .cookie = book->cookie,
                                   .epoch = book->epoch,
                                   .number = book->number + 1,
                                   .checksum = checksum_to_publish(slot, &book->geometry, meta)});
    int rc = REAL(fr_writer_publish)(writer, slot_idx, meta);
    book->number += rc == 0;
    return rc;
}

void HERE(fr_writer_close)(struct fr_writer *writer)
{
    struct book *book = writer ? book_of(writer) : NULL;
    if (book)
        book->writer = NULL;
    REAL(fr_writer_close)(writer);
}

/* ---------------------------------------------------------------- readers */

static void append_frame(enum history_kind kind, const struct fr_reader *reader,
                         const struct fr_frame *frame, uint64_t checksum)
{
    const struct fr_attachment *attachment = frame->attachment;
    append(kind, (struct history_record){.handle = (uintptr_t)reader,
                                         .cookie = attachment->meet.cookie,
                                         .epoch = frame->epoch,
                                         .number = frame->number,
                                         .missed = frame->missed,
                                         .checksum = checksum});
}

int HERE(fr_reader_open)(const char *camera, enum fr_read_mode mode, struct fr_reader **ret_reader)
{
    int rc = REAL(fr_reader_open)(camera, mode, ret_reader);
    if (rc == 0)
        append(HISTORY_OPENED, (struct history_record){.handle = (uintptr_t)*ret_reader});
    return rc;
}

int HERE(fr_reader_next)(struct fr_reader *reader, int64_t timeout_ns, struct fr_frame *ret_frame)
{
    int rc = REAL(fr_reader_next)(reader, timeout_ns, ret_frame);
    if (rc == 0)
        append_frame(HISTORY_TAKEN, reader, ret_frame, 0);
    return rc;
}

int HERE(fr_reader_latest)(struct fr_reader *reader, int64_t timeout_ns, struct fr_frame *ret_frame)
{
    int rc = REAL(fr_reader_latest)(reader, timeout_ns, ret_frame);
    if (rc == 0)
        append_frame(HISTORY_TAKEN, reader, ret_frame, 0);
    return rc;
}

int HERE(fr_reader_release)(struct fr_reader *reader, struct fr_frame *frame)
{
    struct fr_frame held = *frame;
    if (!held.attachment)
        return REAL(fr_reader_release)(reader, frame);
    uint64_t cookie = ((const struct fr_attachment *)held.attachment)->meet.cookie;
    uint64_t checksum = checksum_seen(&held);
    int rc = REAL(fr_reader_release)(reader, frame);
    if (rc == 0 || rc == -ESTALE)
        append(rc == 0 ? HISTORY_ACCEPTED : HISTORY_DROPPED,
               (struct history_record){.handle = (uintptr_t)reader,
                                       .cookie = cookie,
                                       .epoch = held.epoch,
                                       .number = held.number,
                                       .checksum = checksum});
    return rc;
}

void HERE(fr_reader_close)(struct fr_reader *reader)
{
    if (reader) {
        struct fr_reader_counts counts;
        REAL(fr_reader_counts)(reader, &counts);
        append(HISTORY_CLOSED, (struct history_record){.handle = (uintptr_t)reader,
                                                       .number = counts.frames,
                                                       .missed = counts.missed,
                                                       .checksum = counts.torn});
    }
    REAL(fr_reader_close)(reader);
}
