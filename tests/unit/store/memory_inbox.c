/* The inbox, and who has read what of it. */
#include "memory_state.h"

#include <string.h>

void m_keep_notification(
    struct memory *memory, const struct m_delivery *delivery, const struct store_settle *in)
{
    *M_ADD(memory, m_notification, memory->state.notifications) = (struct m_notification){
        .id = ++memory->state.notification,
        .delivery = delivery->id,
        .event = delivery->event,
        .at_ms = in->at_ms,
        .sink = delivery->sink,
        .document = pool_text(&memory->texts, in->notification),
    };
}

static bool is_of_delivery(const void *item, const void *arg)
{
    return ((const struct m_notification *)item)->delivery == *(const store_id *)arg;
}

static const struct m_notification *find(const struct m_state *state, store_id id)
{
    M_EACH (m_notification, notification, state->notifications)
        if (notification->id == id)
            return notification;
    return NULL;
}

static bool is_gone(const void *item, const void *arg)
{
    return find(arg, ((const struct m_read *)item)->notification) == NULL;
}

void m_forget_notification(struct m_state *state, store_id delivery)
{
    m_remove(&state->notifications, sizeof(struct m_notification), is_of_delivery, &delivery);
    m_remove(&state->reads, sizeof(struct m_read), is_gone, state);
}

static bool is_read(const struct m_state *state, const char *reader, store_id id)
{
    M_EACH (m_read, read, state->reads)
        if (read->notification == id && strcmp(read->reader, reader) == 0)
            return true;
    return false;
}

static void mark(struct memory *memory, const char *reader, store_id id)
{
    if (find(&memory->state, id) && !is_read(&memory->state, reader, id))
        *M_ADD(memory, m_read, memory->state.reads) =
            (struct m_read){id, pool_text(&memory->texts, reader)};
}

/* Each by itself, where the other engine moves a bound. */
void m_mark_read(struct memory *memory, const struct store_mark_read *in)
{
    for (size_t i = 0; i < in->id_count; i++)
        mark(memory, in->reader, in->ids[i]);
    M_EACH (m_notification, notification, memory->state.notifications)
        if (notification->id <= in->until)
            mark(memory, in->reader, notification->id);
}

bool m_find_notifications(const struct m_state *state, const struct archive_notifications *filter,
    archive_notification_visit visit, void *arg, struct archive_cursor *cursor, int64_t *unread)
{
    const struct m_notification *all = state->notifications.items;
    size_t shown = 0;

    *cursor = (struct archive_cursor){.before = filter->before};
    *unread = 0;
    for (size_t i = state->notifications.count; i-- > 0;) {
        bool read = is_read(state, filter->reader, all[i].id);
        bool is_of_sink = !filter->sink || strcmp(filter->sink, all[i].sink) == 0;
        *unread += is_of_sink && !read;
        if (cursor->more || (filter->before && all[i].id >= filter->before))
            continue;
        cursor->more = shown == filter->limit;
        if (cursor->more)
            continue;
        cursor->before = all[i].id;
        if (!is_of_sink || (filter->only_unread && read))
            continue;
        visit(&(struct archive_notification){all[i].id, all[i].event, all[i].delivery, all[i].at_ms,
                  all[i].sink, read, all[i].document},
            arg);
        shown++;
    }
    return true;
}
