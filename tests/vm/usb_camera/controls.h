/* The camera's controls: brightness, exposure and the like, with ranges, and with values that are
 * kept as long as it is plugged in. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { N_CONTROLS = 15, CONTROL_BYTES_MAX = 4 };

struct control {
    const char *name;
    uint8_t entity;   /* ENTITY_ of descriptors.h */
    uint8_t selector; /* of UVC */
    uint8_t bit;      /* in the entity's bmControls */
    uint8_t bytes;
    int32_t min, max, step, initial; /* step of a bit map: all bits that may be set */
    bool is_bitmap;
    const char *automatic; /* the control that must stand at `manual` for this one to be set */
    int32_t manual;
};
extern const struct control control_table[N_CONTROLS];

/* What bRequestErrorCode of UVC says about the last request that was refused. */
enum control_error {
    CONTROL_OK = 0,
    CONTROL_WRONG_STATE = 2,
    CONTROL_OUT_OF_RANGE = 4,
    CONTROL_NO_ENTITY = 5,
    CONTROL_NO_CONTROL = 6,
    CONTROL_NO_REQUEST = 7,
};

struct controls {
    int32_t value[N_CONTROLS];
    int refuse[N_CONTROLS]; /* so many more requests to it are refused; -1: all */
    enum control_error error;
    uint64_t refused;
};

/* As when it comes from the factory. What is to be refused stays so. */
void controls_reset(struct controls *controls);

/* bmControls of an entity. */
uint32_t controls_bits(uint8_t entity);

/* The index of a control by its name; -1: there is none. */
int controls_find(const char *name);

/* Answers a request (UVC_SET_CUR, UVC_GET_MIN …) to a control: the length of what stands in
 * `data`, 0 for UVC_SET_CUR; -1: refused (STALL), and controls->error says why. `data` has
 * room for CONTROL_BYTES_MAX, `length` bytes are given with UVC_SET_CUR. */
int controls_request(struct controls *controls, uint8_t request, uint8_t entity, uint8_t selector,
                     uint8_t *data, size_t length);
