/* A disk that fails when it is told to: the default VFS of SQLite with its writes and syncs under
 * the test's control. Faults hit every ledger file of the process, from any thread. */
#ifndef TOCSIN_TESTS_STORE_FAULTY_VFS_H
#define TOCSIN_TESTS_STORE_FAULTY_VFS_H

/* Before anything is opened; stays for the rest of the program. */
void faulty_vfs_install(void);

/* What writes and syncs of database files and logs give from now on, SQLITE_OK to do what they
 * should. A sync that fails has lost nothing that is read back: like a kernel that forgot to write
 * it, and goes on showing it. */
void faulty_vfs_fail_writes(int code);
void faulty_vfs_fail_syncs(int code);

/* How often files were written to, and synced. */
int faulty_vfs_writes(void);
int faulty_vfs_syncs(void);

#endif
