/* Randomness that can be asked for by coordinates: the same numbers give the same answer, for ever.
 */
#pragma once

#include <stdint.h>

/* The finaliser of SplitMix64 over a seed and two coordinates. Pure. */
static inline uint64_t fr_scene_hash(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t z = seed + a * 0x9e3779b97f4a7c15u + b * 0xd1b54a32d192ed03u + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
