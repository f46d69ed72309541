/* What a child made by fork() must not have of ours.
 *
 * The writer's lock is flock(), which belongs to the open file and not to a process: while a child
 * keeps a copy of the descriptor, the lock outlives the writer, and no other can start. So a child
 * closes it, first of all. Semaphores' undo stays with the parent (semop(2)), and so do pins and
 * `alive`; but a child has a copy of each handle, and must not give back what its parent holds.
 * Handles therefore remember in which generation they were made. No pid is asked: they come back.
 *
 * All this is about fork() alone. Descriptors are closed by exec, mappings go with it; vfork() and
 * posix_spawn() run no handlers and need none.
 */
#pragma once

/* A lock's descriptor that children do not keep. Lies in the handle. */
struct fr_fork_fd {
    int fd; /* -1: none; in a child, always */
    struct fr_fork_fd *next;
};

/* Prepares this process, once. 0 or -ENOMEM. */
int fr_forks_init(void);

/* Changes with each fork() that led to this process since fr_forks_init(). */
unsigned fr_forks_generation(void);

/* Between these no thread of this process can fork: around getting a descriptor and adding it, so
 * that no child has it before it is known. */
void fr_forks_hold(void);
void fr_forks_release(void);

/* From now on no child keeps the descriptor; to be called between the two. */
void fr_forks_add(struct fr_fork_fd *entry);
/* Gives the lock back, for a child too that has not come to close its copy yet, and closes the
 * descriptor. Not between the two. Takes one without a descriptor. */
void fr_forks_close(struct fr_fork_fd *entry);
