#include "tests/vm/usb_camera/usbip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static uint32_t get32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return ntohl(value);
}

static void put32(uint8_t *bytes, uint32_t value)
{
    value = htonl(value);
    memcpy(bytes, &value, sizeof value);
}

int usbip_parse(const uint8_t header[USBIP_HEADER_BYTES], struct usbip_request *ret_request)
{
    struct usbip_request request = {.command = (enum usbip_command)get32(header),
                                    .seqnum = get32(header + 4),
                                    .is_in = get32(header + 12) == 1,
                                    .endpoint = get32(header + 16)};
    if (request.command == USBIP_UNLINK) {
        request.unlink_seqnum = get32(header + 20);
    } else if (request.command == USBIP_SUBMIT) {
        request.length_bytes = get32(header + 24);
        /* All ones stand for "not isochronous" where it is not 0. */
        request.n_packets = get32(header + 32) == UINT32_MAX ? 0 : get32(header + 32);
        memcpy(request.setup, header + 40, sizeof request.setup);
        if (request.length_bytes > USBIP_TRANSFER_MAX || request.n_packets > USBIP_PACKETS_MAX)
            return -EPROTO;
    } else {
        return -EPROTO;
    }
    *ret_request = request;
    return 0;
}

void usbip_parse_packet(const uint8_t bytes[USBIP_PACKET_BYTES], struct usbip_packet *ret_packet)
{
    *ret_packet =
        (struct usbip_packet){.offset_bytes = get32(bytes), .length_bytes = get32(bytes + 4)};
}

int usbip_read(int socket, void *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t n = recv(socket, (uint8_t *)bytes + at, length - at, MSG_WAITALL);
        if (n == 0)
            return -EPIPE;
        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int write_all(int socket, struct iovec *parts, size_t n_parts)
{
    while (n_parts) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = n_parts};
        ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return -errno;
        size_t written = n > 0 ? (size_t)n : 0;
        while (n_parts && written >= parts->iov_len) {
            written -= parts->iov_len;
            parts++;
            n_parts--;
        }
        if (n_parts) {
            parts->iov_base = (uint8_t *)parts->iov_base + written;
            parts->iov_len -= written;
        }
    }
    return 0;
}

static void fill_header(uint8_t header[USBIP_HEADER_BYTES], enum usbip_command command,
                        uint32_t seqnum, int status)
{
    memset(header, 0, USBIP_HEADER_BYTES);
    put32(header, command);
    put32(header + 4, seqnum);
    put32(header + 20, (uint32_t)status);
}

int usbip_answer(int socket, uint32_t seqnum, int status, const void *data, uint32_t actual_bytes)
{
    uint8_t header[USBIP_HEADER_BYTES];
    fill_header(header, USBIP_RET_SUBMIT, seqnum, status);
    put32(header + 24, actual_bytes);
    struct iovec parts[2] = {{header, sizeof header}, {(void *)data, data ? actual_bytes : 0}};
    return write_all(socket, parts, 2);
}

int usbip_answer_packets(int socket, uint32_t seqnum, const void *data,
                         const struct usbip_packet *packets, uint32_t n_packets)
{
    uint8_t header[USBIP_HEADER_BYTES], tail[USBIP_PACKETS_MAX * USBIP_PACKET_BYTES];
    uint32_t total_bytes = 0, errors = 0;
    for (uint32_t i = 0; i < n_packets; i++) {
        uint8_t *packet = tail + i * USBIP_PACKET_BYTES;
        put32(packet, packets[i].offset_bytes);
        put32(packet + 4, packets[i].length_bytes);
        put32(packet + 8, packets[i].actual_bytes);
        put32(packet + 12, (uint32_t)packets[i].status);
        total_bytes += packets[i].actual_bytes;
        errors += packets[i].status != 0;
    }
    fill_header(header, USBIP_RET_SUBMIT, seqnum, 0);
    put32(header + 24, total_bytes);
    put32(header + 32, n_packets);
    put32(header + 36, errors);
    struct iovec parts[3] = {{header, sizeof header},
                             {(void *)data, total_bytes},
                             {tail, (size_t)n_packets * USBIP_PACKET_BYTES}};
    return write_all(socket, parts, 3);
}

int usbip_answer_unlink(int socket, uint32_t seqnum, int status)
{
    uint8_t header[USBIP_HEADER_BYTES];
    fill_header(header, USBIP_RET_UNLINK, seqnum, status);
    struct iovec part = {header, sizeof header};
    return write_all(socket, &part, 1);
}
