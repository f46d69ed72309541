/* Numbers of a ring as words for people. */
#include "monitor/describe.h"

#include <stdio.h>
#include <string.h>

#include <linux/videodev2.h>

const char *describe_duration(int64_t ns, char *buf, size_t size)
{
    int64_t ms = ns > 0 ? ns / 1000000 : 0, s = ms / 1000;

    if (ms < 1000)
        snprintf(buf, size, "%d ms", (int)ms);
    else if (s < 60)
        snprintf(buf, size, "%d.%d s", (int)s, (int)(ms % 1000 / 100));
    else if (s < 3600)
        snprintf(buf, size, "%d min %d s", (int)(s / 60), (int)(s % 60));
    else if (s < 86400)
        snprintf(buf, size, "%d h %d min", (int)(s / 3600), (int)(s % 3600 / 60));
    else
        snprintf(buf, size, "%lld d %d h", (long long)(s / 86400), (int)(s % 86400 / 3600));
    return buf;
}

const char *describe_bytes(uint64_t bytes, char *buf, size_t size)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    unsigned unit = 0;
    while (value >= 999.95 && unit < 4) {
        value /= 1000;
        unit++;
    }
    snprintf(buf, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return buf;
}

const char *describe_rate(uint32_t num, uint32_t den, char *buf, size_t size)
{
    if (!num || !den) {
        snprintf(buf, size, "not known");
        return buf;
    }
    snprintf(buf, size, "%.2f", (double)num / den);
    if (!strcmp(buf + strlen(buf) - 3, ".00"))
        buf[strlen(buf) - 3] = 0;
    return buf;
}

const char *describe_state(enum fr_ring_state state)
{
    switch (state) {
    case FR_RING_LIVE:
        return "live";
    case FR_RING_DEAD:
        return "dead";
    case FR_RING_GONE:
        return "gone";
    case FR_RING_REFUSED:
        return "refused";
    }
    return "unknown";
}

const char *describe_field(uint32_t field)
{
    switch (field) {
    case V4L2_FIELD_ANY:
        return "field order not known";
    case V4L2_FIELD_NONE:
        return "progressive";
    case V4L2_FIELD_INTERLACED:
        return "interlaced";
    case V4L2_FIELD_INTERLACED_TB:
        return "interlaced, top field first";
    case V4L2_FIELD_INTERLACED_BT:
        return "interlaced, bottom field first";
    case V4L2_FIELD_TOP:
        return "top fields only";
    case V4L2_FIELD_BOTTOM:
        return "bottom fields only";
    case V4L2_FIELD_SEQ_TB:
    case V4L2_FIELD_SEQ_BT:
        return "fields one above the other";
    case V4L2_FIELD_ALTERNATE:
        return "alternating fields";
    default:
        return "unusual field order";
    }
}

const char *describe_range(uint8_t range)
{
    return range == V4L2_QUANTIZATION_FULL_RANGE  ? "full range"
           : range == V4L2_QUANTIZATION_LIM_RANGE ? "limited range"
                                                  : "";
}

const char *describe_plane_kind(uint32_t kind)
{
    static const char *const names[] = {
        [FR_PLANE_NONE] = "none",     [FR_PLANE_Y] = "Y",           [FR_PLANE_U] = "U",
        [FR_PLANE_V] = "V",           [FR_PLANE_UV] = "UV",         [FR_PLANE_VU] = "VU",
        [FR_PLANE_PACKED] = "packed", [FR_PLANE_HALF_Y] = "half Y", [FR_PLANE_JPEG] = "JPEG",
    };
    return kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

uint32_t describe_readers(const struct fr_ring_info *info)
{
    uint32_t writers = info->state == FR_RING_LIVE ? 1 : 0;
    return info->attached > writers ? info->attached - writers : 0;
}

uint64_t describe_dropped(const struct fr_ring_info *info)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        sum += info->dropped[i];
    return sum;
}
