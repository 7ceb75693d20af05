/* SPDX-License-Identifier: Apache-2.0 */
/* Which of many files (a folder, a zip) is the one to import. */
#include "internal.h"

enum { LIST_BYTES = 200 };

/* What can be imported, by its ending; .dbf only without its .shp. */
static const char *const ENDINGS[] = {
    "shp",     "tab",      "mif",      "kml",    "gml",      "gpx", "gpkg",
    "sqlite",  "db",       "fgb",      "dxf",    "csv",      "tsv", "xls",
    "xlsx",    "xlsm",     "ods",      "et",     "json",     "kmz", "dbf",
    "geojson", "geojsonl", "geojsons", "ndjson", "topojson", NULL};

const char *dataset_ending(const char *path)
{
    const char *dot = strrchr(file_name(path), '.');

    return dot ? dot + 1 : "";
}

/* Length of the path up to its ".gdb" folder; 0: not inside of one. */
static size_t gdb_length(const char *path)
{
    for (const char *p = path; (p = strchr(p, '/')); p++)
        if (p - path > 4 && strncasecmp(p - 4, ".gdb", 4) == 0)
            return (size_t)(p - path);
    return 0;
}

/* What systems and programs leave about, and copies of open files. */
static bool is_litter(const char *path)
{
    const char *name = file_name(path);

    return strncmp(path, "__MACOSX/", 9) == 0 || name[0] == '.' || name[0] == '~';
}

static bool has_ending(const char *path, const char *const *endings)
{
    const char *ending = dataset_ending(path);

    for (; *endings; endings++)
        if (strcasecmp(ending, *endings) == 0)
            return true;
    return false;
}

/* Is there a file that differs from `path` in its ending only? */
static bool
has_sibling(const char *const *paths, size_t n, const char *path, const char *ending)
{
    size_t stem = (size_t)(dataset_ending(path) - path);

    for (size_t i = 0; i < n; i++)
        if (strncmp(paths[i], path, stem) == 0 &&
            strcasecmp(paths[i] + stem, ending) == 0)
            return true;
    return false;
}

struct choice {
    const char *found; /* the first */
    size_t len;
    size_t n;
    char list[LIST_BYTES];
    size_t used;
};

static void add(struct choice *choice, const char *path, size_t len)
{
    /* the files of one .gdb stand together */
    if (choice->found && choice->len == len && strncmp(choice->found, path, len) == 0)
        return;
    if (choice->n++ == 0) {
        choice->found = path;
        choice->len = len;
    }
    if (choice->used < sizeof choice->list) {
        int more =
            snprintf(choice->list + choice->used, sizeof choice->list - choice->used,
                     "%s%.*s", choice->n > 1 ? ", " : "", (int)len, path);
        choice->used += more > 0 ? (size_t)more : 0;
    }
}

static void look(const char *const *paths,
                 size_t n,
                 const char *const *endings,
                 struct choice *choice)
{
    *choice = (struct choice){0};
    for (size_t i = 0; i < n; i++) {
        size_t gdb = gdb_length(paths[i]);

        if (is_litter(paths[i]))
            continue;
        if (gdb)
            add(choice, paths[i], gdb);
        else if (has_ending(paths[i], endings) &&
                 !(strcasecmp(dataset_ending(paths[i]), "dbf") == 0 &&
                   has_sibling(paths, n, paths[i], "shp")))
            add(choice, paths[i], strlen(paths[i]));
    }
    if (choice->used >= sizeof choice->list) {
        size_t cut = im_utf8_cut(choice->list, sizeof choice->list - 8);

        memcpy(choice->list + cut, " ...", 5);
    }
}

enum im_code dataset_choose(const char *const *paths,
                            size_t n,
                            const char *name,
                            struct im_bytes *out,
                            struct im_error *err)
{
    static const char *const TEXT[] = {"txt", NULL};
    static const char *const OTHERS[] = {"doc", "docx", "wps",  "pdf", "ppt", "pptx",
                                         "jpg", "jpeg", "png",  "dwg", "zip", "rar",
                                         "7z",  "vrt",  "html", "htm", NULL};
    struct choice choice;

    look(paths, n, ENDINGS, &choice);
    if (choice.n == 0)
        look(paths, n, TEXT, &choice);
    if (choice.n == 0)
        look(paths, n, OTHERS, &choice); /* they are answered one by one */
    if (choice.n == 1) {
        *out = (struct im_bytes){(const uint8_t *)choice.found, choice.len};
        return IM_OK;
    }
    if (choice.n == 0) {
        im_fail(err, IM_EDATA, "'%s' holds nothing that can be imported", name);
        return im_zh(err, IM_EDATA, "“%s”中没有可导入的文件", name);
    }
    im_fail(err, IM_EDATA,
            "'%s' holds %zu data sets; name one, as in '%s/%.*s'. It has: %s", name,
            choice.n, name, (int)choice.len, choice.found, choice.list);
    return im_zh(err, IM_EDATA,
                 "“%s”中有 %zu 个数据集；请指明一个，如“%s/%.*s”。其中有：%s", name,
                 choice.n, name, (int)choice.len, choice.found, choice.list);
}
