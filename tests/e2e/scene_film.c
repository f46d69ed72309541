/* A synthetic scene as a recording, with its truth: the frames go to FILE as Y4M (luma alone), and
 * a line for each to stdout: "frame 12 x,y,width,height x,y,width,height".
 *
 *     scene_film PARAMETERS WIDTH HEIGHT RATE FRAMES FILE
 */
#include "capture/scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int film(const struct fr_scene *scene, const struct fr_geometry *geometry,
                unsigned long long n, FILE *file)
{
    const struct fr_plane_layout *plane = &geometry->planes[0];
    const struct fr_format *format = &geometry->format;
    uint8_t *slot = calloc(1, geometry->slot_bytes);

    if (!slot)
        return -1;
    fprintf(file, "YUV4MPEG2 W%" PRIu32 " H%" PRIu32 " F%" PRIu32 ":1 Ip A1:1 Cmono\n",
            format->width_px, format->height_px, format->rate_num);
    for (uint64_t frame = 0; frame < n; frame++) {
        struct fr_scene_box boxes[FR_SCENE_OBJECTS_MAX];
        uint32_t n_boxes = fr_scene_truth(scene, frame, boxes);
        fr_scene_draw(scene, frame, slot);
        fputs("FRAME\n", file);
        for (uint32_t y = 0; y < format->height_px; y++)
            fwrite(slot + plane->offset_bytes + (size_t)y * plane->stride_bytes, 1,
                   format->width_px, file);
        printf("frame %" PRIu64, frame);
        for (uint32_t i = 0; i < n_boxes; i++)
            printf(" %" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, boxes[i].x_px, boxes[i].y_px,
                   boxes[i].width_px, boxes[i].height_px);
        putchar('\n');
    }
    free(slot);
    return ferror(file) ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct fr_scene_params params;
    struct fr_geometry geometry;
    struct fr_scene *scene = NULL;
    char reason[256] = "cannot be drawn";

    if (argc != 7) {
        fputs("Usage: scene_film PARAMETERS WIDTH HEIGHT RATE FRAMES FILE\n", stderr);
        return 2;
    }
    struct fr_format format = {.fourcc = FR_FOURCC_GREY,
                               .width_px = (uint32_t)strtoul(argv[2], NULL, 10),
                               .height_px = (uint32_t)strtoul(argv[3], NULL, 10),
                               .rate_num = (uint32_t)strtoul(argv[4], NULL, 10),
                               .rate_den = 1};
    if (fr_scene_params_parse(argv[1], &params, reason, sizeof reason) < 0 ||
        fr_geometry_init(&format, &geometry) < 0 || fr_scene_new(&params, &geometry, &scene) < 0) {
        fprintf(stderr, "scene_film: %s\n", reason);
        return 2;
    }
    FILE *file = fopen(argv[6], "wb");
    int r = file ? film(scene, &geometry, strtoull(argv[5], NULL, 10), file) : -1;
    if (file && fclose(file) != 0)
        r = -1;
    fr_scene_free(scene);
    return r < 0;
}
