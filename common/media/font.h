/* The letters that are drawn into pictures. */
#pragma once

#include <stdint.h>

/* Seven rows of a letter from above, the leftmost of its five pixels in bit 4. Small letters are
 * capitals; a letter that is not there is a blank. */
const uint8_t *fr_font_letter(char letter);
