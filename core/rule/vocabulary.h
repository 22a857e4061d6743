/* Words that Sekoia writes at certain places, where a rule that writes them otherwise never
 * matches: `closed` for "Closed". */
#ifndef TOCSIN_RULE_VOCABULARY_H
#define TOCSIN_RULE_VOCABULARY_H

#include "event/names.h"

/* What is written at that path, in events of these families (bits), where the word is only another
 * way to write it: in other letters, or with another hyphen. NULL where the word is right, or not
 * one of ours at all: statuses, types and the like are not closed lists. */
const char *vocabulary_meant(const char *path, int families, const char *word);

#endif
