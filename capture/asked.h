/* From settings to what a source is asked for, and to the ring that is made of its offer. The loop
 * and the plan (plan.h) both ask so, and therefore for the same. */
#pragma once

#include "capture/source.h"
#include "config/capture_settings.h"

/* Without spec, controls and links. Texts in it are the settings' own. Pure. */
struct fr_source_request fr_asked_of_source(const struct fr_capture_settings *settings);

/* Pure. */
struct fr_epoch_options fr_asked_of_ring(const struct fr_capture_settings *settings,
                                         const struct fr_source_offer *offer);
