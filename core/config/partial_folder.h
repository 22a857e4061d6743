/* `partials: templates/` in a rules file: from a folder to names and texts. */
#ifndef TOCSIN_CONFIG_PARTIAL_FOLDER_H
#define TOCSIN_CONFIG_PARTIAL_FOLDER_H

struct problems;
struct yaml;

/* Where the document's `partials` is a folder's name (relative to the file that says it), puts the
 * map in its place that the folder stands for, so that whoever reads the rules reads no files: a
 * file NAME.mustache, else NAME (which has no dot), is the partial NAME. Other files, and folders
 * inside, are passed over. The places of names and texts are in those files. A folder that cannot
 * be read, more than 1,000 files, more than 4 MiB together, and a text that is no UTF-8 or holds a
 * NUL are problems. Does nothing where `partials` is a map or is not there. */
void partial_folder_read(struct yaml *document, struct problems *problems);

#endif
