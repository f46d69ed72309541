/* A ring of somebody else's, found, attached read-only and checked. Used by readers and by those
 * who only look. */
#pragma once

#include "common/ring/rendezvous.h"

struct fr_attachment {
    struct fr_rendezvous meet;
    void *base; /* NULL: not attached */
    struct fr_view view;
    struct fr_sysv_segment segment;
    unsigned generation;         /* of forks, in which it was attached */
    uint32_t holders;            /* the reader, and each frame held */
    struct fr_attachment *next;  /* for its owner's lists */
    uint32_t pins[FR_SLOTS_MAX]; /* this process's, to be given back at close */
};

/* Attaches the ring that `meet` names, as read by fr_rendezvous_read(). Who made it, its size,
 * boot, epoch and cookie must be as the file says; then its header is copied and checked. 0 (free
 * with fr_attachment_free()); -ENOENT: it is gone; -EACCES, -EPERM, -EPROTO, -ENOMEM with reason.
 * Does not look whether the writer lives. */
int fr_attachment_new(const struct fr_rendezvous *meet, struct fr_attachment **ret_attachment,
                      char *reason, size_t reason_size);

/* Gives this process's pins back, detaches, frees. Takes NULL. */
void fr_attachment_free(struct fr_attachment *attachment);
