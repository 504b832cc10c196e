/*
 * main.c - list, play and check the sessions of the chapters.
 */
#define _XOPEN_SOURCE 700
#include "lint.h"
#include "needs.h"
#include "run.h"
#include "session.h"
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
    "       play CHAPTER [SESSION]      play them here (CHAPTER: ch03, or "
    "all)\n"
    "            --step                 wait for Enter after each explanation\n"
    "            --ko                   explain in Korean\n"
    "            --svg FILE             make a picture of the session, too\n"
    "       play --check CHAPTER SESSION  say nothing, unless it fails\n"
    "       play --lint CHAPTER         compare the pages and the programs\n"
    "       play --needs                what this machine can show\n"
    "            --source DIR --build DIR   where the tree and the programs "
    "are\n";

struct command {
    const char *chapter; /* NULL: list */
    const char *session; /* NULL: all of the chapter */
    const char *svg;
    bool check, lint, needs, step, korean;
    struct places places;
};

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
        if (value) {
            if (++i == argc)
                return false;
            *value = argv[i];
        } else if (flag)
            *flag = true;
        else if (word[0] == '-')
            return false;
        else if (!command->chapter)
            command->chapter = word;
        else if (!command->session)
            command->session = word;
        else
            return false;
    }
    if (command->check && !command->session)
        return false;
    /* Programs are started from elsewhere: a relative path would break. */
    static char build[PATH_MAX];
    if (realpath(command->places.build, build))
        command->places.build = build;
    return !command->svg || command->session;
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

static void list(const char *chapter, const struct page *page)
{
    printf("%.4s  %s\n", chapter, page->title);
    const char *heading = "";
    for (size_t i = 0; i < page->session_count; i++) {
        const struct session *session = &page->sessions[i];
        bool same = strcmp(heading, session->heading) == 0;
        printf("      %-20s %s\n", session->name, same ? "" : session->heading);
        heading = session->heading;
    }
}

/* 10 s for an expectation, or PLAY_DEADLINE: valgrind and qemu are slow. */
static int deadline(void)
{
    const char *told = getenv("PLAY_DEADLINE");
    double seconds = told ? strtod(told, NULL) : 0;
    return seconds > 0 && seconds < 3600 ? (int)(1000 * seconds) : 10000;
}

static enum outcome run_one(const struct command *command, const char *chapter,
                            const struct page *page,
                            const struct session *session)
{
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

/* What was asked of one chapter. FAILED when anything failed. */
static enum outcome do_chapter(const struct command *command,
                               const char *chapter)
{
    if (command->lint)
        return lint_chapter(&command->places, chapter) ? PASSED : FAILED;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", command->places.source, chapter,
             command->korean ? "README.ko.md" : "README.md");
    struct page page;
    enum outcome outcome = PASSED;
    if (!page_read(&page, path)) {
        fprintf(stderr, "%s\n", page.error);
        outcome = FAILED;
    } else if (!command->chapter) {
        list(chapter, &page);
    } else if (command->session) {
        const struct session *session = page_find(&page, command->session);
        if (session)
            outcome = run_one(command, chapter, &page, session);
        else {
            fprintf(stderr, "play: %s has no session \"%s\"; there are:", path,
                    command->session);
            for (size_t i = 0; i < page.session_count; i++)
                fprintf(stderr, " %s", page.sessions[i].name);
            fputc('\n', stderr);
            outcome = FAILED;
        }
    } else {
        for (size_t i = 0; i < page.session_count; i++) {
            if (run_one(command, chapter, &page, &page.sessions[i]) == FAILED)
                outcome = FAILED;
            if (terminals_interrupted())
                break;
        }
    }
    page_free(&page);
    return outcome;
}

int main(int argc, char *argv[])
{
    struct command command;
    if (!parse_command(&command, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    if (command.needs) {
        needs_print();
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
