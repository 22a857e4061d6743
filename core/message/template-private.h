/* A compiled template: a flat row of nodes. */
#ifndef TOCSIN_MESSAGE_TEMPLATE_PRIVATE_H
#define TOCSIN_MESSAGE_TEMPLATE_PRIVATE_H

#include "event/path.h"
#include "message/format.h"
#include "message/template.h"

enum node_kind {
    NODE_TEXT, /* at most one line of literal text, its line break included */
    NODE_VALUE,
    NODE_SECTION, /* what is in it follows, up to its NODE_END */
    NODE_INVERTED,
    NODE_END,
    NODE_PARTIAL
};

struct node {
    enum node_kind kind;
    bool begins_line;       /* NODE_TEXT: here an indented partial puts its indentation */
    bool is_raw;            /* NODE_VALUE: not escaped */
    bool is_local;          /* the name is looked for in the innermost context alone */
    size_t line, column;    /* of the tag */
    const char *text;       /* NODE_TEXT: the text. NODE_PARTIAL: the indentation of one that stands
                               alone on its line. In the template's own copy */
    size_t len;             /* of `text` */
    size_t end;             /* NODE_SECTION, NODE_INVERTED: the index of the NODE_END */
    char *name;             /* as written, without formats; owned */
    struct path path;       /* the name's parts; none for "." */
    struct formats formats; /* NODE_VALUE */
};

struct template
{
    char *text;
    size_t len;
    struct node *nodes;
    size_t count;
};

/* Sets place and reason; takes the reason over. fault may be NULL. */
void template_fault_set(struct template_fault *fault, size_t line, size_t column, char *reason);

#endif
