/* The parameters of the synthetic scene, as they stand behind "synthetic:". One table gives names,
 * ranges and defaults; what is wrong is told in its terms. */
#include "capture/scene.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/frame_time.h"

enum value_kind { VALUE_U64, VALUE_U32, VALUE_SECONDS };

static const struct {
    const char *name;
    const char *expected;
    size_t offset;
    uint64_t max; /* in milliseconds for VALUE_SECONDS */
    enum value_kind kind;
} table[] = {
    {"seed", "a whole number from 0 to 18446744073709551615",
     offsetof(struct fr_scene_params, seed), UINT64_MAX, VALUE_U64},
    {"objects", "a whole number from 0 to 16", offsetof(struct fr_scene_params, objects),
     FR_SCENE_OBJECTS_MAX, VALUE_U32},
    {"noise", "grey levels, a whole number from 0 to 8",
     offsetof(struct fr_scene_params, noise_levels), FR_SCENE_NOISE_MAX, VALUE_U32},
    {"dim", "percent, a whole number from 0 to 60", offsetof(struct fr_scene_params, light_percent),
     FR_SCENE_LIGHT_PERCENT_MAX, VALUE_U32},
    {"still", "seconds from 0 to 86400, as in 2.5", offsetof(struct fr_scene_params, still_ns),
     FR_SCENE_PART_S_MAX *UINT64_C(1000), VALUE_SECONDS},
    {"move", "seconds from 0 to 86400, as in 2.5", offsetof(struct fr_scene_params, move_ns),
     FR_SCENE_PART_S_MAX *UINT64_C(1000), VALUE_SECONDS},
    {"light", "seconds from 0 to 86400, as in 2.5", offsetof(struct fr_scene_params, light_ns),
     FR_SCENE_PART_S_MAX *UINT64_C(1000), VALUE_SECONDS},
};
enum { TABLE_ROWS = sizeof table / sizeof *table };

/* Digits, and behind a point up to `decimals` more: the number times 10^decimals. */
static int parse_number(const char *text, size_t length, unsigned decimals, uint64_t *ret_value)
{
    uint64_t value = 0;
    unsigned seen_decimals = 0;
    bool has_digit = false, has_point = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '.' && decimals > 0 && !has_point && has_digit) {
            has_point = true;
            continue;
        }
        if (c < '0' || c > '9' || (has_point && ++seen_decimals > decimals))
            return -EINVAL;
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
            return -ERANGE;
        has_digit = true;
    }
    if (!has_digit || (has_point && seen_decimals == 0))
        return -EINVAL;
    for (; seen_decimals < decimals; seen_decimals++)
        if (__builtin_mul_overflow(value, 10u, &value))
            return -ERANGE;
    *ret_value = value;
    return 0;
}

static int parse_one(const char *part, size_t length, struct fr_scene_params *params, char *reason,
                     size_t reason_size)
{
    const char *equals = memchr(part, '=', length);
    size_t name_length = equals ? (size_t)(equals - part) : length;
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        if (strlen(table[i].name) != name_length || memcmp(table[i].name, part, name_length) != 0)
            continue;
        uint64_t value = 0;
        const char *text = equals ? equals + 1 : "";
        size_t text_length = equals ? length - name_length - 1 : 0;
        int r = parse_number(text, text_length, table[i].kind == VALUE_SECONDS ? 3 : 0, &value);
        if (r < 0 || value > table[i].max) {
            snprintf(reason, reason_size, "synthetic: %s=%.*s: expected %s", table[i].name,
                     (int)(text_length < 32 ? text_length : 32), text, table[i].expected);
            return -EINVAL;
        }
        void *field = (char *)params + table[i].offset;
        if (table[i].kind == VALUE_U64)
            *(uint64_t *)field = value;
        else if (table[i].kind == VALUE_U32)
            *(uint32_t *)field = (uint32_t)value;
        else
            *(int64_t *)field = (int64_t)value * FR_NS_PER_MS;
        return 0;
    }
    snprintf(reason, reason_size,
             "synthetic: '%.*s' is not a parameter: expected seed=, objects=, noise=, still=, "
             "move=, light= or dim=, separated by commas",
             (int)(name_length < 32 ? name_length : 32), part);
    return -EINVAL;
}

int fr_scene_params_parse(const char *text, struct fr_scene_params *ret_params, char *reason,
                          size_t reason_size)
{
    struct fr_scene_params params = {
        .seed = 1,
        .objects = 3,
        .noise_levels = 2,
        .light_percent = 30,
        .still_ns = 5 * FR_NS_PER_S,
        .move_ns = 5 * FR_NS_PER_S,
        .light_ns = 30 * FR_NS_PER_S,
    };
    for (const char *part = text ? text : ""; *part;) {
        size_t length = strcspn(part, ",");
        int r = parse_one(part, length, &params, reason, reason_size);
        if (r < 0)
            return r;
        part += length;
        if (*part == ',' && *++part == '\0') {
            snprintf(reason, reason_size,
                     "synthetic: '%s' ends in a comma: expected another "
                     "parameter behind it",
                     text);
            return -EINVAL;
        }
    }
    if (params.still_ns == 0 && params.move_ns == 0) {
        snprintf(reason, reason_size,
                 "synthetic: still=0 and move=0 leave no time: expected one of them above 0");
        return -EINVAL;
    }
    *ret_params = params;
    return 0;
}
