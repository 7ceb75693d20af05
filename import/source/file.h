/* SPDX-License-Identifier: Apache-2.0 */
/* A file as bytes: why it cannot be opened, its size and hash, small texts whole. */
#ifndef IMPORT_FILE_H
#define IMPORT_FILE_H

#include <engine/arena.h>

struct file_facts {
    const char *name; /* without folders; borrowed from the path */
    uint64_t size;
    uint64_t hash; /* XXH3, 64 bit */
};

/** Behind the last slash; into `path`. */
const char *file_name(const char *path);

/** `error` of the system as one of ours. */
enum im_code file_fail(struct im_error *err, const char *path, int error);
enum im_code file_fail_kind(struct im_error *err, const char *path); /* not ordinary */
/** A zip whose packed bytes are not what its directory says. */
enum im_code file_fail_unpack(struct im_error *err, const char *name);
/** GDAL could not open or read `path`, which people know as `name`: inside of a zip it
 * is not the system that fails, and errno is from something else. */
enum im_code file_fail_vsi(struct im_error *err, const char *path, const char *name);
bool file_is_packed(const char *path);

/** Read the whole file once. IM_ENOTFOUND, IM_EDATA no ordinary file, IM_EENV, IM_EIO.
 */
IM_CHECKED enum im_code
file_scan(const char *path, struct file_facts *out, struct im_error *err);
/** A small text file whole (definitions and styles, at most 1 MiB, valid UTF-8). */
IM_CHECKED enum im_code file_read_text(const char *path,
                                       struct im_arena *arena,
                                       struct im_bytes *out,
                                       struct im_error *err);

#endif
