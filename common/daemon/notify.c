/* sd_notify, and nothing but it: errors are ignored, for there is nobody else to be told. */
#include "common/daemon/notify.h"

#include "common/daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

bool fr_notify_has_manager(void)
{
    const char *address = getenv("NOTIFY_SOCKET");
    return address && *address;
}

void fr_notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void fr_notify_status(const char *fmt, ...)
{
    char text[512], escaped[1024];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    sd_notifyf(0, "STATUS=%s", fr_log_escape(text, escaped, sizeof escaped));
}

void fr_notify_watchdog(void)
{
    sd_notify(0, "WATCHDOG=1");
}

void fr_notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

int64_t fr_notify_watchdog_interval_ns(void)
{
    uint64_t timeout_us = 0;

    if (sd_watchdog_enabled(0, &timeout_us) <= 0 || timeout_us > INT64_MAX / 1000)
        return 0;
    return (int64_t)timeout_us * 1000 / 2;
}
