/* The plugins that stand in folders: for people who ask which there are, or who wrote a name that
 * is none. The daemon loads only what is configured. */
#ifndef TOCSIN_SINK_PLUGIN_FOLDER_H
#define TOCSIN_SINK_PLUGIN_FOLDER_H

#include <stddef.h>

/* The names of the files NAME.so and NAME/NAME.so in the folders, sorted, each once. A folder that
 * is not there has none. The caller frees each and the list. */
char **plugin_folders_list(char *const *folders, size_t folder_count, size_t *count);

#endif
