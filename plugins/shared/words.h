/* What a message says of itself, in the words that all chat sinks use. Plain text, one line, in the
 * host's memory or constant; nothing here is escaped. */
#ifndef TOCSIN_PLUGINS_WORDS_H
#define TOCSIN_PLUGINS_WORDS_H

/* Divides the parts of a line. */
#define DOT " \xc2\xb7 "

struct tocsin_call;

/* "[URGENT 85] title"; "[HIGH] title" where the urgency is unknown; the bare title at level info.
 */
const char *words_headline(struct tocsin_call *call);

/* "Urgent 85 / 100"; "High" where the urgency is unknown. */
const char *words_level(struct tocsin_call *call);

/* "alert created": type and action, as posted. */
const char *words_event(struct tocsin_call *call);

/* "alert created · Urgency 85 / 100 · 2026-11-23 10:00 UTC"; the level's name where the urgency is
 * unknown. Type and action are as posted. */
const char *words_origin(struct tocsin_call *call);

/* "2026-11-23 10:00 UTC": the time of the event. */
const char *words_time(struct tocsin_call *call);

/* "Open alert", "Open case", "Open": what a button says that leads to the message's link. */
const char *words_button(struct tocsin_call *call);

/* What the reader must know beside the message (TOCSIN_REPEAT and its kin); "" is nothing. */
const char *words_marks(struct tocsin_call *call);

#endif
