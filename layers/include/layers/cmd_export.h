/* SPDX-License-Identifier: Apache-2.0 */
/* `innomap export`: a layer as a file. argv[0] is its name; returns an exit code. */
#ifndef LAYERS_CMD_EXPORT_H
#define LAYERS_CMD_EXPORT_H

int cmd_export(int argc, char **argv);

#endif
