/* Where each step of the detector ends, for the bench that tells what it takes.
 *
 * The bench builds detector.c and detector_look.c once more for itself, with FR_DETECTOR_STEPS:
 * there a step that is over calls fr_detector_step_done(), which is the bench's. Everywhere else
 * the marks are nothing. */
#pragma once

enum fr_detector_step {
    FR_STEP_REDUCE, /* the frame to half size */
    FR_STEP_STILL,  /* the camera's displacement */
    FR_STEP_GAIN,   /* the tiles' ratios, their median, the model scaled */
    FR_STEP_LEARN,  /* the model; or the transition to another light */
    FR_STEP_LIT,    /* scores of tiles that are lit differently cleared */
    FR_STEP_SHADOW, /* scores of cast shadows cleared */
    FR_STEP_CLEAN,  /* the vote of 5x5 */
    FR_STEP_COUNT,  /* what moves in each tile */
    FR_STEP_OBJECTS,
    FR_STEPS,
};

#ifdef FR_DETECTOR_STEPS
void fr_detector_step_done(enum fr_detector_step step);
#else
#define fr_detector_step_done(step) ((void)0)
#endif
