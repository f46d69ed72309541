#include "common/media/lanes_avx512.h"

#ifdef FR_LANES
#include "analyzer/learn_lanes.h"
#include "analyzer/majority_lanes.h"

struct fr_background_count fr_learn_avx512(const struct fr_background_step *step,
                                           const struct fr_learn_at *at, size_t n_px)
{
    const size_t n = n_px / FR_LANES * FR_LANES;
    const struct fr_learn_at rest = {
        at->levels + n,     at->fractions + n,  at->spreads + n,
        at->candidates + n, at->evidences + n,  at->pixels + n,
        at->moves + n / 8,  at->strays + n / 8, at->known_blocks + n / FR_BLOCK_PX};
    const struct fr_background_count most = learn(step, at, n);
    const struct fr_background_count last = fr_kernels_avx2.learn(step, &rest, n_px - n);

    return (struct fr_background_count){.n_moving = most.n_moving + last.n_moving,
                                        .n_still = most.n_still + last.n_still};
}

void fr_vote_avx512(const struct fr_vote_at *at, size_t width_px, uint8_t quorum)
{
    vote(at, width_px, quorum);
}
#endif
