/* Untrusted text where Mattermost shows plain text: titles that are links, labels, footers, what
 * push notifications say. */
#ifndef TOCSIN_PLUGINS_MATTERMOST_PLAIN_H
#define TOCSIN_PLUGINS_MATTERMOST_PLAIN_H

struct tocsin_call;

/* The text with a space that nobody sees behind each @, and within <!. The server rewrites
 * <!channel> in titles too, and looks for mentions in Markdown only; this is for the day on which
 * it looks here as well. */
const char *plain_unmentioned(struct tocsin_call *call, const char *text);

/* The same for a field's label, in which the web client finds tags, channels and smileys although
 * it reads no Markdown there. */
const char *plain_label(struct tocsin_call *call, const char *text);

#endif
