/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a zip: never a crash; names that stay inside, or a message. */
#include <source/internal.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *path)
{
    if (!im_utf8_valid(im_bytes_of(path)) || path[0] == '/' || path[0] == '\0' ||
        strncmp(path, "../", 3) == 0 || strstr(path, "/../"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char PATH[] = "/vsimem/fuzz.zip";
    struct archive archive;
    struct im_error err = {0};

    VSIFCloseL(VSIFileFromMemBuffer(PATH, (GByte *)(uintptr_t)data, size, 0));
    enum im_code rc = archive_read(PATH, "fuzz.zip", &archive, &err);
    if (rc == IM_OK) {
        struct im_bytes chosen;

        if (archive.n > 10000)
            abort();
        for (size_t i = 0; i < archive.n; i++)
            check_path(archive.paths[i]);
        if (dataset_choose(archive.paths, archive.n, "fuzz.zip", &chosen, &err) ==
                IM_OK &&
            chosen.len == 0)
            abort();
    } else if (!err.msg[0] || !im_utf8_valid(im_bytes_of(err.msg))) {
        abort();
    }
    archive_release(&archive);
    VSIUnlink(PATH);
    return 0;
}
