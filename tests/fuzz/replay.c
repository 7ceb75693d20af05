/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files of a folder, and over each of their prefixes and a
 * few changed copies, so that it finds something without libFuzzer too. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20, MAX_PREFIX_BYTES = 4096, CHANGES = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own size, so that the address sanitizer sees one byte too far. */
static void try_exactly(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void try_file(uint8_t *data, size_t size)
{
    uint32_t seed = 1;

    try_exactly(data, size);
    for (size_t n = 0; n < size && n < MAX_PREFIX_BYTES; n++)
        try_exactly(data, n);
    for (int i = 0; i < CHANGES && size; i++) {
        seed = seed * 1664525u + 1013904223u;
        size_t at = (seed >> 8) % size;
        uint8_t old = data[at];

        data[at] = (uint8_t)(seed >> 24);
        try_exactly(data, size);
        data[at] = old;
    }
}

int main(int argc, char **argv)
{
    static uint8_t data[MAX_BYTES];
    unsigned n = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;

    if (!dir) {
        fprintf(stderr, "usage: replay FOLDER\n");
        return 2;
    }
    while ((entry = readdir(dir)) != NULL) {
        char path[4096];
        FILE *file;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        file = fopen(path, "rb");
        if (!file) {
            perror(path);
            return 1;
        }
        try_file(data, fread(data, 1, sizeof data, file));
        fclose(file);
        n++;
    }
    closedir(dir);
    printf("%u inputs\n", n);
    return n ? 0 : 1;
}
