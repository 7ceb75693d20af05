/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IMPORT_HELP_H
#define IMPORT_HELP_H

/** NULL-terminated. */
extern const char *const IMPORT_HELP_EN[];
extern const char *const IMPORT_HELP_ZH[];

#endif
