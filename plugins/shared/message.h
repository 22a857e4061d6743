/* A message, read with the care that a plugin needs. */
#ifndef TOCSIN_PLUGINS_MESSAGE_H
#define TOCSIN_PLUGINS_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

struct tocsin_fact;
struct tocsin_message;

bool is_http_url(const char *text);

/* The level, at most TOCSIN_URGENT: what a later host may add counts as that. */
uint32_t message_level(const struct tocsin_message *message);

/* "info" to "urgent". */
const char *message_level_name(const struct tocsin_message *message);

/* The level's colour in chats that draw a bar: "#D32F2F". */
const char *message_color(const struct tocsin_message *message);

/* The link, or NULL where there is none that can be shown: a chat client refuses a URL that is not
 * http(s), and one over 2,000 bytes would take the room of what it leads to. */
const char *message_link(const struct tocsin_message *message);

/* The fact at an index below fact_count. */
const struct tocsin_fact *message_fact(const struct tocsin_message *message, uint32_t index);

#endif
