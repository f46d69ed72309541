#include "common/media/png_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef FR_HAVE_PNG

#include <png.h>

int fr_png_decode_grey(const uint8_t *bytes, size_t n_bytes, uint64_t pixels_max,
                       uint32_t *ret_width_px, uint32_t *ret_height_px, uint8_t **ret_pixels,
                       char *reason, size_t reason_size)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color white = {.red = 255, .green = 255, .blue = 255};

    if (!png_image_begin_read_from_memory(&image, bytes, n_bytes)) {
        snprintf(reason, reason_size, "%s", image.message);
        return -EBADMSG;
    }
    image.format = PNG_FORMAT_GRAY;
    if ((uint64_t)image.width * image.height > pixels_max) {
        snprintf(reason, reason_size, "%ux%u pixels; expected at most %llu in all", image.width,
                 image.height, (unsigned long long)pixels_max);
        png_image_free(&image);
        return -EFBIG;
    }
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
    if (!pixels) {
        snprintf(reason, reason_size, "no memory for %ux%u pixels", image.width, image.height);
        png_image_free(&image);
        return -ENOMEM;
    }
    if (!png_image_finish_read(&image, &white, pixels, 0, NULL)) {
        snprintf(reason, reason_size, "%s", image.message);
        free(pixels);
        return -EBADMSG;
    }
    *ret_width_px = image.width;
    *ret_height_px = image.height;
    *ret_pixels = pixels;
    return 0;
}

int fr_png_encode_rgb(const uint8_t *rgb, uint32_t width_px, uint32_t height_px,
                      uint8_t **ret_bytes, size_t *ret_length, char *reason, size_t reason_size)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = width_px,
                       .height = height_px,
                       .format = PNG_FORMAT_RGB};
    png_alloc_size_t length = 0;
    uint8_t *bytes = NULL;

    if (png_image_write_to_memory(&image, NULL, &length, 0, rgb, 0, NULL)) {
        bytes = malloc(length);
        if (bytes && png_image_write_to_memory(&image, bytes, &length, 0, rgb, 0, NULL)) {
            *ret_bytes = bytes;
            *ret_length = length;
            return 0;
        }
    }
    snprintf(reason, reason_size, "%s", *image.message ? image.message : "no memory");
    free(bytes);
    return -ENOMEM;
}

#else

static int refuse(char *reason, size_t reason_size)
{
    snprintf(reason, reason_size, "this framering was built without libpng");
    return -ENOTSUP;
}

int fr_png_decode_grey(const uint8_t *bytes, size_t n_bytes, uint64_t pixels_max,
                       uint32_t *ret_width_px, uint32_t *ret_height_px, uint8_t **ret_pixels,
                       char *reason, size_t reason_size)
{
    (void)bytes, (void)n_bytes, (void)pixels_max;
    (void)ret_width_px, (void)ret_height_px, (void)ret_pixels;
    return refuse(reason, reason_size);
}

int fr_png_encode_rgb(const uint8_t *rgb, uint32_t width_px, uint32_t height_px,
                      uint8_t **ret_bytes, size_t *ret_length, char *reason, size_t reason_size)
{
    (void)rgb, (void)width_px, (void)height_px, (void)ret_bytes, (void)ret_length;
    return refuse(reason, reason_size);
}

#endif
