/* Numbers of a ring as words for people. */
#pragma once

#include "framering/framering.h"

#include <stddef.h>

/* "12 ms", "3.4 s", "6 min 51 s", "2 h 3 min", "3 d 4 h"; what is negative counts as 0. Returns
 * buf. */
const char *describe_duration(int64_t ns, char *buf, size_t size);
/* "640 B", "1.4 MB": powers of 1000. */
const char *describe_bytes(uint64_t bytes, char *buf, size_t size);
/* "25", "29.97"; "not known" for 0/0. */
const char *describe_rate(uint32_t num, uint32_t den, char *buf, size_t size);
/* "live", "dead", "gone", "refused". Static, as are the following. */
const char *describe_state(enum fr_ring_state state);
/* "progressive", "interlaced, top field first", … */
const char *describe_field(uint32_t field);
/* "full range", "limited range", or "". */
const char *describe_range(uint8_t range);
const char *describe_plane_kind(uint32_t kind);

/* Processes that have the ring attached, without its writer. */
uint32_t describe_readers(const struct fr_ring_info *info);
/* All reasons together. */
uint64_t describe_dropped(const struct fr_ring_info *info);
