/* A JPEG on stdin as its pixels on stdout: "WIDTH HEIGHT\n", then three bytes for each. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

int main(void)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors; /* ends the program, and says why */

    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_stdio_src(&cinfo, stdin);
    jpeg_read_header(&cinfo, TRUE);
    cinfo.out_color_space = JCS_RGB;
    jpeg_start_decompress(&cinfo);
    printf("%u %u\n", cinfo.output_width, cinfo.output_height);
    uint8_t *row = malloc((size_t)3 * cinfo.output_width);
    while (row && cinfo.output_scanline < cinfo.output_height) {
        jpeg_read_scanlines(&cinfo, &row, 1);
        fwrite(row, 3, cinfo.output_width, stdout);
    }
    free(row);
    jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);
    return errors.num_warnings != 0;
}
