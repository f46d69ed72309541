/* See asked.h. */
#include "capture/asked.h"

struct fr_source_request fr_asked_of_source(const struct fr_capture_settings *settings)
{
    return (struct fr_source_request){
        .width_px = settings->size.width_px,
        .height_px = settings->size.height_px,
        .rate_num = settings->fps.num,
        .rate_den = settings->fps.num ? settings->fps.den : 0,
        .fourcc = settings->format,
        .slots = (uint32_t)settings->slots,
        .no_zero_copy = !settings->zero_copy,
        .is_fast = settings->pace == FR_PACE_FAST,
        .is_looping = settings->loop,
        .mjpeg_luma = settings->mjpeg_colour == FR_MJPEG_LUMA,
        .mjpeg_scale = UINT32_C(1) << settings->mjpeg_scale,
        .keep_jpeg = settings->keep_jpeg,
        .half_luma = settings->half_luma,
        .mirror = settings->mirror,
        .no_convert = !settings->convert,
        .rotate_deg = 90 * (uint32_t)settings->rotate,
        .input = settings->input,
    };
}

struct fr_epoch_options fr_asked_of_ring(const struct fr_capture_settings *settings,
                                         const struct fr_source_offer *offer)
{
    return (struct fr_epoch_options){
        .geometry = offer->geometry,
        .slots = (uint32_t)settings->slots,
        .hand = offer->hand,
        .copy_path = offer->copy_path,
        .no_pins = !settings->pins,
        .pin_patience_ns =
            settings->pin_patience_s > 0 ? (int64_t)(settings->pin_patience_s * 1e9) : -1,
        .lock_memory = settings->lock_memory,
    };
}
