#include "sink/face.h"

#include "event/facts.h"
#include "message/message.h"

void face_fill(
    struct tocsin_message *face, struct tocsin_fact *facts, const struct message *message)
{
    for (size_t i = 0; i < message->facts->count; i++)
        facts[i] =
            (struct tocsin_fact){message->facts->items[i].label, message->facts->items[i].value};
    face->size = sizeof *face;
    face->level = message->level;
    face->urgency = message->urgency;
    face->title = message->title;
    face->text = message->text;
    face->text_plain = message->text_plain;
    face->link = message->link;
    face->fact_count = (uint32_t)message->facts->count;
    face->fact_stride = sizeof *facts;
    face->facts = facts;
}
