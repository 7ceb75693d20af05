/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: the table of subcommands. Each one lives in its own folder. */
#include <stdio.h>

int main(void)
{
    puts("innomap");
    return 0;
}
