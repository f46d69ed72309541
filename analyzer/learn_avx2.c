#include "common/media/lanes_avx2.h"

#ifdef FR_LANES
#include "analyzer/learn_lanes.h"

struct fr_background_count fr_learn_avx2(const struct fr_background_step *step,
                                         const struct fr_learn_at *at, size_t n_px)
{
    return learn(step, at, n_px);
}
#endif
