/*
 * main.c - list, play and check the sessions of the chapters.
 */
#define _XOPEN_SOURCE 700
#include "build.h"
#include "chapter.h"
#include "exercise.h"
#include "language.h"
#include "lint.h"
#include "memory.h"
#include "needs.h"
#include "pace.h"
#include "run.h"
#include "terminal.h"
#include "view.h"

#ifdef HAVE_PLACES
#include "places.h"
#endif

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

bool in_korean;

static const char usage[] =
    "usage: play                          the chapters and their sessions\n"
    "       play CHAPTER [PAGE|SESSION]   play them here (CHAPTER: ch03, or "
    "all)\n"
    "            --step                   stop after each explanation\n"
    "            --ko, --en               explain in Korean, in English\n"
    "            --with NAME=FILE         FILE is the program NAME\n"
    "       play --check CHAPTER [PAGE|SESSION]   silent, unless it fails\n"
    "       play --list [CHAPTER]         the sessions, by heading\n"
    "       play --draw CHAPTER           show the pages' lines, run nothing\n"
    "       play --lint CHAPTER           compare the pages and the programs\n"
    "       play --needs                  what this machine can show\n"
    "       play exercise ...             mend a program: play exercise "
    "--help\n"
    "            --source DIR --build DIR where the tree and the programs "
    "are\n";

static const char usage_in_korean[] =
    "사용법: play                          장과 세션의 목록\n"
    "        play CHAPTER [PAGE|SESSION]   여기서 재생한다(CHAPTER: ch03 또는 "
    "all)\n"
    "             --step                   설명마다 멈춘다\n"
    "             --ko, --en               한국어로, 영어로 설명한다\n"
    "             --with NAME=FILE         FILE을 프로그램 NAME으로 쓴다\n"
    "        play --check CHAPTER [PAGE|SESSION]   실패할 때만 출력한다\n"
    "        play --list [CHAPTER]         세션을 제목별로 보여 준다\n"
    "        play --draw CHAPTER           실행하지 않고 문서의 줄만 보여 "
    "준다\n"
    "        play --lint CHAPTER           문서와 프로그램을 비교한다\n"
    "        play --needs                  이 컴퓨터에서 볼 수 있는 것\n"
    "        play exercise ...             프로그램 고치기: play exercise "
    "--help\n"
    "             --source DIR --build DIR 소스와 프로그램이 있는 곳\n";

struct command {
    const char *chapter; /* NULL: list */
    const char *part;    /* a page or a session; NULL: the chapter's first
                            page, with --check all of them */
    bool check, draw, lint, list, needs, step;
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
    static char words[MAX_REPLACED][PATH_MAX + 256];
    char *whole = words[places->replaced_count];
    if (snprintf(whole, sizeof words[0], "%.*s%s", (int)(file + 1 - word), word,
                 path) >= (int)sizeof words[0])
        return false;
    places->replaced[places->replaced_count++] = whole;
    return true;
}

/* The reader's own language, by the environment. */
static bool speaks_korean(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *told = getenv(names[i]);
        if (told && *told)
            return strncmp(told, "ko", 2) == 0;
    }
    return false;
}

static bool parse_command(struct command *command, int argc, char *argv[])
{
    *command = (struct command){
        .places = {.source = PLAY_SOURCE, .build = PLAY_BUILD}};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char **value =
            strcmp(word, "--source") == 0  ? &command->places.source
            : strcmp(word, "--build") == 0 ? &command->places.build
                                           : NULL;
        bool *flag = strcmp(word, "--check") == 0   ? &command->check
                     : strcmp(word, "--draw") == 0  ? &command->draw
                     : strcmp(word, "--lint") == 0  ? &command->lint
                     : strcmp(word, "--needs") == 0 ? &command->needs
                     : strcmp(word, "--list") == 0  ? &command->list
                     : strcmp(word, "--step") == 0  ? &command->step
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
        else if (strcmp(word, "--ko") == 0 || strcmp(word, "--en") == 0)
            in_korean = word[2] == 'k';
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
    return true;
}

static bool wants_no_more; /* the reader */
static char (*chapters)[128];
static size_t chapter_count;

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
        if (strncmp(name, "ch", 2) != 0 || strlen(name) <= 5 ||
            name[4] != '_' || strlen(name) >= sizeof chapters[0])
            continue;
        chapters = grown(chapters, chapter_count, sizeof chapters[0]);
        strcpy(chapters[chapter_count++], name);
    }
    closedir(dir);
    if (chapters)
        qsort(chapters, chapter_count, sizeof chapters[0], by_name);
    return true;
}

/* Is it the chapter that was asked for: ch03, ch03_tcp_echo, all? */
static bool is_asked(const struct command *command, const char *chapter)
{
    const char *asked = command->chapter;
    return !asked || strcmp(asked, "all") == 0 || strcmp(asked, chapter) == 0 ||
           (strlen(asked) == 4 && strncmp(asked, chapter, 4) == 0);
}

/* The names alone, as many as fit into a row of 76 columns. */
static void list_names(const struct page *page)
{
    int used = 0;
    for (size_t k = 0; k < page->session_count; k++) {
        int length = (int)strlen(page->sessions[k].name);
        if (used + 1 + length > 70) {
            putchar('\n');
            used = 0;
        }
        printf("%s%s", used ? " " : "      ", page->sessions[k].name);
        used += 1 + length;
    }
    putchar('\n');
}

static void list_headings(const struct page *page)
{
    const char *heading = "";
    for (size_t k = 0; k < page->session_count; k++) {
        const struct session *session = &page->sessions[k];
        bool same = strcmp(heading, session->heading) == 0;
        printf("      %-20s %s\n", session->name, same ? "" : session->heading);
        heading = session->heading;
    }
}

static void list(const struct chapter *chapter, bool headings)
{
    for (int i = 0; i < chapter->count; i++) {
        printf("%.4s%s%s  %s\n", chapter->folder, i ? " " : "",
               i ? chapter->names[i] : "", chapter->pages[i].title);
        (headings ? list_headings : list_names)(&chapter->pages[i]);
    }
}

/* For an expectation: what PLAY_DEADLINE says (valgrind and qemu are slow), or
 * 10 s where somebody looks on; a test has its processor with many others. */
static int deadline;

static bool read_deadline(bool check)
{
    const char *told = getenv("PLAY_DEADLINE");
    char *end;
    deadline = check ? 30000 : 10000;
    if (!told)
        return true;
    double seconds = strtod(told, &end);
    if (end == told || *end || !(seconds >= 0.001 && seconds < 3600)) {
        fprintf(stderr,
                "play: PLAY_DEADLINE: not seconds (0.001 to 3600): "
                "\"%.40s\"\n",
                told);
        return false;
    }
    deadline = (int)(1000 * seconds);
    return true;
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

static enum outcome run_one(const struct command *command, const char *folder,
                            const struct page *page,
                            const struct session *session)
{
    if (!all_replaced_start(&command->places, session))
        return FAILED;
    struct view view;
    struct run_options options = {.places = &command->places,
                                  .chapter = folder,
                                  .view = command->check ? NULL : &view,
                                  .deadline = deadline};
    enum outcome outcome;
    do {
        pace_begin_session();
        if (!command->check)
            view_begin(&view, page, session, folder, stdout);
        outcome = run_session(page, session, &options);
    } while (outcome == STOPPED && pace_wish() == AGAIN &&
             !terminals_interrupted());
    /* Who has seen enough has not seen a failure. */
    return outcome == STOPPED && !terminals_interrupted() ? PASSED : outcome;
}

/* Ctrl-C was for this session. What about the rest, if there is one? */
static bool goes_on(bool rest)
{
    if (terminals_interrupted() == SIGINT && pace_paced() && rest) {
        terminals_forget_interrupt();
        if (pace_ask(either("Stopped. The next session? (Enter; q: no)",
                            "멈췄습니다. 다음 세션을 볼까요? (Enter, q: "
                            "아니요)")))
            return true;
        wants_no_more = true;
    }
    wants_no_more = wants_no_more || pace_wish() == QUIT;
    return !terminals_interrupted() && !wants_no_more;
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
        if (!goes_on(i + 1 < page->session_count))
            break;
    }
    return outcome;
}

static void name_sessions(const struct chapter *chapter, const char *part)
{
    fprintf(stderr,
            either("play: %s has no session \"%s\"; there are:",
                   "play: %s에 이름이 \"%s\"인 세션은 없습니다. 있는 것은:"),
            chapter->folder, part);
    for (int i = 0; i < chapter->count; i++)
        for (size_t k = 0; k < chapter->pages[i].session_count; k++)
            fprintf(stderr, " %s", chapter->pages[i].sessions[k].name);
    fputc('\n', stderr);
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
    const struct session *session =
        page ? NULL : chapter_find(chapter, part, &page);
    if (!page) {
        name_sessions(chapter, part);
        return FAILED;
    }
    if (session && *session->edit && command->places.replaced_count == 0) {
        fprintf(stderr,
                either("play: \"%s\" is what a changed program shows: change "
                       "it as\n      %s:%d says, compile it, and add --with "
                       "NAME=FILE\n",
                       "play: 세션 \"%s\"에서는 고친 프로그램을 씁니다. "
                       "%s:%d에\n      적힌 대로 고쳐 컴파일하고 --with "
                       "NAME=FILE을 붙이세요.\n"),
                part, page->path, session->line);
        return SKIPPED;
    }
    /* A check never builds, unless play exercise asks for it. */
    if ((!command->check || getenv("PLAY_BUILDS")) &&
        !build_programs(&command->places, folder,
                        session ? session : page->sessions,
                        session ? 1 : page->session_count))
        return FAILED;
    return session ? run_one(command, folder, page, session)
                   : run_page(command, folder, page);
}

/* The page's own lines as a demonstration would show them; nothing runs. */
static void draw(const struct chapter *chapter, const struct page *page,
                 const struct session *session)
{
    static const enum view_kind kinds[] = {
        [STEP_SAY] = VIEW_SAID,      [STEP_START] = VIEW_STARTED,
        [STEP_PRINT] = VIEW_PRINTED, [STEP_SKIP] = VIEW_PRINTED,
        [STEP_TYPE] = VIEW_TYPED,    [STEP_CTRL_C] = VIEW_KEY,
        [STEP_CTRL_D] = VIEW_KEY,    [STEP_END] = VIEW_ENDED};
    struct view view;
    view_begin(&view, page, session, chapter->folder, stdout);
    for (size_t i = 0; i < session->step_count; i++) {
        const struct step *step = &session->steps[i];
        view_add(&view, step->terminal, kinds[step->kind],
                 step->kind == STEP_CTRL_C   ? "^C"
                 : step->kind == STEP_CTRL_D ? "^D"
                                             : step->text);
    }
    view_end(&view);
}

static void draw_all(const struct chapter *chapter)
{
    for (int i = 0; i < chapter->count; i++)
        for (size_t k = 0; k < chapter->pages[i].session_count; k++)
            draw(chapter, &chapter->pages[i], &chapter->pages[i].sessions[k]);
}

static enum outcome do_chapter(const struct command *command,
                               const char *folder)
{
    if (command->lint)
        return lint_chapter(&command->places, folder) ? PASSED : FAILED;
    static struct chapter chapter;
    enum outcome outcome = FAILED;
    if (chapter_read(&chapter, command->places.source, folder, in_korean)) {
        outcome = PASSED;
        if (command->draw)
            draw_all(&chapter);
        else if (command->chapter && !command->list)
            outcome = run_part(command, &chapter);
        else
            list(&chapter, command->list);
    }
    chapter_free(&chapter);
    return outcome;
}

int main(int argc, char *argv[])
{
    if (argc > 1 && strcmp(argv[1], "exercise") == 0)
        return exercise_run(
            &(struct places){.source = PLAY_SOURCE, .build = PLAY_BUILD}, argv);
    struct command command;
    in_korean = speaks_korean();
    if (!parse_command(&command, argc, argv)) {
        fputs(either(usage, usage_in_korean), stderr);
        return 2;
    }
    if (!read_deadline(command.check))
        return 2;
    if (command.needs) {
        needs_print(in_korean);
        return 0;
    }
    if (!find_chapters(command.places.source))
        return 1;
    terminals_prepare();
    if (command.chapter && !command.check && !command.lint && !command.list)
        pace_open(command.step);
    bool found = !command.chapter;
    enum outcome outcome = PASSED;
    for (size_t i = 0;
         i < chapter_count && !terminals_interrupted() && !wants_no_more; i++) {
        if (!is_asked(&command, chapters[i]))
            continue;
        found = true;
        enum outcome one = do_chapter(&command, chapters[i]);
        if (one != PASSED && outcome != FAILED)
            outcome = one;
    }
    pace_close();
    if (!found) {
        fprintf(stderr,
                either("play: no chapter \"%s\"; there are:",
                       "play: 이름이 \"%s\"인 장은 없습니다. 있는 것은:"),
                command.chapter);
        for (size_t i = 0; i < chapter_count; i++)
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
