#include "common/media/lanes_neon.h"

#ifdef FR_LANES
#include "analyzer/learn_lanes.h"
#include "analyzer/majority_lanes.h"
#include "analyzer/scale_lanes.h"
#include "analyzer/shadow_lanes.h"
#include "analyzer/texture_lanes.h"
#include "analyzer/tiles_lanes.h"

const struct fr_kernels fr_kernels_neon = {
    .learn = learn,
    .scale = scale,
    .clear_shadows = clear_shadows,
    .vote = vote,
    .sum_tile = sum_tile,
    .sum_bytes = sum_bytes,
};
#endif
