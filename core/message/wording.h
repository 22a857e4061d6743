/* The words of the default message: plain text, made from what rules and templates see. */
#ifndef TOCSIN_MESSAGE_WORDING_H
#define TOCSIN_MESSAGE_WORDING_H

struct buf;
struct view;

enum {
    WORDING_LONGEST_TITLE = 512, /* code points */
};

/* The title, one line of at most 512 code points, never empty; the caller frees it. The rule's name
 * (or NULL) is the last resort for an event whose type should have brought a title. */
char *wording_title(const struct view *view, const char *rule);

/* Appends the text: what is missing, what happened, and the event's own text, in paragraphs. */
void wording_text(const struct view *view, struct buf *out);

#endif
