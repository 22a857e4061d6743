#include "sink/fallback.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "sink/sink.h"

static const struct sink *find_sink(struct sink *const *sinks, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(sinks[i]->name, name) == 0)
            return sinks[i];
    return NULL;
}

static const struct yaml *find_option(const struct config *config, const char *sink)
{
    for (size_t i = 0; i < config->sink_count; i++)
        if (strcmp(config->sinks[i].name, sink) == 0)
            return yaml_get(config->sinks[i].node, "fallback");
    return NULL;
}

/* Follows the chain from a sink; true, with its words ("a -> b -> a"), when it comes back there. A
 * circle that it only runs into is told of by those on it. */
static bool is_circle(
    const struct sink *first, struct sink *const *sinks, size_t count, struct buf *words)
{
    const struct sink *sink = first;

    buf_puts(words, first->name);
    for (size_t steps = 0; sink && sink->policy.fallback && steps < count; steps++) {
        buf_printf(words, " -> %s", sink->policy.fallback);
        sink = find_sink(sinks, count, sink->policy.fallback);
        if (sink == first)
            return true;
    }
    return false;
}

static bool check_one(const struct config *config, const struct sink *sink,
    struct sink *const *sinks, size_t count, struct problems *problems)
{
    const struct yaml *node = find_option(config, sink->name);
    auto_buf struct buf words = {0};
    auto_free char *subject = text_format("sink %s", sink->name);

    if (!sink_name_check(config, sink->policy.fallback, node, subject, problems))
        return false;
    if (!is_circle(sink, sinks, count, &words))
        return true;
    problem_add(problems, node->place, "sink %s: its fallback leads back to it: %s", sink->name,
        buf_text(&words));
    return false;
}

bool fallbacks_check(
    const struct config *config, struct sink *const *sinks, size_t count, struct problems *problems)
{
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        if (sinks[i]->policy.fallback)
            ok &= check_one(config, sinks[i], sinks, count, problems);
    return ok;
}
