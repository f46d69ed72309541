/* What the checks share: other programs' answers, and what users may do. */
#include "config/options.h"
#include "monitor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

const char *doctor_config_path(const char *name, char *buf, size_t size)
{
    const char *set = getenv("FRAMERING_CONFDIR");
    snprintf(buf, size, "%s%s%s", set && *set ? set : FR_CONFDIR, *name ? "/" : "", name);
    return buf;
}

static int spawn(const char *const argv[], bool is_quiet, int out_fd, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return -rc;
    rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
    if (rc == 0 && is_quiet)
        rc = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    else if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, out_fd, 2);
    if (rc == 0)
        rc =
            posix_spawnp(ret_pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return -rc;
}

int doctor_run(const char *const argv[], bool is_quiet,
               void (*line)(const char *text, void *userdata), void *userdata)
{
    int pipe_fd[2], status;
    char text[4096];
    pid_t pid;
    if (pipe2(pipe_fd, O_CLOEXEC) < 0)
        return -errno;
    int rc = spawn(argv, is_quiet, pipe_fd[1], &pid);
    close(pipe_fd[1]);
    FILE *file = rc == 0 ? fdopen(pipe_fd[0], "r") : NULL;
    while (file && fgets(text, sizeof text, file)) {
        text[strcspn(text, "\n")] = 0;
        line(text, userdata);
    }
    if (file)
        fclose(file);
    else
        close(pipe_fd[0]);
    if (rc < 0)
        return rc;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool doctor_is_member(const char *user, gid_t group)
{
    gid_t groups[64];
    int n = sizeof groups / sizeof *groups;
    const struct passwd *entry = getpwnam(user);
    if (!entry || getgrouplist(user, entry->pw_gid, groups, &n) < 0)
        return false;
    for (int i = 0; i < n; i++)
        if (groups[i] == group)
            return true;
    return false;
}

int doctor_may(const char *user, uid_t owner, gid_t group, mode_t mode, int bits)
{
    const struct passwd *entry = getpwnam(user);
    if (!entry)
        return -ENOENT;
    unsigned wanted = (unsigned)bits;
    if (entry->pw_uid == owner)
        return (mode >> 6 & wanted) == wanted;
    if (doctor_is_member(user, group))
        return (mode >> 3 & wanted) == wanted;
    return (mode & wanted) == wanted;
}

const char *doctor_user_name(uid_t uid, char *buf, size_t size)
{
    const struct passwd *entry = getpwuid(uid);
    if (entry)
        snprintf(buf, size, "%s", entry->pw_name);
    else
        snprintf(buf, size, "%u", (unsigned)uid);
    return buf;
}
