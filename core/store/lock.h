/* One daemon a ledger: a lock on PATH.lock, held as long as the descriptor is open. The file holds
 * the holder's process id as text, and stays when the lock goes: removing it would let two daemons
 * lock two files of one name. */
#ifndef TOCSIN_STORE_LOCK_H
#define TOCSIN_STORE_LOCK_H

struct error;

/* The descriptor, or -1 with the reason; if another process holds it, with its process id. */
int lock_take(const char *path, struct error *error);
void lock_release(int fd);

#endif
