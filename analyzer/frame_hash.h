/* A number that tells one picture from another: 64-bit FNV-1a over the bytes that can be seen.
 *
 * In the order of the slot's planes (luma before chroma), row by row, each row from its first byte
 * to the last that belongs to the picture; what a stride has beyond that is left out, and so are
 * planes that are no picture (a camera's JPEG, a reduced luma). So two rings with other strides, or
 * a decoded file, give the same number for the same picture in the same format. Reads the slot in
 * place. Pure.
 *
 *     hash = 0xcbf29ce484222325
 *     for each byte: hash = (hash XOR byte) * 0x100000001b3, modulo 2^64
 */
#pragma once

#include "framering/framering.h"

/* Of a frame in a ring. */
uint64_t fr_frame_hash(const struct fr_frame *frame);

/* Of a picture in memory that is laid out as `geometry` says (which fr_geometry_check() takes). */
uint64_t fr_slot_hash(const struct fr_geometry *geometry, const uint8_t *slot);
