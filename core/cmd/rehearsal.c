#include "cmd/rehearsal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cmd/setup.h"
#include "flow/decide.h"
#include "flow/story.h"
#include "message/message.h"
#include "sink/plugin.h"
#include "sink/sink.h"

void rehearsal_init(struct rehearsal *rehearsal, const struct setup *setup, struct story *story)
{
    struct decision *decision = &rehearsal->decision;

    *rehearsal = (struct rehearsal){.story = story};
    story_decide(story, setup->config, setup->rules, TRACE_ALL, decision);
    rehearsal->deliveries = mem_alloc(decision->target_count * sizeof *rehearsal->deliveries);
    for (size_t i = 0; i < decision->target_count; i++) {
        const struct sink *sink = setup_sink(setup, decision->targets[i].sink);
        assert(sink); /* rules and alarms name configured sinks only */
        rehearsal->deliveries[i] = (struct rehearsed){
            .target = &decision->targets[i],
            .sink = sink,
            .message =
                story_word(story, setup->phrases, decision->targets[i].rule, sink, story->at_ms),
        };
    }
}

void rehearsal_finish(struct rehearsal *rehearsal)
{
    for (size_t i = 0; i < rehearsal->decision.target_count; i++)
        message_destroy(rehearsal->deliveries[i].message);
    free(rehearsal->deliveries);
    decision_finish(&rehearsal->decision);
    story_release(rehearsal->story);
    *rehearsal = (struct rehearsal){0};
}

size_t rehearsed_size(const struct rehearsed *rehearsed)
{
    return message_text_length(rehearsed->message);
}

size_t rehearsed_limit(const struct rehearsed *rehearsed)
{
    return rehearsed->sink->plugin->descriptor.max_text;
}
