/* Mattermost's Markdown (CommonMark with tables), cut where that breaks no escape. */
#ifndef TOCSIN_PLUGINS_MATTERMOST_MARKDOWN_H
#define TOCSIN_PLUGINS_MATTERMOST_MARKDOWN_H

#include <stddef.h>

struct tocsin_call;

/* The text, or its beginning within both limits with an ellipsis (see text_cut() in shared/text.h),
 * which follows no back-slash and stands in no entity. */
const char *markdown_cut(
    struct tocsin_call *call, const char *text, size_t max_runes, size_t max_cost);

#endif
