/* Looks at the files of the configuration once a second: a look costs a few system calls, and sees
 * what a kernel's notice may not (a file system over the network, a symbolic link's target
 * exchanged). What changed is loaded when it was the same at two looks, for whoever writes a file
 * in two steps. */
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/daemon.h"
#include "config/config.h"
#include "config/sources.h"

enum {
    look_ms = 1000,
};

struct watch {
    struct daemon *daemon;
    struct event *timer;
    struct sources sources;
    uint64_t reading; /* the stamp when they were about to be read */
    uint64_t loaded;  /* of what was read */
    uint64_t seen;    /* at the last look */
};

static void look_again(struct watch *watch)
{
    const struct timeval delay = clock_timeval(look_ms);

    evtimer_add(watch->timer, &delay);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
    struct watch *watch = arg;
    uint64_t now = sources_stamp(&watch->sources);
    bool has_changed = now != watch->loaded, is_at_rest = now == watch->seen;

    (void)fd, (void)what;
    if (watch->daemon->drain_until_ms)
        return;
    look_again(watch);
    watch->seen = now;
    if (!has_changed || !is_at_rest)
        return;
    log_info(&watch->daemon->logger, "a file of the configuration has changed");
    daemon_reload(watch->daemon, NULL);
}

struct watch *watch_create(struct daemon *daemon)
{
    struct watch *watch = mem_alloc(sizeof *watch);

    watch->daemon = daemon;
    watch->timer = evtimer_new(daemon->base, on_look, watch);
    if (!watch->timer)
        mem_exhausted();
    return watch;
}

void watch_destroy(struct watch *watch)
{
    if (!watch)
        return;
    event_free(watch->timer);
    sources_finish(&watch->sources);
    free(watch);
}

void watch_note_reading(struct watch *watch)
{
    watch->reading = sources_stamp(&watch->sources);
}

static void add_setup(struct sources *sources, const struct setup *setup)
{
    sources_add_config(sources, setup->config);
    for (size_t i = 0; i < setup->rule_document_count; i++)
        sources_add_rules(sources, setup->rule_documents[i]);
}

/* What changed while it was read may have been read by half. */
void watch_follow(struct watch *watch, const struct setup *running, const struct setup *refused)
{
    bool is_torn = sources_stamp(&watch->sources) != watch->reading;

    sources_finish(&watch->sources);
    add_setup(&watch->sources, running);
    if (refused)
        add_setup(&watch->sources, refused);
    watch->seen = sources_stamp(&watch->sources);
    watch->loaded = is_torn ? ~watch->seen : watch->seen;
    if (running->config->watch)
        look_again(watch);
    else
        evtimer_del(watch->timer);
}
