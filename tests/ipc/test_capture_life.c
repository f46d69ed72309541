/* The capture loop on a made-up driver: silence, storms, and calls that fail, from the start of the
 * loop to its log. The device node is one whose readiness is known: /dev/random is always ready, a
 * new pty never is. */
#include "tests/ipc/asleep.h"
#include "tests/ipc/fake_camera.h"
#include "tests/ipc/ipc.h"

#include "tests/unit/make_jpeg.h"

#include "capture/capture_loop.h"
#include "common/daemon/log.h"
#include "common/daemon/signals.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <signal.h>
#include <sys/resource.h>

enum { PATIENCE_MS = 60000 };

static struct capture {
    pid_t pid;
    int log_fd;
    char text[65536]; /* all of the log so far */
    size_t n, seen;   /* up to where it was waited for */
} capture;

static unsigned starts;

static void count_start(void)
{
    starts++;
}

static void fail_first_start(void)
{
    if (starts++ > 0)
        camera.fail_request = 0;
}

/* In the child: the loop, and then what the driver saw. */
static void run_loop(const char *device, double stall_timeout_s)
{
    struct fr_capture_settings settings;
    const struct fr_capture_config config = {.settings = &settings, .path = ""};
    ck_assert_int_eq(fr_settings_defaults(&fr_capture_table, &settings), 0);
    strcpy(settings.camera, "cam0");
    snprintf(settings.source, sizeof settings.source, "v4l2:%s", device);
    settings.stall_timeout_s = stall_timeout_s;
    fr_log_init("capture");
    int signal_fd = fr_signals_open();
    int code = fr_capture_run(&config, signal_fd);
    fprintf(stderr, "ended with %d: %d calls in %u starts\n", code, camera.calls, starts);
    end_child(0);
}

static void start(const char *device, double stall_timeout_s)
{
    int fds[2];
    ipc_begin();
    ck_assert_int_eq(pipe(fds), 0);
    capture = (struct capture){.log_fd = fds[0], .pid = fork()};
    if (capture.pid == 0) {
        dup2(fds[1], 2);
        close(fds[0]);
        close(fds[1]);
        run_loop(device, stall_timeout_s);
    }
    close(fds[1]);
}

/* Waits for these words in the log, behind those that were waited for before. */
static void wait_for(const char *words)
{
    char *found;
    while (!(found = strstr(capture.text + capture.seen, words))) {
        struct pollfd pollfd = {.fd = capture.log_fd, .events = POLLIN};
        ck_assert_msg(poll(&pollfd, 1, PATIENCE_MS) == 1, "no '%s' in:\n%s", words, capture.text);
        ssize_t n =
            read(capture.log_fd, capture.text + capture.n, sizeof capture.text - capture.n - 1);
        ck_assert_msg(n > 0, "ended without '%s':\n%s", words, capture.text);
        capture.n += (size_t)n;
    }
    capture.seen = (size_t)(found - capture.text) + strlen(words);
}

/* How often the driver was called, and the stream started; the seconds of CPU that it all took. */
static double end(int *ret_calls, unsigned *ret_starts)
{
    int status;
    struct rusage usage;
    kill(capture.pid, SIGTERM);
    wait_for("ended with 0: ");
    wait_for("starts\n");
    const char *line = strstr(capture.text, "ended with 0: ");
    ck_assert_int_eq(sscanf(line, "ended with 0: %d calls in %u", ret_calls, ret_starts), 2);
    ck_assert_int_eq(wait4(capture.pid, &status, 0, &usage), capture.pid);
    ck_assert_int_eq(status, 0);
    close(capture.log_fd);
    ck_assert_uint_eq(ipc_objects(), 0);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void grey_camera(void)
{
    camera_reset(FR_FOURCC_GREY, 64, 48, 64, 64 * 48);
    starts = 0;
    camera.after_reqbufs = count_start;
}

START_TEST(C9_a_silent_camera_is_stopped_and_started_first_and_then_opened_anew)
{
    int calls;
    unsigned n;
    grey_camera();
    start("/dev/ptmx", 0.5);
    wait_for("streaming 64x48 GREY");
    wait_for("no frame for 0.5 s; stopping and starting the stream");
    wait_for("same epoch");
    wait_for("source lost: no frame for 0.5 s; the ring stays");
    wait_for("streaming 64x48 GREY");
    wait_for("same epoch");
    end(&calls, &n);
    ck_assert_uint_ge(n, 3);      /* on a busy machine once more before it is told to stop */
    ck_assert_int_lt(calls, 400); /* nothing is polled in between */
}
END_TEST

/* A driver that never comes back from a call, when the test says so; and then says so itself. */
enum { GOES_ON, MAY_HANG, HANGS };
static atomic_int *hanging;

static void bend_hang(struct v4l2_buffer *buffer)
{
    (void)buffer;
    if (atomic_load(hanging) == GOES_ON)
        return;
    atomic_store(hanging, HANGS);
    for (;;)
        pause();
}

/* The socket on which a service manager listens, and $NOTIFY_SOCKET and $WATCHDOG_USEC for
 * children. */
static int open_manager(int watchdog_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char us[16];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", ipc_rundir);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(us, sizeof us, "%d000", watchdog_ms);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", us, 1);
    return fd;
}

/* Whether the next message within that time says that all is well. */
static bool is_fed(int manager_fd, int patience_ms)
{
    char text[1024];
    struct pollfd pollfd = {.fd = manager_fd, .events = POLLIN};
    if (poll(&pollfd, 1, patience_ms) != 1)
        return false;
    ssize_t n = recv(manager_fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    return strstr(text, "WATCHDOG=1") || is_fed(manager_fd, patience_ms);
}

START_TEST(C9_a_driver_that_hangs_in_a_call_feeds_no_watchdog)
{
    enum { WATCHDOG_MS = 200 };
    hanging =
        mmap(NULL, sizeof *hanging, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    grey_camera();
    camera.n_auto = UINT_MAX;
    camera.bend = bend_hang;
    ipc_begin();
    int manager_fd = open_manager(WATCHDOG_MS);
    start("/dev/random", 5);
    for (int i = 0; i < 3; i++)
        ck_assert(is_fed(manager_fd, PATIENCE_MS));
    atomic_store(hanging, MAY_HANG);
    while (atomic_load(hanging) != HANGS)
        poll(NULL, 0, 1);
    while (is_fed(manager_fd, 0)) { /* what was sent before */
    }
    ck_assert(!is_fed(manager_fd, 5 * WATCHDOG_MS));
    kill(capture.pid, SIGKILL); /* as the manager would */
    ck_assert_int_eq(waitpid(capture.pid, NULL, 0), capture.pid);
    ck_assert_int_eq(system("ipcrm --all"), 0);
    close(manager_fd);
    close(capture.log_fd);
}
END_TEST

START_TEST(C10_a_descriptor_that_is_always_ready_without_a_frame_is_no_busy_loop)
{
    static const int errors[] = {EAGAIN, EINTR};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        int calls;
        unsigned n;
        grey_camera();
        camera.fail_request = VIDIOC_DQBUF;
        camera.fail_errno = errors[i];
        start("/dev/random", 5);
        wait_for("streaming 64x48 GREY");
        wait_for("source lost: it says over and over that a frame is ready, and has none");
        wait_for("streaming 64x48 GREY"); /* after the back-off, and no sooner: half a second, */
        wait_for("streaming 64x48 GREY"); /* and a whole one */
        double cpu_s = end(&calls, &n);
        ck_assert_uint_eq(n, 3);
        ck_assert_int_lt(calls, 900);
        ck_assert_double_lt(cpu_s, 0.75); /* half of that time */
    }
}
END_TEST

START_TEST(C14_a_sleep_of_the_machine_is_told_once_and_is_no_stall)
{
    int calls;
    unsigned n;
    grey_camera();
    asleep_begin();
    start("/dev/ptmx", 3600);
    wait_for("streaming 64x48 GREY");
    asleep(1800);
    wait_for("the machine slept for 1800 s: no frames were taken");
    asleep(7200);
    wait_for("the machine slept for 7200 s: no frames were taken");
    end(&calls, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_ptr_null(strstr(capture.text + capture.seen, "slept"));
    ck_assert_ptr_null(strstr(capture.text, "no frame for"));
}
END_TEST

START_TEST(C17_whatever_the_driver_fails_with_the_camera_is_lost_and_comes_back_into_its_ring)
{
    static const int errors[] = {ENODEV, EIO, EINVAL, EPIPE, ENXIO};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        int calls;
        unsigned n;
        grey_camera();
        camera.after_reqbufs = fail_first_start;
        camera.fail_request = VIDIOC_DQBUF;
        camera.fail_errno = errors[i];
        start("/dev/random", 5);
        wait_for("new epoch");
        wait_for("source lost: /dev/random (Fake Camera) ");
        wait_for("the ring stays");
        wait_for("same epoch");
        end(&calls, &n);
        ck_assert_uint_eq(n, 2);
    }
}
END_TEST

START_TEST(a_camera_of_another_sampling_costs_one_epoch_at_its_start_and_none_when_it_comes_back)
{
    struct made_jpeg jpeg =
        make_jpeg(&(struct make_jpeg){.width = 64, .height = 48, .h = 2, .v = 2});
    int calls;
    unsigned n;
    camera_reset(FR_FOURCC('R', 'G', 'B', '3'), 64, 48, 64 * 3, 64 * 48 * 3);
    starts = 0;
    camera.after_reqbufs = count_start;
    camera.jpeg = jpeg.bytes;
    camera.jpeg_bytes = jpeg.length;
    camera.n_auto = 5;
    start("/dev/random", 5);
    wait_for("streaming 64x48 422P");
    wait_for("new epoch");
    wait_for("the pictures of /dev/random (Fake Camera) are YU12; going on with MJPEG");
    wait_for("streaming 64x48 YU12");
    wait_for("new epoch");
    wait_for("source lost: ");
    wait_for("streaming 64x48 YU12");
    wait_for("same epoch");
    end(&calls, &n);
    ck_assert_uint_ge(n, 3); /* on a busy machine once more before it is told to stop */
    free(jpeg.bytes);
}
END_TEST

UNIT_MAIN("capture_life",
          a_camera_of_another_sampling_costs_one_epoch_at_its_start_and_none_when_it_comes_back,
          C9_a_silent_camera_is_stopped_and_started_first_and_then_opened_anew,
          C9_a_driver_that_hangs_in_a_call_feeds_no_watchdog,
          C10_a_descriptor_that_is_always_ready_without_a_frame_is_no_busy_loop,
          C14_a_sleep_of_the_machine_is_told_once_and_is_no_stall,
          C17_whatever_the_driver_fails_with_the_camera_is_lost_and_comes_back_into_its_ring)
