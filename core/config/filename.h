/* Names of files that stand in files: relative ones are relative to the file that names them. */
#ifndef TOCSIN_CONFIG_FILENAME_H
#define TOCSIN_CONFIG_FILENAME_H

/* The absolute form of a name that stands in the file `beside` (itself absolute, or relative to the
 * working directory; NULL: the name is relative to the working directory). The caller frees it. */
char *filename_absolute(const char *name, const char *beside);

/* A folder as the beginning of a pattern for glob(): its own name is none, whatever is in it. The
 * caller frees it. */
char *filename_literal(const char *folder);

#endif
