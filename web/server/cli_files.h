/* SPDX-License-Identifier: Apache-2.0 */
/* Where the command line finds things, and how it reads the database. */
#ifndef WEB_CLI_FILES_H
#define WEB_CLI_FILES_H

#include <engine/atlas.h>
#include <engine/cli.h>
#include <tiles/sprites.h>
#include <tiles/stylesheet.h>

#define CLI_DEFAULT_DB "innomap.db"

/**
 * The built viewer: beside the program (`viewer`), in the source tree it was built from
 * (`web/viewer/dist`), or installed (`share/innomap/viewer`). False when it is in none
 * of these places. `out` gets the first place that holds an index.html.
 */
bool cli_find_viewer(char *out, size_t size);

/**
 * A folder of data that comes with the program ("styles", "grids", "sprites"): beside
 * it
 * (`share/NAME`), or installed (`../share/innomap/NAME`). False when it is in neither.
 */
bool cli_find_share(const char *name, char *out, size_t size);
/** The sheet of icons that comes with the program, without its suffix. */
bool cli_find_sprites(char *out, size_t size);

/** Stylesheets and icons of a command; zero-initialise, set what was given. */
struct cli_look {
    const char *style;            /* id; NULL: the layers' own styles */
    const char *styles_directory; /* NULL: the one that comes with the program */
    const char *sprites_path;     /* NULL: likewise */
    struct stylesheet_set *set;
    const struct stylesheet *stylesheet; /* NULL without a style */
    struct sprite_sheet *sprites;        /* NULL: there is none */
};
/** Errors: IM_ENOTFOUND no such style, with the known ones; those of reading. Close it
 *  in any case. */
IM_CHECKED enum im_code cli_look_open(struct cli_look *look, struct im_error *err);
void cli_look_close(struct cli_look *look);

/**
 * Read the database into an atlas. With `layers` (ids separated by commas; NULL: all)
 * only these and the ones that can be origins are read; when one of them is unknown,
 * all are, so that the error can name what there is.
 */
IM_CHECKED enum im_code cli_read_atlas(const char *db_path,
                                       const char *layers,
                                       const struct atlas **out,
                                       struct im_error *err);

/** A file that appears whole or not at all; "-" is standard output. */
IM_CHECKED enum im_code
cli_write_file(const char *path, struct im_bytes bytes, struct im_error *err);

/** A whole number option; on failure *code is what the command has to return. */
bool cli_number(enum lang lang,
                const char *command,
                const char *option,
                const char *text,
                double min,
                double max,
                double *out,
                int *code);

/** Columns that the text takes on a terminal: Chinese characters take two. */
size_t cli_columns(struct im_bytes text);

#endif
