/* Settings of framering-capture: section [capture]. */
#pragma once

#include "config/settings.h"

#include "framering/framering.h"

enum fr_capture_pace { FR_PACE_REALTIME = 0, FR_PACE_FAST = 1 };
enum fr_capture_mjpeg_colour { FR_MJPEG_FULL = 0, FR_MJPEG_LUMA = 1 };

struct fr_capture_settings {
    char camera[FR_CAMERA_NAME_MAX + 1];
    char source[512]; /* "v4l2:/dev/video0", "replay:PATH", "synthetic:" */
    struct fr_size size;
    struct fr_rate fps;
    uint32_t format; /* fourcc, 0: what the source prefers */
    int64_t slots;
    bool zero_copy;
    bool pins;
    bool lock_memory;
    double pin_patience_s; /* 0: for ever */
    char group[64];        /* "": the library's default */
    bool loop;
    int pace; /* enum fr_capture_pace */
    double stall_timeout_s;
    int mjpeg_colour; /* enum fr_capture_mjpeg_colour */
    int mjpeg_scale;  /* 0: 1/1, 1: 1/2, 2: 1/4 */
    bool keep_jpeg;
    bool half_luma;
    int rotate; /* quarter turns, clockwise */
    bool mirror;
    bool convert;
    char input[64]; /* "": as it is */
    struct fr_control_settings controls;
};

extern const struct fr_settings_table fr_capture_table;
