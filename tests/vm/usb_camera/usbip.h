/* The device's side of USB/IP, as the kernel's vhci_hcd speaks it over a stream socket.
 *
 * The kernel sends a header of 48 bytes for every transfer that a driver submits, followed by the
 * data of an OUT transfer and by the packet descriptors of an isochronous one; we answer each with
 * a header of our own, the data of an IN transfer, and the packets. A transfer can be taken back
 * (unlinked). All numbers are big-endian but the setup bytes of a control transfer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    USBIP_HEADER_BYTES = 48,
    USBIP_PACKET_BYTES = 16,
    USBIP_PACKETS_MAX = 128,      /* of one isochronous transfer */
    USBIP_TRANSFER_MAX = 1 << 22, /* bytes of one transfer */
};

enum usbip_command {
    USBIP_SUBMIT = 1,
    USBIP_UNLINK = 2,
    USBIP_RET_SUBMIT = 3,
    USBIP_RET_UNLINK = 4,
};

/* A header as the kernel sends it. */
struct usbip_request {
    enum usbip_command command; /* USBIP_SUBMIT or USBIP_UNLINK */
    uint32_t seqnum;
    bool is_in;
    uint32_t endpoint;
    uint32_t length_bytes;  /* SUBMIT: of the transfer's buffer */
    uint32_t n_packets;     /* SUBMIT: 0 unless isochronous */
    uint8_t setup[8];       /* SUBMIT to endpoint 0 */
    uint32_t unlink_seqnum; /* UNLINK: which one to take back */
};

/* One packet of an isochronous transfer. */
struct usbip_packet {
    uint32_t offset_bytes, length_bytes, actual_bytes;
    int status;
};

/* -EPROTO: not a header that a kernel would send. Pure. */
int usbip_parse(const uint8_t header[USBIP_HEADER_BYTES], struct usbip_request *ret_request);

void usbip_parse_packet(const uint8_t bytes[USBIP_PACKET_BYTES], struct usbip_packet *ret_packet);

/* Reads exactly `length` bytes. -EPIPE: the kernel has closed its end. Blocks. */
int usbip_read(int socket, void *bytes, size_t length);

/* Answers a control, bulk or interrupt transfer: `actual_bytes` were moved; `data` are those of an
 * IN transfer, else NULL. Blocks. -EPIPE as above. */
int usbip_answer(int socket, uint32_t seqnum, int status, const void *data, uint32_t actual_bytes);

/* Answers an isochronous IN transfer: the data of its packets back to back, without the holes. */
int usbip_answer_packets(int socket, uint32_t seqnum, const void *data,
                         const struct usbip_packet *packets, uint32_t n_packets);

/* Answers an UNLINK: -ECONNRESET when the transfer was still with us, else 0. */
int usbip_answer_unlink(int socket, uint32_t seqnum, int status);
