/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommand of this room; argv[0] is its name. Returns an exit code (cli.h). */
#ifndef IMPORT_CMD_H
#define IMPORT_CMD_H

int cmd_import(int argc, char **argv);

#endif
