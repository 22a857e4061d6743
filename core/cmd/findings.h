/* What is legal and surely not meant: found in a whole configuration, where no part of it alone can
 * tell. */
#ifndef TOCSIN_CMD_FINDINGS_H
#define TOCSIN_CMD_FINDINGS_H

struct setup;

/* Adds warnings to setup->problems. The configuration is there; what has faults is left out. */
void findings_add(struct setup *setup);

#endif
