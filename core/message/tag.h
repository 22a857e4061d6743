/* The tags of a Mustache template, found one after the other. */
#ifndef TOCSIN_MESSAGE_TAG_H
#define TOCSIN_MESSAGE_TAG_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/* Offsets are into the scanned text. */
struct tag {
    char sigil;        /* what stands before the name: one of # ^ / > ! = { & < $; '\0' for none */
    size_t start, end; /* the whole of it, delimiters included */
    size_t content;    /* what is between sigil and end, without blanks around it */
    size_t content_len;
};

struct tag_scanner {
    const char *text; /* borrowed, as the delimiters are */
    size_t len;
    size_t at; /* where the next tag is looked for */
    const char *open, *close;
    size_t open_len, close_len;
};

enum tag_found {
    TAG_FOUND,
    TAG_NONE,
    TAG_BROKEN
};

/* Begins with the delimiters {{ and }}. */
void tag_scanner_init(struct tag_scanner *scanner, const char *text, size_t len);

/* The next tag. A tag that sets delimiters has set them already. TAG_BROKEN, with the reason: it is
 * not closed, empty, or sets what cannot be delimiters; tag->start is its place. */
enum tag_found tag_next(struct tag_scanner *scanner, struct tag *tag, struct error *error);

/* What counts as blank within tags and around them on a line. */
bool is_tag_blank(char byte);

#endif
