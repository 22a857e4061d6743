/* The message queue between threads, the only place where they meet. Letters are structs that embed
 * `struct letter` as their first member; a letter belongs to its sender until posted, to the reader
 * once taken. The descriptor is readable while letters wait, so a loop can watch it, and a batch
 * costs one wake-up. */
#ifndef TOCSIN_BASE_MAILBOX_H
#define TOCSIN_BASE_MAILBOX_H

struct letter {
    struct letter *next;
};

struct mailbox;

struct mailbox *mailbox_create(void);

/* The box must be empty: letters in it would be lost. */
void mailbox_destroy(struct mailbox *box);

/* From any thread. */
void mailbox_post(struct mailbox *box, struct letter *letter);

/* Takes all letters in the order of posting, NULL if there are none. One reader only. */
struct letter *mailbox_take_all(struct mailbox *box);

/* Waits up to timeout_ms (negative: for ever), then takes all; NULL when time ran out. It may come
 * back a little early with nothing, when a ring came later than its letter. */
struct letter *mailbox_wait(struct mailbox *box, int timeout_ms);

/* For a loop to watch for reading; then call mailbox_take_all(). */
int mailbox_fd(const struct mailbox *box);

#endif
