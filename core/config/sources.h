/* The files that a configuration was read from, to see when one of them changes. */
#ifndef TOCSIN_CONFIG_SOURCES_H
#define TOCSIN_CONFIG_SOURCES_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct yaml;

struct sources {
    char **paths; /* owned: files, and the folders in which patterns found some */
    size_t count;
};

/* Adds tocsin.yaml, the rules files with their folders, certificates and their keys, and what
 * ${file:PATH} and ${cred:NAME} read. */
void sources_add_config(struct sources *sources, const struct config *config);

/* Adds the folder of partials of a rules file, and what was read there (config/partial_folder.h).
 */
void sources_add_rules(struct sources *sources, const struct yaml *document);
/* The files that say what tocsin does, without those that hold secrets: tocsin.yaml, and the rules
 * files. */
void sources_add_files(struct sources *sources, const struct config *config);

void sources_add(struct sources *sources, const char *path);
void sources_finish(struct sources *sources);

/* A number that changes when any of them does: replaced by a rename, rewritten in place, gone, or
 * led elsewhere by a symbolic link. */
uint64_t sources_stamp(const struct sources *sources);

enum {
    SOURCES_DIGEST_SIZE = 17,
};

/* Sixteen hexadecimal digits that tell by what is in the files whether two are the same; folders,
 * and what cannot be read, count as empty. No secret is safe in it. */
void sources_digest(const struct sources *sources, char digest[SOURCES_DIGEST_SIZE]);

#endif
