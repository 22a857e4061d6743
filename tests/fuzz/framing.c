/* Bytes of a connection, in portions that they say themselves: whatever the portions, they are read
 * as they are in one piece; no request ends behind a fault. */
#include <string.h>

#include "demand.h"
#include "harness.h"
#include "hook/framing.h"

static bool is_same(const struct framing *one, const struct framing *other)
{
    return one->fault == other->fault && one->requests == other->requests &&
           (one->fault || (one->part == other->part && one->left == other->left));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct framing whole = {0}, parts = {0};

    framing_read(&whole, bytes, size);
    for (size_t at = 0; at < size;) {
        size_t portion = 1 + data[at] % 16, left = size - at;
        uint64_t before = parts.requests;
        bool was_faulty = parts.fault != NULL;
        framing_read(&parts, bytes + at, portion < left ? portion : left);
        DEMAND(parts.requests >= before && (!was_faulty || parts.requests == before));
        at += portion;
    }
    DEMAND(is_same(&whole, &parts));
    DEMAND(whole.requests <= size / strlen("A / HTTP/1.1\r\n\r\n"));
    DEMAND(framing_is_sure(&whole, 0) == (whole.requests > 0));
    DEMAND(!framing_is_sure(&whole, whole.requests));
    if (whole.fault)
        demand_line(whole.fault, 100);
    return 0;
}
