#include "analyzer/mask_files.h"
#include "analyzer/output_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fr_mask_files {
    struct fr_output_folder folder;
    uint32_t width_px, height_px;
    size_t header_bytes, file_bytes;
    uint8_t *file; /* header and pixels, as they are written */
};

int fr_mask_files_new(const char *folder, uint32_t width_px, uint32_t height_px,
                      struct fr_mask_files **ret_files, char *reason, size_t reason_size)
{
    char header[64];
    struct fr_mask_files *files = calloc(1, sizeof *files);
    if (!files)
        return -ENOMEM;
    *files = (struct fr_mask_files){.folder.fd = -1, .width_px = width_px, .height_px = height_px};
    files->header_bytes = (size_t)snprintf(
        header, sizeof header, "P5\n%" PRIu32 " %" PRIu32 "\n255\n", width_px, height_px);
    files->file_bytes = files->header_bytes + (size_t)width_px * height_px;

    int r = -ENOMEM;
    files->file = malloc(files->file_bytes);
    if (files->file) {
        memcpy(files->file, header, files->header_bytes);
        r = fr_output_folder_open(&files->folder, folder, "masks", reason, reason_size);
    } else {
        snprintf(reason, reason_size, "no memory for masks");
    }
    if (r < 0)
        fr_mask_files_free(files);
    else
        *ret_files = files;
    return r;
}

void fr_mask_files_free(struct fr_mask_files *files)
{
    if (!files)
        return;
    fr_output_folder_close(&files->folder);
    free(files->file);
    free(files);
}

int fr_mask_files_write(struct fr_mask_files *files, uint64_t idx,
                        const struct fr_detector *detector, char *reason, size_t reason_size)
{
    uint8_t *pixels = files->file + files->header_bytes;
    if (!detector || fr_detector_expand_mask(detector, pixels, files->width_px, 255) < 0)
        memset(pixels, 0, files->file_bytes - files->header_bytes);
    return fr_output_folder_write(&files->folder, idx, "pgm", files->file, files->file_bytes,
                                  reason, reason_size);
}
