/* A SQLite VFS under which SIGKILL is a power cut. What is written, cut short or lengthened stays
 * in this process's memory until the file is synced, as in a kernel's page cache: one image a file
 * (inode), for all connections. At seeded moments a random part of what is not synced is written
 * out in random order, as a kernel does when it likes; and at a seeded operation a last such part,
 * some sectors of it torn in the midst, is all that reaches the disk before the process is killed.
 *
 * What was synced is never damaged: SQLite's default here is that a write leaves the bytes beside
 * it alone (https://www.sqlite.org/psow.html). The shared memory of the write-ahead log is left as
 * it is: SQLite makes it anew when it is the first to open the file. Making and removing a file is
 * durable at once.
 *
 * TOCSIN_POWER=SEED:OPERATION cuts at that operation, SEED:0 leaves the cutting to whoever kills.
 * TOCSIN_POWER_SYNC=normal gives every connection synchronous = NORMAL, whatever it asks for, to
 * prove that the tests notice. */
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    sector_bytes = 512,
    write_back_rate = 64, /* one operation in so many is followed by some writing back */
};

/* A file as its readers see it, and which sectors of that the disk does not have. */
struct medium {
    struct medium *next;
    dev_t device;
    ino_t inode;
    unsigned char *image;
    size_t size, room;
    unsigned char *dirty; /* a byte a sector, of `room` */
    bool is_resized;      /* the disk has another size */
};

struct power_file {
    sqlite3_file base;
    struct medium *medium; /* NULL: passed through */
    sqlite3_file *real;    /* behind this struct */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static struct medium *media;
static sqlite3_vfs *real;
static sqlite3_vfs power;
static uint64_t chance;
static long operations, fatal_operation;

static size_t random_below(size_t bound)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (size_t)((chance * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % bound;
}

static void *grown(void *memory, size_t old, size_t size)
{
    unsigned char *grown = realloc(memory, size);

    if (!grown)
        abort();
    memset(grown + old, 0, size - old);
    return grown;
}

static void reserve(struct medium *medium, size_t size)
{
    size_t room = medium->room ? medium->room : 1 << 16;

    while (room < size)
        room *= 2;
    if (room == medium->room)
        return;
    medium->dirty = grown(medium->dirty, medium->room / sector_bytes, room / sector_bytes);
    medium->image = grown(medium->image, medium->room, room);
    medium->room = room;
}

static void mark_dirty(struct medium *medium, size_t from, size_t to)
{
    for (size_t at = from / sector_bytes; at * sector_bytes < to; at++)
        medium->dirty[at] = 1;
}

/* The disk itself: SQLite's own file, as it would be used without this. */
static int write_through(struct power_file *file, size_t from, size_t to)
{
    if (to > file->medium->size)
        to = file->medium->size;
    if (from >= to)
        return SQLITE_OK;
    return file->real->pMethods->xWrite(
        file->real, file->medium->image + from, (int)(to - from), (sqlite3_int64)from);
}

static size_t count_dirty(const struct medium *medium)
{
    size_t count = 0;

    for (size_t i = 0; i < medium->room / sector_bytes; i++)
        count += medium->dirty[i];
    return count;
}

/* Some of the sectors, so many in a hundred, in no order; `torn`: of some only the first bytes. */
static size_t write_back(struct power_file *file, size_t percent, bool torn)
{
    struct medium *medium = file->medium;
    size_t count = medium->room / sector_bytes, written = 0;
    size_t start = random_below(count);

    for (size_t i = 0; i < count; i++) {
        size_t sector = (start + i * 7919) % count; /* a prime: every sector comes once */
        if (!medium->dirty[sector] || random_below(100) >= percent)
            continue;
        size_t from = sector * sector_bytes, to = from + sector_bytes;
        bool is_torn = torn && random_below(4) == 0;
        if (is_torn)
            to = from + random_below(sector_bytes);
        write_through(file, from, to);
        medium->dirty[sector] = is_torn;
        written++;
    }
    if (medium->is_resized && random_below(100) < percent) {
        file->real->pMethods->xTruncate(file->real, (sqlite3_int64)medium->size);
        medium->is_resized = false;
    }
    return written;
}

/* The last moment: what the disk still gets of this file is anything between nothing and all. */
static void cut(struct power_file *file)
{
    static const size_t percents[] = {0, 10, 50, 90, 100};
    size_t lost = count_dirty(file->medium);
    size_t written = write_back(file, percents[random_below(5)], true);

    dprintf(STDERR_FILENO, "power: cut at operation %ld, %zu of %zu sectors written\n", operations,
        written, lost);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* With the lock held, before each operation that changes or syncs a file. */
static void count_operation(struct power_file *file)
{
    operations++;
    if (operations == fatal_operation)
        cut(file);
    if (random_below(write_back_rate) == 0)
        write_back(file, random_below(100), false);
}

static struct power_file *of(sqlite3_file *file)
{
    return (struct power_file *)file;
}

static int on_close(sqlite3_file *file)
{
    return of(file)->real->pMethods->xClose(of(file)->real);
}

static int on_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
    struct medium *medium = of(file)->medium;
    size_t from = (size_t)offset, wanted = (size_t)count;

    if (!medium)
        return of(file)->real->pMethods->xRead(of(file)->real, bytes, count, offset);
    pthread_mutex_lock(&lock);
    size_t there = from < medium->size ? medium->size - from : 0;
    size_t len = there < wanted ? there : wanted;
    if (len)
        memcpy(bytes, medium->image + from, len);
    memset((unsigned char *)bytes + len, 0, wanted - len);
    pthread_mutex_unlock(&lock);
    return len == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int on_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    struct medium *medium = of(file)->medium;
    size_t from = (size_t)offset, to = from + (size_t)count;

    if (!medium)
        return of(file)->real->pMethods->xWrite(of(file)->real, bytes, count, offset);
    pthread_mutex_lock(&lock);
    count_operation(of(file));
    reserve(medium, to);
    if (to > medium->size) {
        mark_dirty(medium, medium->size, to);
        medium->size = to;
        medium->is_resized = true;
    }
    memcpy(medium->image + from, bytes, (size_t)count);
    mark_dirty(medium, from, to);
    pthread_mutex_unlock(&lock);
    return SQLITE_OK;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct medium *medium = of(file)->medium;
    size_t to = (size_t)size;

    if (!medium)
        return of(file)->real->pMethods->xTruncate(of(file)->real, size);
    pthread_mutex_lock(&lock);
    count_operation(of(file));
    if (to < medium->size) {
        mark_dirty(medium, to, medium->size); /* should it grow again, with zeroes */
        memset(medium->image + to, 0, medium->size - to);
        medium->size = to;
        medium->is_resized = true;
    }
    pthread_mutex_unlock(&lock);
    return SQLITE_OK;
}

static int write_all(struct power_file *file)
{
    struct medium *medium = file->medium;
    int code = SQLITE_OK;

    for (size_t i = 0; i < medium->room / sector_bytes && code == SQLITE_OK; i++)
        if (medium->dirty[i])
            code = write_through(file, i * sector_bytes, (i + 1) * sector_bytes);
    if (code == SQLITE_OK && medium->is_resized)
        code = file->real->pMethods->xTruncate(file->real, (sqlite3_int64)medium->size);
    if (code != SQLITE_OK)
        return code;
    memset(medium->dirty, 0, medium->room / sector_bytes);
    medium->is_resized = false;
    return SQLITE_OK;
}

/* No fsync: SIGKILL is the cut, and what this process gave to the kernel survives it. */
static int on_sync(sqlite3_file *file, int flags)
{
    if (!of(file)->medium)
        return of(file)->real->pMethods->xSync(of(file)->real, flags);
    pthread_mutex_lock(&lock);
    count_operation(of(file));
    int code = write_all(of(file));
    pthread_mutex_unlock(&lock);
    return code;
}

static int on_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct medium *medium = of(file)->medium;

    if (!medium)
        return of(file)->real->pMethods->xFileSize(of(file)->real, size);
    pthread_mutex_lock(&lock);
    *size = (sqlite3_int64)medium->size;
    pthread_mutex_unlock(&lock);
    return SQLITE_OK;
}

static int on_lock(sqlite3_file *file, int level)
{
    return of(file)->real->pMethods->xLock(of(file)->real, level);
}

static int on_unlock(sqlite3_file *file, int level)
{
    return of(file)->real->pMethods->xUnlock(of(file)->real, level);
}

static int on_check_reserved_lock(sqlite3_file *file, int *out)
{
    return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, out);
}

/* The hints would change the real file's size behind the image. */
static int on_file_control(sqlite3_file *file, int what, void *arg)
{
    if (of(file)->medium && (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE))
        return SQLITE_OK;
    return of(file)->real->pMethods->xFileControl(of(file)->real, what, arg);
}

static int on_sector_size(sqlite3_file *file)
{
    return of(file)->real->pMethods->xSectorSize(of(file)->real);
}

static int on_device_characteristics(sqlite3_file *file)
{
    return of(file)->real->pMethods->xDeviceCharacteristics(of(file)->real);
}

static int on_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **mapped)
{
    return of(file)->real->pMethods->xShmMap(of(file)->real, region, size, extend, mapped);
}

static int on_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return of(file)->real->pMethods->xShmLock(of(file)->real, offset, count, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
    of(file)->real->pMethods->xShmBarrier(of(file)->real);
}

static int on_shm_unmap(sqlite3_file *file, int remove)
{
    return of(file)->real->pMethods->xShmUnmap(of(file)->real, remove);
}

/* Version 2: without the third's memory mapping, which would read past the image. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
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
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

static struct medium **find_medium(const struct stat *status)
{
    struct medium **at = &media;

    while (*at && ((*at)->device != status->st_dev || (*at)->inode != status->st_ino))
        at = &(*at)->next;
    return at;
}

static int load_image(struct medium *medium, sqlite3_file *file)
{
    sqlite3_int64 size = 0;
    int code = file->pMethods->xFileSize(file, &size);

    reserve(medium, (size_t)size);
    medium->size = (size_t)size;
    if (code != SQLITE_OK || size == 0)
        return code;
    return file->pMethods->xRead(file, medium->image, (int)size, 0);
}

static int attach_medium(struct power_file *file, const char *name)
{
    struct stat status;

    if (stat(name, &status) < 0)
        return SQLITE_CANTOPEN;
    struct medium **at = find_medium(&status);
    if (!*at) {
        struct medium *made = grown(NULL, 0, sizeof *made);
        made->device = status.st_dev;
        made->inode = status.st_ino;
        *at = made;
        int code = load_image(made, file->real);
        if (code != SQLITE_OK)
            return code;
    }
    file->medium = *at;
    return SQLITE_OK;
}

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    struct power_file *opened = of(file);

    (void)vfs;
    opened->base.pMethods = NULL;
    opened->medium = NULL;
    opened->real = (sqlite3_file *)(opened + 1);
    int code = real->xOpen(real, name, opened->real, flags, out);
    if (code != SQLITE_OK)
        return code;
    if (name && (flags & kept)) {
        pthread_mutex_lock(&lock);
        code = attach_medium(opened, name);
        pthread_mutex_unlock(&lock);
    }
    if (code == SQLITE_OK)
        opened->base.pMethods = &methods;
    else
        opened->real->pMethods->xClose(opened->real);
    return code;
}

/* The inode's number may be given to another file: its image goes with it. */
static int on_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct stat status;

    (void)vfs;
    pthread_mutex_lock(&lock);
    struct medium **at = stat(name, &status) == 0 ? find_medium(&status) : NULL;
    if (at && *at)
        *at = (*at)->next; /* not freed: a connection may have it open */
    pthread_mutex_unlock(&lock);
    return real->xDelete(real, name, sync_folder);
}

static int ignore_synchronous(
    void *arg, int what, const char *name, const char *value, const char *c, const char *d)
{
    (void)arg, (void)c, (void)d;
    bool is_set = what == SQLITE_PRAGMA && value && sqlite3_stricmp(name, "synchronous") == 0;

    return is_set ? SQLITE_IGNORE : SQLITE_OK;
}

static int make_careless(sqlite3 *handle, char **why, const struct sqlite3_api_routines *api)
{
    (void)why, (void)api;
    int code = sqlite3_exec(handle, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);

    sqlite3_set_authorizer(handle, ignore_synchronous, NULL);
    return code;
}

__attribute__((constructor)) static void install(void)
{
    const char *wish = getenv("TOCSIN_POWER"), *sync = getenv("TOCSIN_POWER_SYNC");

    if (!wish)
        return;
    char *end = NULL;
    chance = strtoull(wish, &end, 10) * UINT64_C(0x9E3779B97F4A7C15) + 1;
    fatal_operation = *end == ':' ? strtol(end + 1, NULL, 10) : 0;
    real = sqlite3_vfs_find(NULL);
    power = *real;
    power.zName = "power";
    power.szOsFile = (int)sizeof(struct power_file) + real->szOsFile;
    power.xOpen = on_open;
    power.xDelete = on_delete;
    sqlite3_vfs_register(&power, 1);
    if (sync && strcmp(sync, "normal") == 0)
        sqlite3_auto_extension((void (*)(void))make_careless);
}
