#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "enrich/enricher.h"
#include "event/document.h"
#include "event/path.h"

/* The object inside the answer, a new reference; NULL when there is none. */
static json_t *pick_object(json_t *answer, const char *pick)
{
    struct path path;
    json_t *picked = answer;

    if (pick && path_init(&path, pick, NULL)) {
        picked = path_get(&path, answer);
        path_finish(&path);
    }
    return json_is_object(picked) ? json_incref(picked) : NULL;
}

struct looked_up *looked_up_create(
    const char *name, const char *status, const void *bytes, size_t len, const char *pick)
{
    struct looked_up *looked_up = mem_alloc(sizeof *looked_up);

    looked_up->references = 1;
    looked_up->name = text_copy(name);
    looked_up->status = text_copy(status);
    looked_up->pick = text_copy(pick);
    if (!bytes)
        return looked_up;
    auto_error struct error error = {0};
    json_t *answer = document_parse(bytes, len, &error);
    looked_up->object = pick_object(answer, pick);
    if (looked_up->object) {
        looked_up->bytes = text_copy_n(bytes, len);
        looked_up->len = len;
    } else {
        free(looked_up->status);
        looked_up->status = text_format("the answer is no object: %s",
            answer ? (pick ? pick : "it is another kind of JSON") : error_text(&error));
    }
    json_decref(answer);
    return looked_up;
}

struct looked_up *looked_up_keep(struct looked_up *looked_up)
{
    looked_up->references++;
    return looked_up;
}

void looked_up_release(struct looked_up *looked_up)
{
    if (!looked_up)
        return;
    assert(looked_up->references > 0);
    if (--looked_up->references > 0)
        return;
    free(looked_up->name);
    free(looked_up->status);
    free(looked_up->bytes);
    free(looked_up->pick);
    json_decref(looked_up->object);
    free(looked_up);
}
