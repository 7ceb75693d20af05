/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of this room; argv[0] is the name. Each returns an exit code (cli.h).
 */
#ifndef TILES_CMD_H
#define TILES_CMD_H

int cmd_style(int argc, char **argv); /* check, eval */

#endif
