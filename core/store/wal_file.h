/* The write-ahead log as the writer writes it. SQLite writes each frame with two system calls, its
 * head and its page; here the frames of a commit go to the kernel together. */
#ifndef TOCSIN_STORE_WAL_FILE_H
#define TOCSIN_STORE_WAL_FILE_H

/* The name of a VFS for sqlite3_open_v2(): the default one of the time when this is first called,
 * with logs that gather. Who reads or checkpoints the same file through another VFS sees no
 * difference: what is committed has been handed on. */
const char *wal_file_vfs(void);

#endif
