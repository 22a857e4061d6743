#include "cmd/explanation.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timestamp.h"
#include "cmd/rehearsal.h"
#include "cmd/setup.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "event/facts.h"
#include "event/value.h"
#include "event/view.h"
#include "flow/decide.h"
#include "flow/story.h"
#include "message/message.h"
#include "sink/plugin.h"
#include "sink/sink.h"

static json_t *event_json(const struct story *story)
{
    char accepted[TIMESTAMP_SIZE];

    timestamp_format(story->at_ms, accepted);
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:s}", "id",
        *story->id ? json_string(story->id) : json_null(), "type",
        value_of_text(story->event->type), "action", value_of_text(story->event->action), "hook",
        value_of_text(story->hook), "thread", value_of_text(story->event->thread), "accepted",
        accepted);
}

static json_t *object_json(const struct looked_up *looked_up)
{
    if (!looked_up)
        return json_null();
    return json_pack("{s:o,s:o,s:b}", "name", value_of_text(looked_up->name), "status",
        value_of_text(looked_up->status), "found", looked_up->object != NULL);
}

static json_t *rules_json(const struct decision *decision)
{
    auto_buf struct buf trace = {0};

    decision_trace_json(decision, SIZE_MAX, &trace);
    return json_loadb(buf_text(&trace), trace.len, 0, NULL);
}

static const char *flavour_name(uint32_t flavour)
{
    static const char *const names[] = {"plain", "markdown", "teams", "mrkdwn", "html"};

    return flavour < sizeof names / sizeof *names ? names[flavour] : "plain";
}

static json_t *delivery_json(const struct rehearsed *rehearsed, const struct view *view)
{
    const struct message *message = rehearsed->message;
    const struct tocsin_sink_plugin *plugin = &rehearsed->sink->plugin->descriptor;
    size_t limit = rehearsed_limit(rehearsed);
    json_t *delivery = json_pack("{s:o,s:o,s:o}", "sink", value_of_text(rehearsed->target->sink),
        "plugin", value_of_text(plugin->name), "rule", value_of_text(rehearsed->target->rule));

    json_object_set_new(
        delivery, "level", json_string(level_name((enum view_level)message->level)));
    json_object_set_new(
        delivery, "urgency", message->urgency < 0 ? json_null() : json_integer(message->urgency));
    json_object_set_new(delivery, "flavour", json_string(flavour_name(plugin->flavour)));
    json_object_set_new(delivery, "title", value_of_text(message->title));
    json_object_set_new(delivery, "text", value_of_text(message->text));
    json_object_set_new(delivery, "facts", facts_json(message->facts));
    json_object_set_new(delivery, "link", value_of_text(message->link));
    json_object_set_new(delivery, "not_enriched", json_boolean(view->not_enriched));
    json_object_set_new(delivery, "size", json_integer((json_int_t)rehearsed_size(rehearsed)));
    json_object_set_new(delivery, "trouble", value_of_text(message->trouble));
    json_object_set_new(delivery, "limit", limit ? json_integer((json_int_t)limit) : json_null());
    return delivery;
}

static json_t *nobody_json(const struct rehearsal *rehearsal)
{
    if (rehearsal->decision.target_count > 0)
        return json_null();
    if (story_is_alarm(rehearsal->story))
        return json_string("`alarms:` names no other sink than the one it is about");
    return json_string(rehearsal->decision.matched ? "a rule says so"
                                                   : "no rule matched, and `unmatched` is empty");
}

json_t *explanation_json(const struct rehearsal *rehearsal, const struct setup *setup)
{
    const struct story *story = rehearsal->story;
    const struct decision *decision = &rehearsal->decision;
    json_t *whole = json_object(), *deliveries = json_array();
    bool is_alarm = story_is_alarm(story);

    json_object_set_new(whole, "event", event_json(story));
    json_object_set_new(whole, "object", object_json(story->looked_up));
    json_object_set_new(whole, "alarm", json_boolean(is_alarm));
    json_object_set_new(whole, "rules", rules_json(decision));
    json_object_set_new(whole, "not_tried",
        json_integer(
            is_alarm ? 0 : (json_int_t)(ruleset_count(setup->rules) - decision->trace_count)));
    for (size_t i = 0; i < decision->target_count; i++)
        json_array_append_new(deliveries, delivery_json(&rehearsal->deliveries[i], story->view));
    json_object_set_new(whole, "deliveries", deliveries);
    json_object_set_new(whole, "nobody", nobody_json(rehearsal));
    return whole;
}
