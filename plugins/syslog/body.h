/* The formats: each writes a message behind the header, within the draft's bounds. */
#ifndef SYSLOG_BODY_H
#define SYSLOG_BODY_H

struct draft;
struct line_style;
struct tocsin_call;

/* RFC 5424 6.3 and 6.4: structured data, text. */
void rfc5424_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style);

/* RFC 3164 has no fields, so the text has them: title, key="value", the rule's text. Whatever
 * stands in double quotes is a field's: title and text have none. */
void rfc3164_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style);

/* ArcSight's Common Event Format, version 0 ("Implementing ArcSight CEF", revision 25). */
void cef_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style);

/* QRadar's Log Event Extended Format 2.0 (IBM's "LEEF event components"), divided by tabs. */
void leef_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style);

/* One JSON object with the names of the Elastic Common Schema 8.11. */
void ecs_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style);

#endif
