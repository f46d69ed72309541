/* What the camera says it is: device, configuration and string descriptors of a USB Video Class 1.1
 * camera with a camera terminal, a processing unit and one stream, bulk or isochronous. Built from
 * the tables of modes.h and controls.h, so that what is told is what is done. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    INTERFACE_CONTROL = 0,
    INTERFACE_STREAM = 1,
    ENTITY_CAMERA = 1,     /* camera terminal */
    ENTITY_PROCESSING = 2, /* processing unit */
    ENTITY_OUTPUT = 3,     /* output terminal */
    ENDPOINT_STREAM = 1,
    UVC_CLOCK_HZ = 48000000,
    DESCRIPTORS_MAX = 2048,
};

/* Packets of the isochronous alternate settings 1 to 3: what one microframe may carry. */
enum { N_ALTERNATES = 3 };
extern const uint16_t alternate_packet_bytes[N_ALTERNATES];

struct descriptors {
    uint8_t bytes[DESCRIPTORS_MAX]; /* the configuration */
    size_t length_bytes;
    const char *serial; /* the caller's */
};

void descriptors_build(struct descriptors *descriptors, bool is_isochronous, const char *serial);

/* The answer to GET_DESCRIPTOR: its length, cut to `room`; -1: there is none such. */
int descriptors_get(const struct descriptors *descriptors, uint8_t type, uint8_t index,
                    uint8_t *answer, size_t room);
