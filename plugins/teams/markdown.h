/* The Markdown that a template's author may write for Teams: **bold** and __bold__, _italic_ and
 * *italic*, [text](https://...), lists, and a back-slash before what shall be shown as it is.
 * Source: https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features; what pairs with
 * what is CommonMark's rule.
 *
 * Only what the template itself wrote counts as Markdown. What a value put there is known by the
 * host's escaping for Teams, which breaks up whatever could act, so both forms of the text are read
 * side by side; what is shown is the plain form, byte for byte, so that it can be copied out. */
#ifndef TOCSIN_PLUGINS_TEAMS_MARKDOWN_H
#define TOCSIN_PLUGINS_TEAMS_MARKDOWN_H

#include <stdbool.h>

struct tocsin_call;
struct markdown;

/* A piece of a line that looks the same throughout. */
struct stretch {
    const char *text; /* NULL ends the line */
    const char *link; /* an http(s) URL of ASCII, at most 2,000 bytes; or NULL */
    bool is_bold, is_italic;
};

/* Reads a text in the flavour TOCSIN_TEAMS beside the same as plain text, whose beginning of 48 KiB
 * counts. Where the two do not fit together, the rest is text without Markdown. All of it lives in
 * the host's memory, until the call's end. */
struct markdown *markdown_read(struct tocsin_call *call, const char *flavoured, const char *plain);

/* The next stretch, or the end of a line; false when there is nothing more. Line breaks are not
 * part of the text, and blanks that begin a line cannot be swallowed by who shows it. */
bool markdown_next(struct tocsin_call *call, struct markdown *markdown, struct stretch *stretch);

/* From the beginning again. */
void markdown_rewind(struct markdown *markdown);

/* Whether the text was longer than what counts. */
bool markdown_is_cut(const struct markdown *markdown);

#endif
