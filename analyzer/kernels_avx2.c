#include "common/media/lanes_avx2.h"

#ifdef FR_LANES
#include "analyzer/learn_lanes.h"
#include "analyzer/majority_lanes.h"
#include "analyzer/scale_lanes.h"
#include "analyzer/shadow_lanes.h"
#include "analyzer/texture_lanes.h"
#include "analyzer/tiles_lanes.h"

#define OTHERS                                                                                     \
    .scale = scale, .clear_shadows = clear_shadows, .sum_tile = sum_tile, .sum_bytes = sum_bytes

const struct fr_kernels fr_kernels_avx2 = {.learn = learn, .vote = vote, OTHERS};
const struct fr_kernels fr_kernels_avx512 = {
    .learn = fr_learn_avx512, .vote = fr_vote_avx512, OTHERS};
#endif
