/* What crosses the border to a plugin in a child: the interface's structs, member by member, in
 * either direction (base/parcel.h). Unpacked texts live as long as the parcel's bytes; lists are
 * made in the call's memory. */
#ifndef TOCSIN_SINK_CARGO_H
#define TOCSIN_SINK_CARGO_H

#include <stdint.h>
#include <tocsin/sink.h>

#include "lane/http.h"

struct call;
struct parcel;
struct plugin;

/* The kinds of frames. To the child, and what it says back. */
enum cargo_kind {
    CARGO_CHECK = 1, /* config; done: bool, why */
    CARGO_OPEN,      /* config, message; done: bool, why */
    /* Each of these begins with bool wants_log, bool is_again, int64 deadline, message. */
    CARGO_RENDER,  /* done: request */
    CARGO_JUDGE,   /* answer, outcome; done: outcome */
    CARGO_DELIVER, /* done: outcome */
    CARGO_CLOSE,   /* the child ends */
    CARGO_STOP,    /* what is under way is to come to its end; no answer */
    CARGO_EVENT,   /* the text, asked for by CARGO_WANTS_EVENT */
    /* From the child. */
    CARGO_PLUGIN,      /* once, at first: its description */
    CARGO_NO_PLUGIN,   /* instead: why it cannot be loaded */
    CARGO_DONE,        /* the answer to what was asked */
    CARGO_LOG,         /* a line */
    CARGO_WANTS_EVENT, /* most plugins never do, and it can be megabytes */
};

void cargo_message(struct parcel *parcel, struct call *call, struct tocsin_message *message);
void cargo_request(struct parcel *parcel, struct call *call, struct tocsin_request *request);
void cargo_outcome(struct parcel *parcel, struct tocsin_outcome *outcome);

/* The status, the body, Retry-After and the headers of an answer that came. */
void cargo_answer(struct parcel *parcel, struct http_answer *answer);

/* The plugin's struct, by its table of options. Unpacked lists are never freed: a child has one
 * configuration for its life. */
void cargo_config(struct parcel *parcel, const struct plugin *plugin, void *config);

/* What plugin_load() learned of a plugin, without its functions: which there are. */
void cargo_plugin(struct parcel *parcel, struct plugin *plugin);

#endif
