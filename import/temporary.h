/* SPDX-License-Identifier: Apache-2.0 */
/* Where what does not fit in memory goes for the time of an import. */
#ifndef IMPORT_TEMPORARY_H
#define IMPORT_TEMPORARY_H

#include <stdio.h>

/** TMPDIR where it is an absolute path, else /tmp. Borrowed from the environment. */
const char *temporary_folder(void);

/** A file without a name, for reading and writing, gone when it is closed; tmpfile()
 *  would not look at TMPDIR. NULL with errno. */
FILE *temporary_file(void);

#endif
