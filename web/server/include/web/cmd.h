/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of this room; argv[0] is the name. Each returns an exit code (cli.h).
 */
#ifndef WEB_CMD_H
#define WEB_CMD_H

int cmd_serve(int argc, char **argv);
int cmd_api(int argc, char **argv); /* nearest, within, list ...: by argv[0] */
int cmd_tile(int argc, char **argv);
int cmd_export_any(int argc, char **argv); /* rows of a layer, or tiles */
int cmd_static(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif
