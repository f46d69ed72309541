/* usb_camera: a USB webcam in user space, plugged into the kernel's virtual USB hub.
 *
 * The kernel's own uvcvideo drives it, so that what a real camera does, and does wrong, reaches the
 * programs under test on the way that it takes in life. It is told what to do over a socket.
 *
 *   usb_camera [OPTION]...        the camera, until it is told to quit; prints a line for each thing
 *                                 that happens to it (plugged, streaming, stopped, unplugged)
 *   usb_camera --tell COMMAND...  tells the running one; prints its answer
 *
 * For the virtual machine of the tests: it wants root and the module vhci_hcd.
 */
#include "tests/vm/usb_camera/command.h"

#include "common/daemon/clock.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, ANSWER_MAX_BYTES = 8192 };

struct options {
    const char *path, *serial, *log;
    bool is_isochronous, is_unplugged, is_telling;
    long port;
};

static int print_help(void)
{
    puts("usage: usb_camera [OPTION]...\n"
         "       usb_camera [--socket PATH] --tell COMMAND...\n"
         "\n"
         "A USB webcam in the kernel's virtual USB hub (modprobe vhci_hcd uvcvideo).\n"
         "\n"
         "  --socket PATH   where it is told what to do (/run/usb_camera)\n"
         "  --serial TEXT   its serial number (0001)\n"
         "  --isochronous   isochronous transfers instead of bulk\n"
         "  --port N        plugs itself into that port at first (the first that is free)\n"
         "  --unplugged     does not plug itself in at first\n"
         "  --log PATH      a line for each frame: stream, number, verdict, fault\n"
         "  --tell          all that follows is a command to the one that runs\n"
         "\n"
         "Commands:");
    fputs(command_help, stdout);
    for (int i = 0; i < N_FAULTS; i++)
        printf("%s%s", i ? ", " : "", fault_kinds[i].name);
    putchar('\n');
    return 0;
}

/* A datagram socket bound to `path`, or (NULL) to a name that the kernel finds. */
static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = sizeof address.sun_family;
    if (path) {
        if (strlen(path) >= sizeof address.sun_path)
            return -ENAMETOOLONG;
        strcpy(address.sun_path, path);
        length = sizeof address;
        unlink(path);
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0)
        return -errno;
    return fd;
}

/* The answer's first byte is '+' or '-'. */
static int tell(const char *path, int n, char **words)
{
    char line[LINE_MAX_BYTES] = "", answer[ANSWER_MAX_BYTES];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    for (int i = 0; i < n; i++) {
        if (strlen(line) + strlen(words[i]) + 2 > sizeof line) {
            fputs("usb_camera: the command is too long\n", stderr);
            return 2;
        }
        strcat(strcat(line, words[i]), " ");
    }
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = open_socket(NULL);
    ssize_t got = -1;
    if (fd >= 0 &&
        sendto(fd, line, strlen(line), 0, (struct sockaddr *)&address, sizeof address) >= 0)
        got = recv(fd, answer, sizeof answer - 1, 0);
    if (got < 1) {
        fprintf(stderr, "usb_camera: no camera listens at %s: %s\n", path, strerror(errno));
        return 1;
    }
    close(fd);
    answer[got] = 0;
    bool is_good = answer[0] == '+';
    fprintf(is_good ? stdout : stderr, "%s%s\n", is_good ? "" : "usb_camera: ", answer + 1);
    return is_good ? 0 : 1;
}

/* Takes a command. False: it was to end. */
static bool serve_command(struct device *device, int fd)
{
    char line[LINE_MAX_BYTES], answer[ANSWER_MAX_BYTES];
    struct sockaddr_un from;
    socklen_t length = sizeof from;
    ssize_t n = recvfrom(fd, line, sizeof line - 1, 0, (struct sockaddr *)&from, &length);
    if (n < 0)
        return true;
    line[n] = 0;
    bool is_end = strncmp(line, "quit", 4) == 0;
    memset(answer, 0, sizeof answer);
    FILE *to = fmemopen(answer + 1, sizeof answer - 1, "w");
    if (!to)
        return true;
    if (is_end)
        fputs("ok", to);
    answer[0] = is_end || command_run(device, line, to) ? '+' : '-';
    fclose(to);
    /* Who does not wait for the answer does not get it. */
    sendto(fd, answer, strlen(answer), MSG_DONTWAIT, (struct sockaddr *)&from, length);
    return !is_end;
}

static void arm(int timer_fd, const struct device *device)
{
    int64_t due_ns = device->stream.is_on ? device->stream.due_ns : 0;
    struct itimerspec when = {
        .it_value = {.tv_sec = due_ns / FR_NS_PER_S, .tv_nsec = due_ns % FR_NS_PER_S}};
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static int run(struct device *device, int command_fd, int timer_fd)
{
    for (bool goes_on = true; goes_on;) {
        struct pollfd fds[] = {{.fd = device->socket, .events = POLLIN},
                               {.fd = command_fd, .events = POLLIN},
                               {.fd = timer_fd, .events = POLLIN}};
        device_run(device);
        fds[0].fd = device->socket;
        arm(timer_fd, device);
        if (poll(fds, 3, -1) < 0 && errno != EINTR) {
            perror("usb_camera: poll");
            return 1;
        }
        if (fds[0].fd >= 0 && fds[0].revents)
            device_serve(device);
        if (fds[1].revents)
            goes_on = serve_command(device, command_fd);
    }
    return 0;
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {{"socket", required_argument, NULL, 's'},
                                          {"serial", required_argument, NULL, 'n'},
                                          {"isochronous", no_argument, NULL, 'i'},
                                          {"port", required_argument, NULL, 'p'},
                                          {"unplugged", no_argument, NULL, 'u'},
                                          {"log", required_argument, NULL, 'l'},
                                          {"tell", no_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    for (int c; !options->is_telling && (c = getopt_long(argc, argv, "+", longs, NULL)) != -1;) {
        switch (c) {
        case 's':
            options->path = optarg;
            break;
        case 'n':
            options->serial = optarg;
            break;
        case 'i':
            options->is_isochronous = true;
            break;
        case 'p':
            options->port = strtol(optarg, NULL, 10);
            break;
        case 'u':
            options->is_unplugged = true;
            break;
        case 'l':
            options->log = optarg;
            break;
        case 't':
            options->is_telling = true;
            break;
        case 'h':
            exit(print_help());
        default:
            return 2;
        }
    }
    if (options->is_telling == (optind < argc))
        return 0;
    fputs("usb_camera: expected options, and behind --tell a command; see --help\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct options options = {.path = "/run/usb_camera", .serial = "0001", .port = -1};
    struct device device = {.socket = -1};
    FILE *log = NULL;
    int status = parse(argc, argv, &options);
    if (status)
        return status;
    if (options.is_telling)
        return tell(options.path, argc - optind, argv + optind);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (options.log && !(log = fopen(options.log, "we"))) {
        perror(options.log);
        return 1;
    }
    if (log)
        setvbuf(log, NULL, _IOLBF, 0);
    int command_fd = open_socket(options.path);
    int timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int rc = command_fd < 0 ? command_fd : timer_fd < 0 ? -errno : 0;
    if (rc == 0)
        rc = device_init(&device, options.is_isochronous, options.serial, log);
    if (rc == 0 && !options.is_unplugged)
        rc = device_plug(&device, (int)options.port);
    if (rc == 0) {
        puts("ready");
        status = run(&device, command_fd, timer_fd);
    } else {
        fprintf(stderr, "usb_camera: %s%s\n", strerror(-rc),
                rc == -ENOENT ? " (modprobe vhci_hcd?)" : "");
        status = 1;
    }
    device_fini(&device);
    unlink(options.path);
    if (log)
        fclose(log);
    return status;
}
