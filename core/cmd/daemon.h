/* The daemon: everything put together. What it runs by may be another configuration from one moment
 * to the next (changeover.c). */
#ifndef TOCSIN_CMD_DAEMON_H
#define TOCSIN_CMD_DAEMON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "admin/listener.h"
#include "base/log.h"
#include "cmd/setup.h"

struct comparing;
struct enricher;
struct error;
struct event;
struct event_base;
struct flow;
struct hook_listener;
struct http_lane;
struct journal;
struct metrics;
struct retired;
struct secrets;
struct supervisor;
struct watch;

struct daemon {
    const char *file; /* of the configuration; borrowed */
    struct setup setup;
    struct secrets *secrets; /* of every configuration so far: what a log never shows */
    struct logger logger;
    struct event_base *base;
    struct supervisor *supervisor; /* NULL: nobody wants to be told */
    struct metrics *metrics;
    struct journal *journal;
    struct http_lane *http;
    struct enricher *enricher;
    struct flow *flow;
    struct hook_listener *hooks;
    struct admin_listener *admin;
    struct admin_configuration configuration;
    LIST_HEAD(, retired) retired; /* configurations of which something is still under way */
    struct event *retire;
    struct watch *watch;
    struct comparing *comparing; /* a what-if that somebody asked for; NULL: none */
    struct event *on_term, *on_int, *on_hup, *drain, *prune;
    int64_t pruned_ms;      /* monotonic; when it was begun last */
    int64_t drain_until_ms; /* monotonic; 0: not stopping */
};

/* In daemon.c. The setup is loaded, the logger and the base are there. */
bool daemon_open(struct daemon *daemon, struct error *error);

/* Another configuration was taken over; or the first one. */
void daemon_note_loaded(struct daemon *daemon);

/* The ledger is closed first: its last answers still find everything they speak of. False: a thread
 * that blocks was left behind, and may still use anything of the setup. */
bool daemon_close(struct daemon *daemon);

/* What the flow and the admin listener work with by that setup. */
struct flow_parts daemon_flow_parts(const struct daemon *daemon, const struct setup *setup);
struct admin_parts daemon_admin_parts(struct daemon *daemon);

/* In changeover.c. */

/* Loads the configuration anew, beside the one that runs. With an error in it, or a change that
 * only a start can make, nothing changes, and the log says why. *report (a new object; NULL when
 * nobody wants it) says what differs, or what is wrong. */
bool daemon_reload(struct daemon *daemon, json_t **report);

/* What there is to warn of in the configuration that is taken over. */
void daemon_log_warnings(const struct daemon *daemon);

/* Ends what configurations before this one left: their look-ups before the way out, their sinks
 * after it. False as daemon_close(). */
void changeover_end_lookups(struct daemon *daemon);
bool changeover_end(struct daemon *daemon);

/* In watch.c: reloads when a file of the configuration has changed and come to rest. */
struct watch *watch_create(struct daemon *daemon);
void watch_destroy(struct watch *watch);

/* The files are about to be read. */
void watch_note_reading(struct watch *watch);

/* They were read: what runs now is looked at from now on, where it says so, and also the files of
 * what was refused (or NULL), which somebody is going to mend. */
void watch_follow(struct watch *watch, const struct setup *running, const struct setup *refused);

#endif
