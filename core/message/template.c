#include "message/template.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "message/template-private.h"

void template_fault_set(struct template_fault *fault, size_t line, size_t column, char *reason)
{
    if (!fault) {
        free(reason);
        return;
    }
    free(fault->reason);
    /* It may quote a name, and is one line wherever it is printed. */
    utf8_blank_controls(reason);
    *fault = (struct template_fault){.line = line, .column = column, .reason = reason};
}

void template_fault_finish(struct template_fault *fault)
{
    free(fault->reason);
    *fault = (struct template_fault){0};
}

void template_destroy(struct template *template)
{
    if (!template)
        return;
    for (size_t i = 0; i < template->count; i++) {
        struct node *node = &template->nodes[i];
        free(node->name);
        path_finish(&node->path);
        formats_finish(&node->formats);
    }
    free(template->nodes);
    free(template->text);
    free(template);
}

void template_visit(const struct template *template, template_visitor visit, void *arg)
{
    static const enum template_mention mentions[] = {
        [NODE_VALUE] = MENTION_NAME,
        [NODE_SECTION] = MENTION_SECTION,
        [NODE_INVERTED] = MENTION_INVERTED,
        [NODE_END] = MENTION_END,
        [NODE_PARTIAL] = MENTION_PARTIAL,
    };

    for (size_t i = 0; i < template->count; i++) {
        const struct node *node = &template->nodes[i];
        if (node->kind != NODE_TEXT)
            visit(mentions[node->kind], node->name, node->line, node->column, arg);
    }
}
