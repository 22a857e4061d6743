#include "../cmocka_setup.h"

#include "faulty_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int write_code, sync_code, write_count, sync_count;
static sqlite3_vfs *real;
static sqlite3_vfs faulty;

/* A log and a database have different methods under their file: the table of each is copied with
 * the two of ours in it. */
static sqlite3_io_methods patched[2];
static const sqlite3_io_methods *original[2];

static int is_log(const sqlite3_file *file)
{
    return file->pMethods == &patched[1];
}

static int on_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    int code = atomic_load(&write_code);

    atomic_fetch_add(&write_count, 1);
    return code ? code : original[is_log(file)]->xWrite(file, bytes, count, offset);
}

static int on_sync(sqlite3_file *file, int flags)
{
    int code = atomic_load(&sync_code);

    atomic_fetch_add(&sync_count, 1);
    return code ? code : original[is_log(file)]->xSync(file, flags);
}

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    int code = real->xOpen(real, name, file, flags, out);
    int log = (flags & SQLITE_OPEN_WAL) != 0;

    (void)vfs;
    if (code == SQLITE_OK && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)))
        file->pMethods = &patched[log];
    return code;
}

/* The tables are learnt from a real pair of files before there is any thread. */
static int on_first_open(
    sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    int code = real->xOpen(real, name, file, flags, out);
    int log = (flags & SQLITE_OPEN_WAL) != 0;

    (void)vfs;
    if (code == SQLITE_OK && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB))) {
        original[log] = file->pMethods;
        patched[log] = *file->pMethods;
        patched[log].xWrite = on_write;
        patched[log].xSync = on_sync;
    }
    return code;
}

void faulty_vfs_install(void)
{
    char folder[] = "/tmp/tocsin-vfs-XXXXXX", path[64];
    sqlite3 *handle;

    real = sqlite3_vfs_find(NULL);
    faulty = *real;
    faulty.zName = "faulty";
    faulty.xOpen = on_first_open;
    sqlite3_vfs_register(&faulty, 1);

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/first.db", folder);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(handle, "PRAGMA journal_mode = WAL; CREATE TABLE t(x)", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(handle);
    unlink(path);
    rmdir(folder);
    assert_non_null(original[0]);
    assert_non_null(original[1]);
    faulty.xOpen = on_open;
}

void faulty_vfs_fail_writes(int code)
{
    atomic_store(&write_code, code);
}

void faulty_vfs_fail_syncs(int code)
{
    atomic_store(&sync_code, code);
}

int faulty_vfs_writes(void)
{
    return atomic_load(&write_count);
}

int faulty_vfs_syncs(void)
{
    return atomic_load(&sync_count);
}
