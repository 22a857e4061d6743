/* What a workflow answers when it takes no card (Power Automate's error codes:
 * https://learn.microsoft.com/troubleshoot/power-platform/power-automate/). */
#ifndef TOCSIN_PLUGINS_TEAMS_REFUSAL_H
#define TOCSIN_PLUGINS_TEAMS_REFUSAL_H

#include <stdint.h>

struct tocsin_answer;
struct tocsin_call;
struct tocsin_outcome;

/* The status of a refusal, 0 when the answer is none. It is the answer's own, but for what is left
 * of the retired connectors: they answered 200 with "Webhook message delivery failed with error:
 * Microsoft Teams endpoint returned HTTP error 429 ...". */
uint32_t refusal_status(struct tocsin_call *call, const struct tocsin_answer *answer);

/* The verdict on a refusal: the code in it decides, since 400 stands for a bad message and for a
 * workflow that is switched off alike. Where the host's own verdict is to try again, that stands
 * whatever the body says. The reason holds nothing of the URL. */
void refusal_judge(struct tocsin_call *call, const struct tocsin_answer *answer, const char *url,
    struct tocsin_outcome *outcome);

#endif
