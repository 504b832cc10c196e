/*
 * main.c - list, play and check the sessions of the chapters.
 */
#define _XOPEN_SOURCE 700
#include "chapter.h"
#include "exercise.h"
#include "lint.h"
#include "needs.h"
#include "run.h"
#include "terminal.h"
#include "view.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLAY_SOURCE
#define PLAY_SOURCE "."
#endif
#ifndef PLAY_BUILD
#define PLAY_BUILD "build"
#endif

static const char usage[] =
    "usage: play                        list the chapters and their sessions\n"
    "       play CHAPTER [PAGE|SESSION] play them here (CHAPTER: ch03, or "
    "all)\n"
    "            --step                 wait for Enter after each explanation\n"
    "            --ko                   explain in Korean\n"
    "            --svg FILE             make a picture of the session, too\n"
    "       play --check CHAPTER [PAGE|SESSION]  say nothing, unless it "
    "fails\n"
    "            --with NAME=FILE       FILE is the program NAME\n"
    "       play --lint CHAPTER         compare the pages and the programs\n"
    "       play --needs                what this machine can show\n"
    "       play exercise ...           mend a program: play exercise --help\n"
    "            --source DIR --build DIR   where the tree and the programs "
    "are\n";

struct command {
    const char *chapter; /* NULL: list */
    const char *part;    /* a page or a session; NULL: the chapter's first
                            page, with --check all of them */
    const char *svg;
    bool check, lint, needs, step, korean;
    struct places places;
};

/* NAME=FILE. Sessions run elsewhere: a relative path would break. */
static bool replace_program(struct places *places, const char *word)
{
    const char *file = strchr(word, '=');
    char path[PATH_MAX];
    if (!file || file == word || places->replaced_count == MAX_REPLACED)
        return false;
    if (!realpath(file + 1, path)) {
        fprintf(stderr, "play: %s: %s\n", file + 1, strerror(errno));
        return false;
    }
    char *whole = malloc((size_t)(file + 1 - word) + strlen(path) + 1);
    if (!whole) {
        perror("play: malloc");
        exit(1);
    }
    sprintf(whole, "%.*s%s", (int)(file + 1 - word), word, path);
    places->replaced[places->replaced_count++] = whole;
    return true;
}

static bool parse_command(struct command *command, int argc, char *argv[])
{
    *command = (struct command){
        .places = {.source = PLAY_SOURCE, .build = PLAY_BUILD}};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char **value =
            strcmp(word, "--svg") == 0      ? &command->svg
            : strcmp(word, "--source") == 0 ? &command->places.source
            : strcmp(word, "--build") == 0  ? &command->places.build
                                            : NULL;
        bool *flag = strcmp(word, "--check") == 0   ? &command->check
                     : strcmp(word, "--lint") == 0  ? &command->lint
                     : strcmp(word, "--needs") == 0 ? &command->needs
                     : strcmp(word, "--step") == 0  ? &command->step
                     : strcmp(word, "--ko") == 0    ? &command->korean
                                                    : NULL;
        if (strcmp(word, "--with") == 0) {
            if (++i == argc || !replace_program(&command->places, argv[i]))
                return false;
        } else if (value) {
            if (++i == argc)
                return false;
            *value = argv[i];
        } else if (flag)
            *flag = true;
        else if (word[0] == '-')
            return false;
        else if (!command->chapter)
            command->chapter = word;
        else if (!command->part)
            command->part = word;
        else
            return false;
    }
    if (command->check && !command->chapter)
        return false;
    /* Programs are started from elsewhere: a relative path would break. */
    static char build[PATH_MAX];
    if (realpath(command->places.build, build))
        command->places.build = build;
    return !command->svg || command->part;
}

enum { MAX_CHAPTERS = 64 };
static char chapters[MAX_CHAPTERS][128];
static int chapter_count;

static int by_name(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* The folders chNN_... of the tree, in order. */
static bool find_chapters(const char *source)
{
    DIR *dir = opendir(source);
    if (!dir) {
        fprintf(stderr, "play: %s: %s\n", source, strerror(errno));
        return false;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (strncmp(name, "ch", 2) == 0 && strlen(name) > 5 && name[4] == '_' &&
            strlen(name) < sizeof chapters[0] && chapter_count < MAX_CHAPTERS)
            strcpy(chapters[chapter_count++], name);
    }
    closedir(dir);
    qsort(chapters, (size_t)chapter_count, sizeof chapters[0], by_name);
    return true;
}

/* Is it the chapter that was asked for: ch03, ch03_tcp_echo, all? */
static bool is_asked(const struct command *command, const char *chapter)
{
    const char *asked = command->chapter;
    return !asked || strcmp(asked, "all") == 0 || strcmp(asked, chapter) == 0 ||
           (strlen(asked) == 4 && strncmp(asked, chapter, 4) == 0);
}

static void list(const struct chapter *chapter)
{
    printf("%.4s  %s\n", chapter->folder, chapter->pages[0].title);
    for (int i = 0; i < chapter->count; i++) {
        const struct page *page = &chapter->pages[i];
        const char *heading = "";
        if (i > 0)
            printf("%.4s %s  %s\n", chapter->folder, chapter->names[i],
                   page->title);
        for (size_t k = 0; k < page->session_count; k++) {
            const struct session *session = &page->sessions[k];
            bool same = strcmp(heading, session->heading) == 0;
            printf("      %-20s %s\n", session->name,
                   same ? "" : session->heading);
            heading = session->heading;
        }
    }
}

/* 10 s for an expectation, or PLAY_DEADLINE: valgrind and qemu are slow. */
static int deadline(void)
{
    const char *told = getenv("PLAY_DEADLINE");
    double seconds = told ? strtod(told, NULL) : 0;
    return seconds > 0 && seconds < 3600 ? (int)(1000 * seconds) : 10000;
}

/* Each --with names a program that the session starts. */
static bool all_replaced_start(const struct places *places,
                               const struct session *session)
{
    for (int i = 0; i < places->replaced_count; i++) {
        char name[256];
        snprintf(name, sizeof name, "%.*s",
                 (int)strcspn(places->replaced[i], "="), places->replaced[i]);
        if (!session_starts(session, name)) {
            fprintf(stderr, "play: \"%s\" does not start %s\n", session->name,
                    name);
            return false;
        }
    }
    return true;
}

static enum outcome run_one(const struct command *command, const char *chapter,
                            const struct page *page,
                            const struct session *session)
{
    if (!all_replaced_start(&command->places, session))
        return FAILED;
    struct view view = {0};
    struct run_options options = {.places = &command->places,
                                  .chapter = chapter,
                                  .step = command->step,
                                  .deadline = deadline()};
    if (!command->check) {
        view_begin(&view, page, session, chapter, stdout);
        options.view = &view;
    }
    enum outcome outcome = run_session(page, session, &options);
    if (command->svg && outcome == PASSED &&
        !view_write_svg(&view, command->svg)) {
        fprintf(stderr, "play: %s: %s\n", command->svg, strerror(errno));
        outcome = FAILED;
    }
    view_free(&view);
    return outcome;
}

static enum outcome run_page(const struct command *command, const char *folder,
                             const struct page *page)
{
    enum outcome outcome = PASSED;
    for (size_t i = 0; i < page->session_count; i++) {
        /* Shown only by a program that somebody has to change first. */
        if (*page->sessions[i].edit)
            continue;
        if (run_one(command, folder, page, &page->sessions[i]) == FAILED)
            outcome = FAILED;
        if (terminals_interrupted())
            break;
    }
    return outcome;
}

/* What was asked of one chapter. FAILED when anything failed. */
static enum outcome run_part(const struct command *command,
                             const struct chapter *chapter)
{
    const char *folder = chapter->folder, *part = command->part;
    if (!part && command->check) {
        enum outcome outcome = PASSED;
        for (int i = 0; i < chapter->count && !terminals_interrupted(); i++)
            if (run_page(command, folder, &chapter->pages[i]) == FAILED)
                outcome = FAILED;
        return outcome;
    }
    const struct page *page =
        part ? chapter_page(chapter, part) : &chapter->pages[0];
    if (page)
        return run_page(command, folder, page);
    const struct session *session = chapter_find(chapter, part, &page);
    if (session && *session->edit && !command->check &&
        command->places.replaced_count == 0) {
        fprintf(stderr,
                "play: \"%s\" is what a changed program shows: change it as "
                "%s:%d says,\n      compile it, and add --with NAME=FILE\n",
                part, page->path, session->line);
        return SKIPPED;
    }
    if (session)
        return run_one(command, folder, page, session);
    fprintf(stderr, "play: %s has no session \"%s\"; there are:", folder, part);
    for (int i = 0; i < chapter->count; i++)
        for (size_t k = 0; k < chapter->pages[i].session_count; k++)
            fprintf(stderr, " %s", chapter->pages[i].sessions[k].name);
    fputc('\n', stderr);
    return FAILED;
}

static enum outcome do_chapter(const struct command *command,
                               const char *folder)
{
    if (command->lint)
        return lint_chapter(&command->places, folder) ? PASSED : FAILED;
    static struct chapter chapter;
    enum outcome outcome = FAILED;
    if (chapter_read(&chapter, command->places.source, folder,
                     command->korean)) {
        outcome = PASSED;
        if (command->chapter)
            outcome = run_part(command, &chapter);
        else
            list(&chapter);
    }
    chapter_free(&chapter);
    return outcome;
}

int main(int argc, char *argv[])
{
    if (argc > 1 && strcmp(argv[1], "exercise") == 0)
        return exercise_run(
            &(struct places){.source = PLAY_SOURCE, .build = PLAY_BUILD},
            argv[0], argv + 2);
    struct command command;
    if (!parse_command(&command, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    if (command.needs) {
        needs_print(command.korean);
        return 0;
    }
    if (!find_chapters(command.places.source))
        return 1;
    terminals_prepare();
    bool found = !command.chapter;
    enum outcome outcome = PASSED;
    for (int i = 0; i < chapter_count && !terminals_interrupted(); i++) {
        if (!is_asked(&command, chapters[i]))
            continue;
        found = true;
        enum outcome one = do_chapter(&command, chapters[i]);
        if (one != PASSED && outcome != FAILED)
            outcome = one;
    }
    if (!found) {
        fprintf(stderr, "play: no chapter \"%s\"; there are:", command.chapter);
        for (int i = 0; i < chapter_count; i++)
            fprintf(stderr, " %.4s", chapters[i]);
        fprintf(stderr, "\n");
        return 2;
    }
    int number = terminals_interrupted();
    if (number) { /* end as one ends who was told to */
        signal(number, SIG_DFL);
        raise(number);
    }
    return (int)outcome;
}
