/* What is legal and surely not meant: found in a whole configuration, where no part of it alone can
 * tell. */
#ifndef TOCSIN_CMD_FINDINGS_H
#define TOCSIN_CMD_FINDINGS_H

struct setup;

/* Adds warnings to setup->problems. The configuration is there; what has faults is left out. */
void findings_add(struct setup *setup);

/* The same for rules that can never match. Every rule is held against every other, which for
 * thousands of rules takes a second: for `check` alone, where nobody waits for an event. */
void findings_add_shadows(struct setup *setup);

#endif
