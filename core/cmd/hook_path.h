/* A hook's secret path. */
#ifndef TOCSIN_CMD_HOOK_PATH_H
#define TOCSIN_CMD_HOOK_PATH_H

/* A fresh one, "/hooks/" and a version 4 UUID (RFC 9562), as Sekoia's documentation advises; the
 * caller frees it. NULL, with errno, when the system has no randomness. */
char *hook_path_new(void);

#endif
