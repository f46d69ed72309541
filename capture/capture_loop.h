/* The capture daemon's loop: a source, a ring, and what can happen to either.
 *
 *              open fails            ┌────────────┐  open, begin, start
 *   ┌───────────────────────────────►│  WAITING   │──────────────────────┐
 *   │                     back-off,  └────────────┘                      ▼
 *   │                     inotify          ▲       source lost    ┌────────────┐
 *   └──────────────────────────────────────┴──────────────────────│ STREAMING  │
 *                                                                 └────────────┘
 *                                    the recording's end │ the ring removed │▲ new epoch
 *                                                        ▼                  └┘
 *                                                  ┌──────────┐
 *                                                  │  ENDING  │ half a second, then exit 0
 *                                                  └──────────┘
 *
 * A lost source leaves the ring where it is: readers see that no frame comes, and not that the
 * writer has gone. When it comes back with the same geometry the epoch goes on; with another one a
 * new epoch begins. Readers that hold slots never stop the source and are no reason to call it
 * lost.
 *
 * All waiting is in one epoll: the source, signals, three timers, an inotify. Only opening a source
 * and stepping it take time. The watchdog is fed where a frame was published, or where the loop
 * found in waiting that the source is still absent; no timer feeds it for a source that hangs.
 */
#pragma once

#include "config/capture_settings.h"

enum {
    FR_CAPTURE_EXIT_OK = 0,
    FR_CAPTURE_EXIT_FAILURE = 1,
    FR_CAPTURE_EXIT_ENDED = 3, /* a service whose recording is at its end, not to be restarted */
    FR_CAPTURE_EXIT_FILE = 78, /* a line of [controls] is wrong: the file's fault (EX_CONFIG) */
    FR_CAPTURE_EXIT_SETTINGS = -1, /* the settings are wrong: 2 or 78, as the caller knows */
};

/* Where settings come from. All stays the caller's. */
struct fr_capture_config {
    const struct fr_capture_settings *settings;
    const char *path; /* of the file that was read, "" when none was; reload() may change it */
    /* Reads the settings once more. All or nothing; negative errno with `reason`. */
    int (*reload)(void *userdata, struct fr_capture_settings *ret_settings, char *reason,
                  size_t reason_size);
    void *userdata;
};

/* Captures until a signal (SIGTERM, SIGINT), the end of a recording, or an error that trying again
 * will not mend. SIGHUP: reads the settings again, sets the controls that differ, and says what
 * else would need a restart. `signal_fd` is fr_signals_open()'s, and stays the caller's. Logs.
 * Everything made is removed on return. An exit code, or FR_CAPTURE_EXIT_SETTINGS. */
int fr_capture_run(const struct fr_capture_config *config, int signal_fd);
