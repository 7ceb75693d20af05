/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of a compound file ([MS-CFB]), which holds workbooks of Excel 97-2003. */
#ifndef IMPORT_COMPOUND_H
#define IMPORT_COMPOUND_H

#include <engine/arena.h>

struct compound {
    struct im_bytes file;
    size_t sector; /* bytes */
    const uint8_t **fat;
    size_t n_fat;              /* sectors of it */
    struct im_bytes directory; /* entries */
    struct im_arena *arena;
};

/** `file` is the whole file and stays the caller's. NULL: it could be opened, else what
 *  of it is damaged; nothing has to be released. */
const char *
compound_open(struct compound *c, struct im_bytes file, struct im_arena *arena);
bool compound_has(const struct compound *c, const char *name);
/** In the arena; `data` NULL: there is no such stream, or its chain is broken. */
struct im_bytes compound_read(const struct compound *c, const char *name);

#endif
