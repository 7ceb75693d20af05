/* SPDX-License-Identifier: Apache-2.0 */
/* `innomap basemap`: makes the base map's geometry from installed packages. */
#ifndef LAYERS_CMD_BASEMAP_H
#define LAYERS_CMD_BASEMAP_H

/** argv[0] is "basemap". Returns the exit code: 0 also when sources were missing (each
 *  has a warning line), 2 wrong usage, 3 the output cannot be written. */
int cmd_basemap(int argc, char **argv);

#endif
