/* SPDX-License-Identifier: Apache-2.0 */
/* An atlas of the shipped layers. */
#include "engine/ask/shipped.h"

#include <import/import.h>

#include <gdal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void take_note(void *ctx, const struct import_shipped_note *note)
{
    (void)ctx;
    if (note->report && note->report->counts.refused)
        fprintf(stderr, "%s: %lu rows were refused\n", note->layer_id,
                (unsigned long)note->report->counts.refused);
}

const struct atlas *shipped_atlas(void)
{
    char folder[] = "/tmp/innomap-ask-XXXXXX";
    char path[64];
    struct store *store = NULL;
    const struct atlas *atlas = NULL;
    struct im_error err = {0};
    struct feature_source source;

    GDALAllRegister();
    if (!mkdtemp(folder))
        return NULL;
    snprintf(path, sizeof path, "%s/innomap.db", folder);
    if (store_open(path, STORE_CREATE, &store, &err) != IM_OK)
        goto done;
    if (import_shipped(store, TEST_SOURCE_DIR "/layers", NULL, take_note, NULL, &err) !=
        IM_OK)
        goto done;
    source = store_source(store);
    if (atlas_build(&source, NULL, &atlas, &err) != IM_OK)
        atlas = NULL;
done:
    if (!atlas)
        fprintf(stderr, "the shipped layers: %s\n", err.msg);
    store_close(store);
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end;
         end++) {
        snprintf(path, sizeof path, "%s/innomap.db%s", folder, *end);
        unlink(path);
    }
    rmdir(folder);
    return atlas;
}
