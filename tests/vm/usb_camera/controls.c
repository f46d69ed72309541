#include "tests/vm/usb_camera/controls.h"

#include "tests/vm/usb_camera/descriptors.h"

#include <linux/usb/video.h>
#include <string.h>

enum { AUTO_EXPOSURE_MANUAL = 1, AUTO_EXPOSURE_ON = 8 };

#define CAMERA     ENTITY_CAMERA
#define PROCESSING ENTITY_PROCESSING
const struct control control_table[N_CONTROLS] = {
    {"auto_exposure", CAMERA, UVC_CT_AE_MODE_CONTROL, 1, 1, 0, 15,
     AUTO_EXPOSURE_MANUAL | AUTO_EXPOSURE_ON, AUTO_EXPOSURE_ON, true, NULL, 0},
    {"exposure_dynamic_framerate", CAMERA, UVC_CT_AE_PRIORITY_CONTROL, 2, 1, 0, 1, 1, 0, false,
     NULL, 0},
    {"exposure_time_absolute", CAMERA, UVC_CT_EXPOSURE_TIME_ABSOLUTE_CONTROL, 3, 4, 3, 2047, 1, 250,
     false, "auto_exposure", AUTO_EXPOSURE_MANUAL},
    {"zoom_absolute", CAMERA, UVC_CT_ZOOM_ABSOLUTE_CONTROL, 9, 2, 100, 500, 1, 100, false, NULL, 0},
    {"brightness", PROCESSING, UVC_PU_BRIGHTNESS_CONTROL, 0, 2, -64, 64, 1, 0, false, NULL, 0},
    {"contrast", PROCESSING, UVC_PU_CONTRAST_CONTROL, 1, 2, 0, 95, 1, 32, false, NULL, 0},
    {"hue", PROCESSING, UVC_PU_HUE_CONTROL, 2, 2, -2000, 2000, 1, 0, false, NULL, 0},
    {"saturation", PROCESSING, UVC_PU_SATURATION_CONTROL, 3, 2, 0, 100, 1, 55, false, NULL, 0},
    {"sharpness", PROCESSING, UVC_PU_SHARPNESS_CONTROL, 4, 2, 1, 7, 1, 2, false, NULL, 0},
    {"gamma", PROCESSING, UVC_PU_GAMMA_CONTROL, 5, 2, 64, 300, 1, 165, false, NULL, 0},
    {"white_balance_temperature", PROCESSING, UVC_PU_WHITE_BALANCE_TEMPERATURE_CONTROL, 6, 2, 2800,
     6500, 10, 4600, false, "white_balance_automatic", 0},
    {"backlight_compensation", PROCESSING, UVC_PU_BACKLIGHT_COMPENSATION_CONTROL, 8, 2, 0, 3, 1, 1,
     false, NULL, 0},
    {"gain", PROCESSING, UVC_PU_GAIN_CONTROL, 9, 2, 0, 255, 1, 16, false, NULL, 0},
    {"power_line_frequency", PROCESSING, UVC_PU_POWER_LINE_FREQUENCY_CONTROL, 10, 1, 0, 2, 1, 1,
     false, NULL, 0},
    {"white_balance_automatic", PROCESSING, UVC_PU_WHITE_BALANCE_TEMPERATURE_AUTO_CONTROL, 12, 1, 0,
     1, 1, 1, false, NULL, 0},
};

void controls_reset(struct controls *controls)
{
    for (int i = 0; i < N_CONTROLS; i++)
        controls->value[i] = control_table[i].initial;
    controls->error = CONTROL_OK;
}

uint32_t controls_bits(uint8_t entity)
{
    uint32_t bits = 0;
    for (int i = 0; i < N_CONTROLS; i++)
        if (control_table[i].entity == entity)
            bits |= UINT32_C(1) << control_table[i].bit;
    return bits;
}

int controls_find(const char *name)
{
    for (int i = 0; i < N_CONTROLS; i++)
        if (strcmp(control_table[i].name, name) == 0)
            return i;
    return -1;
}

static int refuse(struct controls *controls, enum control_error error)
{
    controls->error = error;
    controls->refused++;
    return -1;
}

static int put(const struct control *control, int32_t value, uint8_t *data)
{
    for (unsigned i = 0; i < control->bytes; i++)
        data[i] = (uint8_t)((uint32_t)value >> 8 * i);
    return control->bytes;
}

/* The value in `data`, with the sign that the control's range has. */
static int32_t get(const struct control *control, const uint8_t *data)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < control->bytes; i++)
        value |= (uint32_t)data[i] << 8 * i;
    uint32_t sign = UINT32_C(1) << (8 * control->bytes - 1);
    if (control->min < 0 && value & sign)
        value |= ~(sign | (sign - 1));
    return (int32_t)value;
}

static int set(struct controls *controls, int index, const uint8_t *data, size_t length)
{
    const struct control *control = &control_table[index];
    if (length != control->bytes)
        return refuse(controls, CONTROL_NO_REQUEST);
    int32_t value = get(control, data);
    if (value < control->min || value > control->max || (control->is_bitmap && !value) ||
        (control->is_bitmap && value & ~control->step))
        return refuse(controls, CONTROL_OUT_OF_RANGE);
    if (control->automatic && controls->value[controls_find(control->automatic)] != control->manual)
        return refuse(controls, CONTROL_WRONG_STATE);
    controls->value[index] = value;
    return 0;
}

static int find(uint8_t entity, uint8_t selector)
{
    for (int i = 0; i < N_CONTROLS; i++)
        if (control_table[i].entity == entity && control_table[i].selector == selector)
            return i;
    return -1;
}

int controls_request(struct controls *controls, uint8_t request, uint8_t entity, uint8_t selector,
                     uint8_t *data, size_t length)
{
    /* Entity 0 is the interface itself, which tells why it refused. */
    if (entity == 0 && selector == UVC_VC_REQUEST_ERROR_CODE_CONTROL) {
        data[0] = request == UVC_GET_CUR ? (uint8_t)controls->error
                                         : UVC_CONTROL_CAP_GET; /* UVC_GET_INFO */
        return request == UVC_GET_CUR || request == UVC_GET_INFO ? 1 : -1;
    }
    int index = find(entity, selector);
    if (index < 0)
        return refuse(controls, entity == ENTITY_CAMERA || entity == ENTITY_PROCESSING
                                    ? CONTROL_NO_CONTROL
                                    : CONTROL_NO_ENTITY);
    if (controls->refuse[index]) {
        controls->refuse[index] -= controls->refuse[index] > 0;
        return refuse(controls, CONTROL_WRONG_STATE);
    }
    const struct control *control = &control_table[index];
    switch (request) {
    case UVC_SET_CUR:
        return set(controls, index, data, length);
    case UVC_GET_CUR:
        return put(control, controls->value[index], data);
    case UVC_GET_MIN:
        return put(control, control->min, data);
    case UVC_GET_MAX:
        return put(control, control->max, data);
    case UVC_GET_RES:
        return put(control, control->step, data);
    case UVC_GET_DEF:
        return put(control, control->initial, data);
    case UVC_GET_LEN:
        data[0] = control->bytes;
        data[1] = 0;
        return 2;
    case UVC_GET_INFO:
        data[0] = UVC_CONTROL_CAP_GET | UVC_CONTROL_CAP_SET;
        return 1;
    default:
        return refuse(controls, CONTROL_NO_REQUEST);
    }
}
