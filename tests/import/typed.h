/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands as people type them, and what they say. */
#ifndef TEST_TYPED_H
#define TEST_TYPED_H

#include <test.h>

#include <import/cmd.h>
#include <layers/cmd.h>

#include <stdio.h>
#include <unistd.h>

static char said[1 << 16];   /* standard output of the last command */
static char warned[1 << 14]; /* standard error */

static void read_back(FILE *file, char *out, size_t size)
{
    rewind(file);
    size_t n = fread(out, 1, size - 1, file);
    out[n] = '\0';
    fclose(file);
}

static int typed(int (*command)(int, char **), const char *const *words)
{
    char *argv[16] = {0};
    int argc = 0;
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    int saved_out = dup(STDOUT_FILENO);
    int saved_err = dup(STDERR_FILENO);

    for (; words[argc]; argc++)
        argv[argc] = strdup(words[argc]);
    char *owned[16];
    memcpy(owned, argv, sizeof owned); /* getopt reorders argv */
    fflush(stdout);
    fflush(stderr);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    int code = command(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    read_back(out, said, sizeof said);
    read_back(err, warned, sizeof warned);
    for (int i = 0; i < argc; i++)
        free(owned[i]);
    return code;
}

#define IMPORT(...) typed(cmd_import, (const char *[]){"import", __VA_ARGS__, NULL})
#define LAYERS(...) typed(cmd_layers, (const char *[]){"layers", __VA_ARGS__, NULL})

static void assert_in(const char *whole, const char *text)
{
    if (!strstr(whole, text))
        fail_msg("'%s' lacks '%s'", whole, text);
}

static void assert_said(const char *text)
{
    assert_in(said, text);
}

/* One line, one sentence. */
static void assert_warned(const char *text)
{
    assert_in(warned, text);
    assert_ptr_equal(strchr(warned, '\n'), warned + strlen(warned) - 1);
}

#endif
