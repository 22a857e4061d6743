#include "store/wal_file.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

enum {
    frame_head_bytes = 24,
    commit_mark = 4, /* where in the head: four bytes, all zero but in a commit's last frame
                        (https://www.sqlite.org/fileformat2.html#walformat) */
    gathered_bytes = 128 * 1024, /* what goes to the kernel at once, at most */
};

/* The file of the VFS beneath lies behind it. */
struct wal_file {
    sqlite3_file base;
    sqlite3_int64 offset; /* where in the file the gathered bytes belong */
    int gathered;
    bool ends_commit; /* the page that comes next does */
    unsigned char *bytes;
};

static struct wal_file *wal_of(sqlite3_file *file)
{
    return (struct wal_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)(wal_of(file) + 1);
}

/* What could not be written is forgotten: SQLite is told, and nothing of this transaction is kept.
 */
static int hand_on(sqlite3_file *file)
{
    struct wal_file *wal = wal_of(file);
    int count = wal->gathered;

    wal->gathered = 0;
    if (count == 0)
        return SQLITE_OK;
    return real_of(file)->pMethods->xWrite(real_of(file), wal->bytes, count, wal->offset);
}

static bool is_commit(const unsigned char *bytes, int count)
{
    static const unsigned char none[4];

    return count == frame_head_bytes && memcmp(bytes + commit_mark, none, sizeof none) != 0;
}

/* Nothing may stay here after the last frame of a commit: with it SQLite shows the frames to
 * others, and only `synchronous = FULL` would have it sync them first. */
static int on_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    struct wal_file *wal = wal_of(file);
    bool ends_commit = wal->ends_commit, goes_on = offset == wal->offset + wal->gathered;
    int code = SQLITE_OK;

    wal->ends_commit = is_commit(bytes, count);
    if (!goes_on || wal->gathered + count > gathered_bytes)
        code = hand_on(file);
    if (code != SQLITE_OK)
        return code;
    if (count > gathered_bytes)
        return real_of(file)->pMethods->xWrite(real_of(file), bytes, count, offset);
    if (wal->gathered == 0)
        wal->offset = offset;
    memcpy(wal->bytes + wal->gathered, bytes, (size_t)count);
    wal->gathered += count;
    return ends_commit ? hand_on(file) : SQLITE_OK;
}

static int on_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
    int code = hand_on(file);

    return code ? code : real_of(file)->pMethods->xRead(real_of(file), bytes, count, offset);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = hand_on(file);

    return code ? code : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int on_sync(sqlite3_file *file, int flags)
{
    int code = hand_on(file);

    return code ? code : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int on_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int code = hand_on(file);

    return code ? code : real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int on_close(sqlite3_file *file)
{
    int code = hand_on(file), closed = real_of(file)->pMethods->xClose(real_of(file));

    sqlite3_free(wal_of(file)->bytes);
    return code ? code : closed;
}

static int on_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int on_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int on_check_reserved_lock(sqlite3_file *file, int *is_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int on_file_control(sqlite3_file *file, int what, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int on_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int on_device_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* The first version: a log is neither mapped nor has it shared memory, its database does. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_file_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_reserved_lock,
    .xFileControl = on_file_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_device_characteristics,
};

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *beneath = vfs->pAppData;

    if (!(flags & SQLITE_OPEN_WAL))
        return beneath->xOpen(beneath, name, file, flags, out);
    *wal_of(file) = (struct wal_file){.bytes = sqlite3_malloc(gathered_bytes)};
    int code = wal_of(file)->bytes ? beneath->xOpen(beneath, name, real_of(file), flags, out)
                                   : SQLITE_NOMEM;
    if (code == SQLITE_OK)
        file->pMethods = &methods;
    else
        sqlite3_free(wal_of(file)->bytes);
    return code;
}

/* Made once, by whoever opens a ledger first. */
static sqlite3_vfs gathering;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_vfs(void)
{
    sqlite3_vfs *beneath = sqlite3_vfs_find(NULL);

    gathering = *beneath;
    gathering.zName = "tocsin";
    gathering.pAppData = beneath;
    gathering.szOsFile = (int)sizeof(struct wal_file) + beneath->szOsFile;
    gathering.xOpen = on_open;
    sqlite3_vfs_register(&gathering, 0);
}

const char *wal_file_vfs(void)
{
    pthread_once(&once, make_vfs);
    return gathering.zName;
}
