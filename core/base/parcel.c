#include "base/parcel.h"

#include <assert.h>
#include <string.h>

enum {
    no_text = UINT32_MAX, /* the length of NULL */
};

struct parcel parcel_to(struct buf *out)
{
    return (struct parcel){.out = out};
}

struct parcel parcel_from(const char *data, size_t len)
{
    return (struct parcel){.data = data, .len = len};
}

/* The next len bytes; NULL when there are not so many. */
static const char *take(struct parcel *parcel, size_t len)
{
    if (parcel->is_broken || len > parcel->len - parcel->at) {
        parcel->is_broken = true;
        return NULL;
    }
    parcel->at += len;
    return parcel->data + parcel->at - len;
}

static void carry(struct parcel *parcel, void *value, size_t size)
{
    if (parcel->out) {
        buf_append(parcel->out, value, size);
        return;
    }
    const char *bytes = take(parcel, size);
    if (bytes)
        memcpy(value, bytes, size);
    else
        memset(value, 0, size);
}

void parcel_u32(struct parcel *parcel, uint32_t *value)
{
    carry(parcel, value, sizeof *value);
}

void parcel_i64(struct parcel *parcel, int64_t *value)
{
    carry(parcel, value, sizeof *value);
}

void parcel_bool(struct parcel *parcel, bool *value)
{
    uint32_t number = *value;

    parcel_u32(parcel, &number);
    if (!parcel->out)
        *value = number != 0;
}

static void pack_bytes(struct buf *out, const char *bytes, size_t len)
{
    uint32_t size = bytes ? (uint32_t)len : no_text;

    assert(len < no_text);
    buf_append(out, &size, sizeof size);
    if (bytes) {
        buf_append(out, bytes, len);
        buf_putc(out, '\0');
    }
}

static const char *unpack_bytes(struct parcel *parcel, size_t *len)
{
    uint32_t size = 0;

    *len = 0;
    parcel_u32(parcel, &size);
    if (parcel->is_broken || size == no_text)
        return NULL;
    const char *bytes = take(parcel, (size_t)size + 1);
    if (!bytes || bytes[size] != '\0') {
        parcel->is_broken = true;
        return NULL;
    }
    *len = size;
    return bytes;
}

void parcel_text(struct parcel *parcel, const char **text)
{
    size_t len;

    if (parcel->out)
        pack_bytes(parcel->out, *text, *text ? strlen(*text) : 0);
    else
        *text = unpack_bytes(parcel, &len);
}

void parcel_bytes(struct parcel *parcel, const char **bytes, uint64_t *len)
{
    size_t size = 0;

    if (parcel->out) {
        pack_bytes(parcel->out, *bytes, *bytes ? (size_t)*len : 0);
        return;
    }
    *bytes = unpack_bytes(parcel, &size);
    *len = size;
}

void parcel_count(struct parcel *parcel, size_t *count, size_t least)
{
    uint32_t number = (uint32_t)*count;

    parcel_u32(parcel, &number);
    if (parcel->out)
        return;
    if (number > (parcel->len - parcel->at) / least) {
        parcel->is_broken = true;
        number = 0;
    }
    *count = number;
}

bool parcel_is_whole(const struct parcel *parcel)
{
    return !parcel->is_broken && parcel->at == parcel->len;
}
