/* What the bench's cameras see.
 *
 * SPDX-License-Identifier: MIT
 */
#include "capture/scene.h"
#include "common/media/jpeg_encode.h"
#include "tests/bench/capture_bench.h"

#include <stdlib.h>

enum { QUALITY = 85 };

/* Frame 200 of the scene (something moves), tight, in this format. */
static uint8_t *draw(uint32_t fourcc, uint32_t width_px, uint32_t height_px,
                     struct fr_geometry *ret_geometry)
{
    const struct fr_format format = {.fourcc = fourcc,
                                     .width_px = width_px,
                                     .height_px = height_px,
                                     .field = 1,
                                     .rate_num = 25,
                                     .rate_den = 1};
    struct fr_scene_params params;
    struct fr_scene *scene;
    if (fr_geometry_init_stride(&format, width_px, ret_geometry) < 0 ||
        fr_scene_params_parse("seed=3,objects=6", &params, NULL, 0) < 0 ||
        fr_scene_new(&params, ret_geometry, &scene) < 0)
        bench_fail("the scene cannot be drawn");
    uint8_t *picture = malloc(ret_geometry->slot_bytes);
    if (!picture)
        bench_fail("no memory for a picture");
    fr_scene_draw(scene, 200, picture);
    fr_scene_free(scene);
    return picture;
}

static void encode(uint32_t fourcc, uint32_t width_px, uint32_t height_px, uint8_t **ret_bytes,
                   size_t *ret_length)
{
    struct fr_geometry geometry;
    uint8_t *picture = draw(fourcc, width_px, height_px, &geometry);
    struct fr_frame frame = {.format = geometry.format, .n_planes = geometry.n_planes};
    for (unsigned i = 0; i < geometry.n_planes; i++)
        frame.planes[i] = (struct fr_plane){.data = picture + geometry.planes[i].offset_bytes,
                                            .kind = geometry.planes[i].kind,
                                            .stride_bytes = geometry.planes[i].stride_bytes,
                                            .rows = geometry.planes[i].rows,
                                            .size_bytes = geometry.planes[i].size_bytes};
    if (fr_jpeg_encode(&frame, QUALITY, ret_bytes, ret_length) < 0)
        bench_fail("the scene cannot be encoded");
    free(picture);
}

void capture_material_make(uint32_t width_px, uint32_t height_px,
                           struct capture_material *ret_material)
{
    ret_material->picture = draw(FR_FOURCC_YU12, width_px, height_px, &ret_material->raw);
    encode(FR_FOURCC_422P, width_px, height_px, &ret_material->jpeg[CAPTURE_JPEG_422].bytes,
           &ret_material->jpeg[CAPTURE_JPEG_422].length);
    encode(FR_FOURCC_YU12, width_px, height_px, &ret_material->jpeg[CAPTURE_JPEG_420].bytes,
           &ret_material->jpeg[CAPTURE_JPEG_420].length);
}
