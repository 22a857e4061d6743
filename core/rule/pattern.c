#include "rule/pattern.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "build_config.h"

#if HAVE_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

enum {
    most_steps_at_one_place = 100000,
    most_steps = 1000000, /* some tens of milliseconds */
    most_memory_kib = 32 << 10,
    bytes_a_step = 16, /* of text that a repeat runs over without asking us */
};

struct pattern {
    char *text;
    pcre2_code *code;
    struct patterns *patterns; /* those that it is one of */
};

/* What one search needs at a time. */
struct search {
    pcre2_match_data *found;
    pcre2_match_context *limits;
    size_t *steps, at;
};

struct patterns {
    struct pattern **items;
    size_t count;
    _Atomic(struct search *) spare; /* what the last search left for the next */
};

/* PCRE2 begins to count anew at each place of the text where the pattern may begin, and does not
 * count the characters that a repeat runs over: with its own limits alone, a long run of blanks
 * keeps `\s+x` busy for the square of its length. Hence this count, of the pattern's items. */
static int on_step(pcre2_callout_block *callout, void *arg)
{
    struct search *search = arg;
    size_t at = callout->current_position;

    *search->steps += 1 + (at > search->at ? at - search->at : search->at - at) / bytes_a_step;
    search->at = at;
    return *search->steps > most_steps ? PCRE2_ERROR_CALLOUT : 0;
}

static struct search *search_create(void)
{
    struct search *search = mem_alloc(sizeof *search);

    search->found = pcre2_match_data_create(1, NULL);
    search->limits = pcre2_match_context_create(NULL);
    if (!search->found || !search->limits)
        mem_exhausted();
    pcre2_set_match_limit(search->limits, most_steps_at_one_place);
    pcre2_set_depth_limit(search->limits, most_steps_at_one_place);
    pcre2_set_heap_limit(search->limits, most_memory_kib);
    pcre2_set_callout(search->limits, on_step, search);
    return search;
}

static void search_destroy(struct search *search)
{
    if (!search)
        return;
    pcre2_match_data_free(search->found);
    pcre2_match_context_free(search->limits);
    free(search);
}

struct patterns *patterns_create(void)
{
    return mem_alloc(sizeof(struct patterns));
}

void patterns_destroy(struct patterns *patterns)
{
    if (!patterns)
        return;
    for (size_t i = 0; i < patterns->count; i++) {
        pcre2_code_free(patterns->items[i]->code);
        free(patterns->items[i]->text);
        free(patterns->items[i]);
    }
    free(patterns->items);
    search_destroy(atomic_load(&patterns->spare));
    free(patterns);
}

static const struct pattern *find(const struct patterns *patterns, const char *text)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (strcmp(patterns->items[i]->text, text) == 0)
            return patterns->items[i];
    return NULL;
}

static pcre2_code *compile(const char *text, struct error *error)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
    PCRE2_UCHAR reason[256];
    PCRE2_SIZE offset;
    int fault;

    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &fault, &offset, NULL);
    if (!code) {
        pcre2_get_error_message(fault, reason, sizeof reason);
        error_set(error, "%s, at offset %zu", (const char *)reason, offset);
        return NULL;
    }
    /* It is only faster. It fails where memory may not become code (systemd's
     * MemoryDenyWriteExecute=), and then the pattern is interpreted: the same, but PCRE2 counts the
     * steps at one place otherwise. */
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

const struct pattern *patterns_add(struct patterns *patterns, const char *text, struct error *error)
{
    const struct pattern *known = find(patterns, text);

    if (known)
        return known;
    pcre2_code *code = compile(text, error);
    if (!code)
        return NULL;
    struct pattern *pattern = mem_alloc(sizeof *pattern);
    *pattern = (struct pattern){.text = text_copy(text), .code = code, .patterns = patterns};
    patterns->items = mem_resize(patterns->items, (patterns->count + 1) * sizeof(struct pattern *));
    patterns->items[patterns->count++] = pattern;
    return pattern;
}

static int match(const struct pattern *pattern, const char *text, size_t len, uint32_t options,
    struct search *search)
{
    search->at = 0;
    return pcre2_match(
        pattern->code, (PCRE2_SPTR)text, len, 0, options, search->found, search->limits);
}

static const char *limit_of(int status)
{
    switch (status) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
        return "100,000 steps";
    case PCRE2_ERROR_CALLOUT:
        return "1,000,000 steps";
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_NOMEMORY:
        return "32 MiB of memory";
    default:
        return NULL;
    }
}

bool pattern_search(
    const struct pattern *pattern, const char *text, size_t len, size_t *steps, const char **limit)
{
    struct search *search = atomic_exchange(&pattern->patterns->spare, NULL);

    if (!search)
        search = search_create();
    search->steps = steps;
    int status = match(pattern, text, len, 0, search);
    if (status == PCRE2_ERROR_JIT_STACKLIMIT)
        status = match(pattern, text, len, PCRE2_NO_JIT, search);
    const char *reached = limit_of(status);
    if (reached) {
        *limit = reached;
        search_destroy(search); /* it may have grown to the limit of memory */
    } else {
        search_destroy(atomic_exchange(&pattern->patterns->spare, search));
    }
    /* No captures are asked for: where there are any, there is no room for them, which is 0. */
    return status >= 0;
}

#else

struct patterns *patterns_create(void)
{
    return mem_alloc(1);
}

void patterns_destroy(struct patterns *patterns)
{
    free(patterns);
}

const struct pattern *patterns_add(struct patterns *patterns, const char *text, struct error *error)
{
    (void)patterns;
    (void)text;
    error_set(error, "this tocsin was built without PCRE2");
    return NULL;
}

bool pattern_search(
    const struct pattern *pattern, const char *text, size_t len, size_t *steps, const char **limit)
{
    (void)pattern;
    (void)text;
    (void)len;
    (void)steps;
    (void)limit;
    return false; /* there are no patterns */
}

#endif
