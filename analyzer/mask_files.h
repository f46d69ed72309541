/* A detector's masks as picture files: binary PGM of the frame's full size, 255 where something
 * moves and 0 elsewhere, one a frame: 000000.pgm, 000001.pgm and so on. */
#pragma once

#include "analyzer/detector.h"

struct fr_mask_files;

/* Masks of this size go into `folder`, which is made when it is not there (but not what it stands
 * in). `folder` must stay valid. On failure `reason` gets a line. Others as mkdir(2); -ENOMEM. */
int fr_mask_files_new(const char *folder, uint32_t width_px, uint32_t height_px,
                      struct fr_mask_files **ret_files, char *reason, size_t reason_size);
void fr_mask_files_free(struct fr_mask_files *files);

/* Writes the mask of frame `idx`: the detector's last, or an empty one for NULL (a frame that could
 * not be decoded). Replaces a file that is there. Negative with a reason when it could not. */
int fr_mask_files_write(struct fr_mask_files *files, uint64_t idx,
                        const struct fr_detector *detector, char *reason, size_t reason_size);
