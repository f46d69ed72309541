/* See check.h. */
#include "tests/history/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FAULTS_TOLD = 20 };

/* ---------------------------------------------------------------- a table of three words a key */

struct entry {
    uint64_t key[3];
    uint64_t value[4];
    bool is_used;
};

struct table {
    struct entry *entries;
    size_t size, used; /* a power of two, at most half of it used */
};

/* Its place, or the free one where it would be. */
static struct entry *place_of(const struct table *t, const uint64_t key[3])
{
    uint64_t hash = key[0] * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 29 ^ key[1]) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 32 ^ key[2]) * UINT64_C(0x94d049bb133111eb);
    for (size_t i = hash ^ hash >> 31;; i++) {
        struct entry *e = &t->entries[i & (t->size - 1)];
        if (!e->is_used || memcmp(e->key, key, sizeof e->key) == 0)
            return e;
    }
}

static void grow(struct table *t)
{
    struct table old = *t;
    t->size = old.size ? 2 * old.size : 64;
    t->entries = calloc(t->size, sizeof *t->entries);
    if (!t->entries)
        abort();
    for (size_t i = 0; i < old.size; i++)
        if (old.entries[i].is_used)
            *place_of(t, old.entries[i].key) = old.entries[i];
    free(old.entries);
}

/* The entry of that key, all zeroes when it is new; good until another new one is asked for. */
static struct entry *find(struct table *t, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t key[3] = {a, b, c};
    if (2 * t->used >= t->size)
        grow(t);
    struct entry *e = place_of(t, key);
    if (!e->is_used) {
        *e = (struct entry){.key = {a, b, c}, .is_used = true};
        t->used++;
    }
    return e;
}

/* ---------------------------------------------------------------- the judge */

/* What the tables hold, and by what. */
enum { FRAME_CHECKSUM, FRAME_PLACE };                        /* (cookie, number) */
enum { EPOCH_WRITER, EPOCH_PID, EPOCH_LAST };                /* (cookie) */
enum { READER_LIFE, READER_COOKIE, READER_LAST };            /* (who) */
enum { LIFE_OPENED, LIFE_TAKEN, LIFE_MISSED, LIFE_DROPPED }; /* (who, life) */
enum { HELD_TIMES };                                         /* (who + life, cookie, number) */
enum { VISITED };                                            /* (who, life, cookie) */

struct judge {
    struct table frames, epochs, readers, lives, held, visited;
    struct history_summary summary;
    FILE *out;
};

__attribute__((format(printf, 3, 4))) static void
fault(struct judge *j, const struct history_record *r, const char *format, ...)
{
    if (j->summary.faults++ >= FAULTS_TOLD)
        return;
    va_list args;
    fprintf(j->out, "history: process %u, epoch %" PRIu64 " frame %" PRIu64 ": ", r->pid, r->epoch,
            r->number);
    va_start(args, format);
    vfprintf(j->out, format, args);
    va_end(args);
    fputc('\n', j->out);
}

static void judge_begun(struct judge *j, const struct history_record *r)
{
    struct entry *epoch = find(&j->epochs, r->cookie, 0, 0);
    if (epoch->value[EPOCH_PID] != 0)
        fault(j, r, "an epoch is begun twice");
    epoch->value[EPOCH_WRITER] = r->handle;
    epoch->value[EPOCH_PID] = r->pid;
    j->summary.epochs++;
}

static void judge_publishing(struct judge *j, const struct history_record *r, size_t place)
{
    struct entry *epoch = find(&j->epochs, r->cookie, 0, 0);
    uint64_t last = epoch->value[EPOCH_LAST];
    if (epoch->value[EPOCH_PID] != r->pid || epoch->value[EPOCH_WRITER] != r->handle)
        fault(j, r, "published by another than began the epoch");
    /* The same again: the first try was refused. */
    if (r->number != last + 1 && !(r->number == last && last > 0))
        fault(j, r, "published after frame %" PRIu64, last);
    epoch->value[EPOCH_LAST] = r->number;
    struct entry *frame = find(&j->frames, r->cookie, r->number, 0);
    j->summary.published += frame->value[FRAME_PLACE] == 0;
    frame->value[FRAME_CHECKSUM] = r->checksum;
    frame->value[FRAME_PLACE] = place + 1;
}

static uint64_t who(const struct history_record *r)
{
    return r->handle ^ r->pid * UINT64_C(0x9e3779b97f4a7c15);
}

/* The reader's present life: a handle comes back, in another reader. */
static struct entry *life_of(struct judge *j, const struct history_record *r)
{
    struct entry *reader = find(&j->readers, who(r), 0, 0);
    return find(&j->lives, who(r), reader->value[READER_LIFE], 0);
}

static struct entry *held_by(struct judge *j, const struct history_record *r)
{
    struct entry *reader = find(&j->readers, who(r), 0, 0);
    return find(&j->held, who(r) + reader->value[READER_LIFE], r->cookie, r->number);
}

static void judge_opened(struct judge *j, const struct history_record *r)
{
    struct entry *reader = find(&j->readers, who(r), 0, 0);
    reader->value[READER_LIFE]++;
    reader->value[READER_COOKIE] = 0;
    reader->value[READER_LAST] = 0;
    life_of(j, r)->value[LIFE_OPENED] = 1;
    j->summary.readers++;
}

static void judge_taken(struct judge *j, const struct history_record *r)
{
    struct entry *reader = find(&j->readers, who(r), 0, 0);
    struct entry *life = life_of(j, r);
    uint64_t last = reader->value[READER_LAST];
    if (reader->value[READER_COOKIE] != r->cookie || last == 0) {
        struct entry *visit = find(&j->visited, who(r), reader->value[READER_LIFE], r->cookie);
        if (visit->value[VISITED]++ > 0)
            fault(j, r, "a reader is back in an epoch that it had left");
        if (r->missed >= r->number)
            fault(j, r, "the first of its epoch, and %" PRIu64 " missed", r->missed);
    } else if (r->number <= last) {
        fault(j, r, "taken after frame %" PRIu64, last);
    } else if (r->number != last + 1 + r->missed) {
        fault(j, r, "taken after frame %" PRIu64 ", and %" PRIu64 " missed", last, r->missed);
    }
    reader->value[READER_COOKIE] = r->cookie;
    reader->value[READER_LAST] = r->number;
    life->value[LIFE_TAKEN]++;
    life->value[LIFE_MISSED] += r->missed;
    held_by(j, r)->value[HELD_TIMES]++;
    j->summary.taken++;
    j->summary.missed += r->missed;
}

static void judge_released(struct judge *j, const struct history_record *r, bool is_accepted,
                           size_t place)
{
    struct entry *held = held_by(j, r);
    if (held->value[HELD_TIMES] > 0)
        held->value[HELD_TIMES]--;
    else if (life_of(j, r)->value[LIFE_OPENED]) /* or by a child, which has a copy of the frame */
        fault(j, r, "given back, and not held");
    if (!is_accepted) {
        life_of(j, r)->value[LIFE_DROPPED]++;
        j->summary.dropped++;
        return;
    }
    j->summary.accepted++;
    const struct entry *frame = find(&j->frames, r->cookie, r->number, 0);
    if (frame->value[FRAME_PLACE] == 0 || frame->value[FRAME_PLACE] > place)
        fault(j, r, "accepted, and never published: invented");
    else if (frame->value[FRAME_CHECKSUM] != r->checksum)
        fault(j, r, "accepted, and not what was published: torn");
}

static void judge_closed(struct judge *j, const struct history_record *r)
{
    const struct entry *life = life_of(j, r);
    if (life->value[LIFE_OPENED] == 0) /* opened before a fork, by another */
        return;
    if (r->number != life->value[LIFE_TAKEN] || r->missed != life->value[LIFE_MISSED] ||
        r->checksum != life->value[LIFE_DROPPED])
        fault(j, r,
              "counted %" PRIu64 " frames %" PRIu64 " missed %" PRIu64 " torn, told %" PRIu64
              " %" PRIu64 " %" PRIu64,
              r->number, r->missed, r->checksum, life->value[LIFE_TAKEN], life->value[LIFE_MISSED],
              life->value[LIFE_DROPPED]);
}

static void judge_record(struct judge *j, const struct history_record *r, size_t place)
{
    switch ((enum history_kind)atomic_load_explicit(&r->kind, memory_order_acquire)) {
    case HISTORY_NONE:
        j->summary.half_done++;
        break;
    case HISTORY_BEGUN:
        judge_begun(j, r);
        break;
    case HISTORY_PUBLISHING:
        judge_publishing(j, r, place);
        break;
    case HISTORY_OPENED:
        judge_opened(j, r);
        break;
    case HISTORY_TAKEN:
        judge_taken(j, r);
        break;
    case HISTORY_ACCEPTED:
    case HISTORY_DROPPED:
        judge_released(j, r, r->kind == HISTORY_ACCEPTED, place);
        break;
    case HISTORY_CLOSED:
        judge_closed(j, r);
        break;
    default:
        fault(j, r, "a record of no known kind");
    }
}

void history_check(const struct history_record *records, size_t n, uint32_t run, FILE *out,
                   struct history_summary *ret_summary)
{
    struct judge j = {.out = out};
    for (size_t i = 0; i < n; i++)
        if (records[i].run == run || records[i].kind == HISTORY_NONE)
            judge_record(&j, &records[i], i);
    struct table *const tables[] = {&j.frames, &j.epochs, &j.readers,
                                    &j.lives,  &j.held,   &j.visited};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        free(tables[i]->entries);
    *ret_summary = j.summary;
}
