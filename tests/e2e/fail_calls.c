/* Preloaded into a daemon: lays every system call and every allocation between the beginning and
 * the end of its main() before a supervisor (supervisor.py), which lets it pass, or has it fail
 * with an errno.
 *
 * System calls are caught at the kernel's border, by a seccomp filter with a listener. So none can
 * be forgotten, nor hidden by libc or another library, and nothing but the errno differs from a
 * real failure. (ptrace would do as well, but LeakSanitizer does not work under it.) Allocations do
 * not reach the kernel one by one: each asks with a system call that does not exist. So do reads
 * and writes that could be cut short, and close(), for the kernel closes a descriptor whatever it
 * then says of it.
 *
 * At the end, file descriptors that main() has opened and a main() that returned 0 has not closed
 * are told on stderr, and the exit code is 99.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* Numbers that no system call has. The supervisor knows them. */
enum { CALL_BEGIN = 0xfa110, CALL_END, CALL_ALLOCATE, CALL_SHORT, CALL_CLOSE };
enum { FDS = 256, EXIT_LEFT_OPEN = 99 };

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void),
                           void (*)(void), void *);

static main_function *real_main;
static bool is_begun; /* before any other thread */

/* What stands behind us under the same name: libc's, or a sanitizer's. */
#define NEXT(result, name, ...)                                                                    \
    static result (*next)(__VA_ARGS__);                                                            \
    if (!next)                                                                                     \
    next = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

/* ---------------------------------------------------------------- allocations */

/* Inside of what does not survive its own lack of memory. */
static _Thread_local bool is_exempt;

/* libc's name service (2.36): nss_database.c asserts, or follows a null pointer. */
EXPORTED int getgrnam_r(const char *name, struct group *entry, char *buf, size_t size,
                        struct group **ret_found)
{
    NEXT(int, "getgrnam_r", const char *, struct group *, char *, size_t, struct group **);
    is_exempt = true;
    int error = next(name, entry, buf, size, ret_found);
    is_exempt = false;
    return error;
}

/* By this the address sanitizer asks where the stack of a new thread is, and must be told. */
EXPORTED int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    NEXT(int, "pthread_getattr_np", pthread_t, pthread_attr_t *);
    is_exempt = true;
    int error = next(thread, attributes);
    is_exempt = false;
    return error;
}

/* True: it may be had. */
static bool ask(size_t size)
{
    int saved = errno;
    if (is_begun && !is_exempt && syscall(CALL_ALLOCATE, size) < 0)
        return false; /* with the errno of the supervisor */
    errno = saved;
    return true;
}

EXPORTED void *malloc(size_t size)
{
    NEXT(void *, "malloc", size_t);
    return ask(size) ? next(size) : NULL;
}

EXPORTED void *calloc(size_t n, size_t size)
{
    NEXT(void *, "calloc", size_t, size_t);
    return ask(n * size) ? next(n, size) : NULL;
}

EXPORTED void *realloc(void *memory, size_t size)
{
    NEXT(void *, "realloc", void *, size_t);
    return ask(size) ? next(memory, size) : NULL;
}

EXPORTED void *reallocarray(void *memory, size_t n, size_t size)
{
    NEXT(void *, "reallocarray", void *, size_t, size_t);
    return ask(n * size) ? next(memory, n, size) : NULL;
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
    NEXT(void *, "aligned_alloc", size_t, size_t);
    return ask(size) ? next(alignment, size) : NULL;
}

EXPORTED int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    NEXT(int, "posix_memalign", void **, size_t, size_t);
    return ask(size) ? next(ret_memory, alignment, size) : ENOMEM;
}

/* A sanitizer's does not come by malloc(). */
EXPORTED char *strdup(const char *text)
{
    NEXT(char *, "strdup", const char *);
    return ask(strlen(text) + 1) ? next(text) : NULL;
}

/* ---------------------------------------------------------------- reads and writes cut short */

/* So many bytes shall be asked of the kernel. */
static size_t cut(int fd, size_t n)
{
    int saved = errno;
    if (is_begun && n > 1 && syscall(CALL_SHORT, fd, n) < 0)
        n /= 2;
    errno = saved;
    return n;
}

EXPORTED ssize_t read(int fd, void *buf, size_t n)
{
    NEXT(ssize_t, "read", int, void *, size_t);
    return next(fd, buf, cut(fd, n));
}

EXPORTED ssize_t write(int fd, const void *buf, size_t n)
{
    NEXT(ssize_t, "write", int, const void *, size_t);
    return next(fd, buf, cut(fd, n));
}

EXPORTED ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
    NEXT(ssize_t, "pread", int, void *, size_t, off_t);
    return next(fd, buf, cut(fd, n), at);
}

EXPORTED ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
    NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return next(fd, buf, cut(fd, n), at);
}

EXPORTED int close(int fd)
{
    NEXT(int, "close", int);
    if (is_begun && syscall(CALL_CLOSE, fd) < 0) {
        int error = errno;
        next(fd);
        errno = error;
        return -1;
    }
    return next(fd);
}

/* ---------------------------------------------------------------- the filter */

static void give_up(const char *what)
{
    dprintf(STDERR_FILENO, "fail_calls: %s: %s\n", what, strerror(errno));
    _exit(98);
}

static void send_fd(int socket_fd, int fd)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof fd)];
    } control = {0};
    struct iovec one_byte = {.iov_base = "", .iov_len = 1};
    struct msghdr message = {.msg_iov = &one_byte,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    if (sendmsg(socket_fd, &message, 0) < 0)
        give_up("sendmsg");
}

/* Every call goes to the listener, but the one that hands the listener over. */
static void install(int socket_fd)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmsg, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)socket_fd, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        give_up("no_new_privs");
    long fd =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (fd < 0)
        give_up("seccomp");
    send_fd(socket_fd, (int)fd);
    close((int)fd);
    close(socket_fd);
}

/* ---------------------------------------------------------------- main */

static void list_fds(bool is_open[FDS])
{
    for (int fd = 0; fd < FDS; fd++)
        is_open[fd] = fcntl(fd, F_GETFD) >= 0;
}

static bool are_some_left(const bool before[FDS])
{
    bool are_left = false, after[FDS];
    list_fds(after);
    for (int fd = STDERR_FILENO + 1; fd < FDS; fd++)
        if (after[fd] && !before[fd]) {
            char link[32], name[256] = "";
            snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
            if (readlink(link, name, sizeof name - 1) > 0)
                dprintf(STDERR_FILENO, "fail_calls: left open: %d, %s\n", fd, name);
            are_left = true;
        }
    return are_left;
}

static int watched_main(int argc, char **argv, char **envp)
{
    const char *socket_text = getenv("FAIL_CALLS_SOCKET");
    bool before[FDS];
    if (!socket_text)
        return real_main(argc, argv, envp);
    install(atoi(socket_text));
    unsetenv("LD_PRELOAD");
    list_fds(before);
    /* Calls made from elsewhere than libc's text are a sanitizer's own. */
    syscall(CALL_BEGIN, dlsym(RTLD_NEXT, "syscall"));
    is_begun = true;
    int code = real_main(argc, argv, envp);
    is_begun = false;
    syscall(CALL_END);
    if (code == 0 && are_some_left(before))
        return EXIT_LEFT_OPEN;
    return code;
}

EXPORTED int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                               void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
EXPORTED int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                               void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    start_function *next = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");
    real_main = main;
    return next(watched_main, argc, argv, init, fini, rtld_fini, stack_end);
}
