/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/base/cli.c. */
#include <test.h>

#include <engine/cli.h>

#include <unistd.h>

static const struct option OPTIONS[] = {{"layer", required_argument, NULL, 'l'},
                                        {"replace", no_argument, NULL, 'r'},
                                        {NULL, 0, NULL, 0}};

TEST(the_language_is_the_option_then_the_environment)
{
    char *plain[] = {"import", "a.csv"};
    char *zh[] = {"import", "--lang", "zh"};
    char *en[] = {"import", "--lang=en"};
    char *after_end[] = {"import", "--", "--lang=en"};

    unsetenv("LC_MESSAGES");
    setenv("LANG", "zh_CN.UTF-8", 1);
    setenv("LC_ALL", "", 1);
    assert_int_equal(cli_lang(2, plain), LANG_ZH);
    assert_int_equal(cli_lang(2, en), LANG_EN);
    assert_int_equal(cli_lang(3, after_end), LANG_ZH);
    setenv("LC_ALL", "C", 1);
    assert_int_equal(cli_lang(2, plain), LANG_EN);
    assert_int_equal(cli_lang(3, zh), LANG_ZH);
}

TEST(the_nearest_name_is_offered_and_nonsense_is_not_matched)
{
    static const char *const names[] = {"layer", "replace", "source-layer", NULL};

    assert_string_equal(cli_nearest("layr", names), "layer");
    assert_string_equal(cli_nearest("source_layer", names), "source-layer");
    assert_string_equal(cli_nearest("lyr", names), "layer");
    assert_null(cli_nearest("zzzzzz", names));
    assert_null(cli_nearest("", names));
}

/* Run `cli_bad_option` with standard error in a file and give back what it said. */
static const char *said(int result, const char *given)
{
    static char text[512];
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);

    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    assert_int_equal(cli_bad_option(LANG_EN, "import", OPTIONS, result, given),
                     CLI_USAGE);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

TEST(a_wrong_option_is_one_sentence_with_the_nearest_one)
{
    assert_string_equal(said('?', "--layr=x"),
                        "innomap import: there is no option --layr=x; did you mean "
                        "--layer? (see innomap import --help)\n");
    assert_string_equal(said(':', "--layer"),
                        "innomap import: option --layer needs a value (see innomap "
                        "import --help)\n");
    assert_string_equal(said('?', "--replace=1"),
                        "innomap import: option --replace takes no value, got "
                        "'--replace=1' (see innomap import --help)\n");
}

static int take_even(void *ctx, const char *value)
{
    if (!value || strlen(value) % 2)
        return CLI_REFUSED;
    *(size_t *)ctx += strlen(value);
    return -1;
}

static const char *const HELP_ZH[] = {"如何使用\n", NULL};
static const char *const HELP_EN[] = {"how it ", "is used\n", NULL};

struct parsed {
    bool is_quiet;
    const char *db;
    struct cli_words maps;
    size_t even;
    enum lang lang;
};

/* The exit code of a command line whose words end with NULL; *rest: where its other
 * words begin. */
static int parse(struct parsed *p, const char *const *words, int *rest)
{
    const struct cli_command command = {"import", HELP_ZH, HELP_EN};
    const struct cli_option options[] = {{"quiet", .flag = &p->is_quiet},
                                         {"db", .text = &p->db},
                                         {"map", .words = &p->maps},
                                         {"even", .take = take_even, .ctx = &p->even},
                                         {NULL}};
    static char *argv[16];
    int argc = 0;

    for (argv[argc++] = (char *)(uintptr_t) "import"; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    argv[argc] = NULL;
    int code = cli_parse(&command, options, &p->lang, argc, argv);
    *rest = argc - optind;
    return code;
}

#define PARSE(p, rest, ...) parse(p, (const char *const[]){__VA_ARGS__, NULL}, rest)

TEST(options_go_where_the_command_wants_them)
{
    struct parsed p = {.lang = LANG_EN};
    int rest = 0;

    assert_int_equal(PARSE(&p, &rest, "--map", "a=b", "file.csv", "--db=x.db", "--even",
                           "1234", "--quiet", "--map=c=d", "--lang", "zh"),
                     -1);
    assert_int_equal(rest, 1);
    assert_true(p.is_quiet);
    assert_string_equal(p.db, "x.db");
    assert_int_equal(p.maps.n, 2);
    assert_string_equal(p.maps.words[0], "a=b");
    assert_string_equal(p.maps.words[1], "c=d");
    assert_null(p.maps.words[2]);
    assert_int_equal(p.even, 4);
    assert_int_equal(p.lang, LANG_ZH);
}

TEST(what_a_command_line_cannot_say_ends_it)
{
    struct parsed p = {.lang = LANG_EN};
    int rest;

    assert_int_equal(PARSE(&p, &rest, "--even", "123"), CLI_REFUSED);
    assert_int_equal(PARSE(&p, &rest, "--db"), CLI_USAGE);
    assert_int_equal(PARSE(&p, &rest, "--quiet=1"), CLI_USAGE);
    assert_int_equal(PARSE(&p, &rest, "--lang", "fr"), CLI_USAGE);
    assert_int_equal(PARSE(&p, &rest, "-x"), CLI_USAGE);
    assert_int_equal(PARSE(&p, &rest, "-h"), CLI_DONE);
    /* what is wrong is said also where help was asked for */
    assert_int_equal(PARSE(&p, &rest, "--help", "--nothing"), CLI_USAGE);
    for (p.maps.n = 0; p.maps.n < CLI_WORDS_MAX;)
        assert_int_equal(PARSE(&p, &rest, "--map", "a=b"), -1);
    assert_int_equal(PARSE(&p, &rest, "--map", "a=b"), CLI_USAGE);
}

TEST(exit_codes_tell_input_usage_and_environment_apart)
{
    assert_int_equal(cli_exit_code(IM_OK), 0);
    assert_int_equal(cli_exit_code(IM_EDATA), 1);
    assert_int_equal(cli_exit_code(IM_ENOTFOUND), 1);
    assert_int_equal(cli_exit_code(IM_EARG), 2);
    assert_int_equal(cli_exit_code(IM_EBUSY), 3);
    assert_int_equal(cli_exit_code(IM_EENV), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_language_is_the_option_then_the_environment),
        cmocka_unit_test(the_nearest_name_is_offered_and_nonsense_is_not_matched),
        cmocka_unit_test(a_wrong_option_is_one_sentence_with_the_nearest_one),
        cmocka_unit_test(options_go_where_the_command_wants_them),
        cmocka_unit_test(what_a_command_line_cannot_say_ends_it),
        cmocka_unit_test(exit_codes_tell_input_usage_and_environment_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
