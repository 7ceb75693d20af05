/* SPDX-License-Identifier: Apache-2.0 */
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FOLDER_BYTES = 400 };

const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && folder[0] == '/' && strlen(folder) <= MAX_FOLDER_BYTES ? folder
                                                                            : "/tmp";
}

static int open_nameless(void)
{
    char path[MAX_FOLDER_BYTES + sizeof "/innomap-XXXXXX"];
    int fd = open(temporary_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 || errno == ENOENT || errno == EACCES || errno == ENOSPC)
        return fd;
    /* a file system that has no files without a name */
    snprintf(path, sizeof path, "%s/innomap-XXXXXX", temporary_folder());
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

FILE *temporary_file(void)
{
    int fd = open_nameless();
    FILE *file = fd >= 0 ? fdopen(fd, "w+b") : NULL;

    if (fd >= 0 && !file) {
        int why = errno;

        close(fd);
        errno = why;
    }
    return file;
}
