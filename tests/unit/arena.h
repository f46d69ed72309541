/* Memory in which a byte read or written beside what is meant ends the test. */
#pragma once

#include "tests/unit/unit.h"

#include <stdint.h>
#include <sys/mman.h>

/* Memory between two pages that cannot be touched. */
struct arena {
    uint8_t *begin;
    size_t bytes;
};

static inline struct arena make_arena(size_t pages)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = pages * page;
    uint8_t *base = mmap(NULL, bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(base, MAP_FAILED);
    ck_assert_int_eq(mprotect(base + page, bytes, PROT_READ | PROT_WRITE), 0);
    return (struct arena){base + page, bytes};
}

/* `bytes` of it that begin or end where it does. */
static inline uint8_t *place(const struct arena *arena, size_t bytes, bool is_at_end)
{
    ck_assert_uint_le(bytes, arena->bytes);
    return is_at_end ? arena->begin + arena->bytes - bytes : arena->begin;
}
