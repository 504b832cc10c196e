/*
 * session.c - from the text of a page to its sessions.
 */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include "memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
    struct page *page;
    char *next; /* the rest of the text */
    int line;   /* number of the line last taken */
};

static bool fail(struct reader *reader, int line, const char *format, ...)
{
    struct page *page = reader->page;
    int used =
        snprintf(page->error, sizeof page->error, "%s:%d: ", page->path, line);
    if (used < 0 || (size_t)used >= sizeof page->error)
        return false;
    va_list values;
    va_start(values, format);
    vsnprintf(page->error + used, sizeof page->error - (size_t)used, format,
              values);
    va_end(values);
    return false;
}

/* The next line without its newline, or NULL at the end. */
static char *take_line(struct reader *reader)
{
    char *line = reader->next;
    if (!line)
        return NULL;
    char *end = strchr(line, '\n');
    if (end) {
        *end = '\0';
        reader->next = end + 1;
    } else {
        reader->next = NULL;
        if (!*line)
            return NULL;
    }
    reader->line++;
    return line;
}

bool is_session_name(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && !text[length];
}

/* "54321,41.2" -> one literal each. */
static bool add_literals(struct reader *reader, struct session *session,
                         enum literal_kind kind, char *list)
{
    for (char *rest = list, *text; (text = strtok_r(rest, ",", &rest));) {
        for (int i = 0; i < session->literal_count; i++)
            if (strcmp(session->literals[i].text, text) == 0)
                return fail(reader, session->line, "%s is declared twice",
                            text);
        if (kind != LITERAL_ANY && text[strspn(text, "0123456789")])
            return fail(reader, session->line, "%s is not a port", text);
        if (session->literal_count == MAX_LITERALS)
            return fail(reader, session->line, "more than %d varying values",
                        MAX_LITERALS);
        session->literals[session->literal_count++] =
            (struct literal){.text = text, .kind = kind};
    }
    return true;
}

/* One word=value or word="value" after another, from a fence or a comment. */
static bool parse_attributes(struct reader *reader, struct session *session,
                             char *text, unsigned *seen)
{
    for (;;) {
        text += strspn(text, " \t\n");
        if (!*text)
            return true;
        char *key = text;
        text += strcspn(text, "= \t\n");
        if (*text != '=')
            return fail(reader, session->line, "not word=value: %.40s", key);
        *text++ = '\0';
        bool quoted = *text == '"';
        char *value = quoted ? ++text : text;
        text += strcspn(text, quoted ? "\"" : " \t\n");
        if (quoted && !*text)
            return fail(reader, session->line, "%s=\"... has no end", key);
        if (*text)
            *text++ = '\0';

        /* Lists of values add up; nothing else can stand twice. */
        static const char *const once[] = {"name", "edit", "where", "needs",
                                           "cpus"};
        for (unsigned i = 0; i < sizeof once / sizeof *once; i++) {
            if (strcmp(key, once[i]) != 0)
                continue;
            if (*seen & 1u << i)
                return fail(reader, session->line, "%s= is there twice", key);
            *seen |= 1u << i;
        }
        if (strcmp(key, "name") == 0)
            session->name = value;
        else if (strcmp(key, "edit") == 0) {
            /* Where CMake looks for it (../chapter.cmake). */
            if (!session->name || value != session->name +
                                               strlen(session->name) +
                                               strlen(" edit="))
                return fail(reader, session->line,
                            "edit= stands right behind the name, one blank "
                            "between, without quotes");
            if (!is_session_name(value))
                return fail(reader, session->line,
                            "an edit's name is made of a-z, 0-9, _ and -");
            session->edit = value;
        } else if (strcmp(key, "where") == 0)
            session->where = value;
        else if (strcmp(key, "needs") == 0)
            session->needs = value;
        else if (strcmp(key, "cpus") == 0) {
            if (strcmp(value, "1") != 0)
                return fail(reader, session->line,
                            "cpus=%.40s: it can only be 1", value);
            session->one_cpu = true;
        } else if (strcmp(key, "any") == 0) {
            if (!add_literals(reader, session, LITERAL_ANY, value))
                return false;
        } else if (strcmp(key, "port") == 0) {
            if (!add_literals(reader, session, LITERAL_PORT, value))
                return false;
        } else
            return fail(reader, session->line, "unknown attribute %.40s=", key);
    }
}

static int find_terminal(const struct session *session, const char *name)
{
    for (int i = 0; i < session->terminal_count; i++)
        if (strcmp(session->terminals[i], name) == 0)
            return i;
    return -1;
}

/* text: what stands behind the mark. " x" -> "x"; "" stays; "x" is wrong. */
static const char *after_blank(const char *text)
{
    if (!*text)
        return text;
    return *text == ' ' ? text + 1 : NULL;
}

/*
 * A shell would remember it for the next command, and there is no shell that
 * lasts: each command is started by itself.
 */
static bool lasts_in_a_shell(const char *command)
{
    static const char *const words[] = {"cd",     "exit",  "export", "set",
                                        "ulimit", "umask", "alias"};
    if (strpbrk(command, ";&|"))
        return false; /* done for what stands behind it */
    size_t length = strcspn(command, " ");
    const char *assigned = memchr(command, '=', length);
    if (assigned && !command[length])
        return true; /* NAME=value alone */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length &&
            strncmp(command, words[i], length) == 0)
            return true;
    return false;
}

/* The mark after a terminal's name, and what belongs to it. */
static bool parse_mark(char *mark, bool single, struct step *step)
{
    if (strcmp(mark, "^C") == 0) {
        step->kind = STEP_CTRL_C;
        step->text = "";
        return true;
    }
    if (strcmp(mark, "^D") == 0) {
        step->kind = STEP_CTRL_D;
        step->text = "";
        return true;
    }
    static const char marks[] = "$>?";
    static const enum step_kind kinds[] = {STEP_START, STEP_TYPE, STEP_END};
    const char *found = *mark ? strchr(marks, *mark) : NULL;
    const char *rest = found ? after_blank(mark + 1) : NULL;
    if (rest) {
        step->kind = kinds[found - marks];
        step->text = rest;
        return step->kind == STEP_TYPE ||
               (*step->text &&
                !(step->kind == STEP_START && lasts_in_a_shell(step->text)));
    }
    if (single) {
        step->kind = strcmp(mark, "...") == 0 ? STEP_SKIP : STEP_PRINT;
        step->text = mark;
        return true;
    }
    if (*mark == ':' && after_blank(mark + 1)) {
        step->text = after_blank(mark + 1);
        step->kind = strcmp(step->text, "...") == 0 ? STEP_SKIP : STEP_PRINT;
        return true;
    }
    return false;
}

static bool parse_step(struct reader *reader, struct session *session,
                       char *line, struct step *step)
{
    *step = (struct step){.line = reader->line, .terminal = -1};
    if (strcmp(line, "#") == 0 || strncmp(line, "# ", 2) == 0) {
        step->kind = STEP_SAY;
        step->text = line[1] ? line + 2 : line + 1;
        return true;
    }
    if (session->terminal_count == 0 && strncmp(line, "$ ", 2) == 0) {
        session->single = true;
        session->terminals[session->terminal_count++] = "";
    }
    if (session->single) {
        step->terminal = 0;
        return parse_mark(line, true, step) ||
               fail(reader, reader->line, "not a step: \"%.60s\"", line);
    }

    size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    char *mark = line + length;
    if (length == 0 || !parse_mark(mark, false, step))
        return fail(reader, reader->line, "not a step: \"%.60s\"", line);
    enum step_kind kind = step->kind;
    *mark = '\0';
    step->terminal = find_terminal(session, line);
    if (step->terminal >= 0)
        return true;
    if (kind != STEP_START)
        return fail(reader, reader->line, "terminal \"%.40s\" has not started",
                    line);
    if (session->terminal_count == MAX_TERMINALS)
        return fail(reader, reader->line, "more than %d terminals",
                    MAX_TERMINALS);
    step->terminal = session->terminal_count;
    session->terminals[session->terminal_count++] = line;
    return true;
}

/* Everything up to the closing fence. */
static bool parse_steps(struct reader *reader, struct session *session,
                        const char *fence)
{
    for (char *line; (line = take_line(reader));) {
        if (strncmp(line, fence, strlen(fence)) == 0)
            return session->terminal_count > 0 ||
                   fail(reader, session->line, "session \"%s\" starts nothing",
                        session->name);
        if (!*line && !session->single)
            continue;
        session->steps =
            grown(session->steps, session->step_count, sizeof *session->steps);
        if (!parse_step(reader, session, line,
                        &session->steps[session->step_count]))
            return false;
        session->step_count++;
    }
    return fail(reader, session->line, "the fence is never closed");
}

static bool parse_session(struct reader *reader, char *info, char *comment,
                          const char *heading, const char *fence)
{
    struct page *page = reader->page;
    page->sessions =
        grown(page->sessions, page->session_count, sizeof *page->sessions);
    struct session *session = &page->sessions[page->session_count++];
    *session = (struct session){.heading = heading,
                                .line = reader->line,
                                .where = "",
                                .needs = "",
                                .edit = ""};
    unsigned seen = 0;
    if (!parse_attributes(reader, session, info, &seen) ||
        (comment && !parse_attributes(reader, session, comment, &seen)))
        return false;
    if (!session->name || !is_session_name(session->name))
        return fail(reader, session->line,
                    "a session's name is made of a-z, 0-9, _ and -");
    for (size_t i = 0; i + 1 < page->session_count; i++)
        if (strcmp(page->sessions[i].name, session->name) == 0)
            return fail(reader, session->line,
                        "two sessions are called \"%s\" (the first in line %d)",
                        session->name, page->sessions[i].line);
    return parse_steps(reader, session, fence);
}

/* From "<!--" to "-->", perhaps over several lines; its inner text. */
static bool take_comment(struct reader *reader, char *line, char **inner)
{
    int first = reader->line;
    char *start = line + 4, *end;
    while (!(end = strstr(start, "-->"))) {
        char *last = line + strlen(line);
        line = take_line(reader);
        if (!line)
            return fail(reader, first, "the comment is never closed");
        *last = '\n'; /* the lines are one text again */
    }
    *end = '\0';
    *inner = start;
    return true;
}

/* A fence for "console", however it is written. */
static bool opens_console(const char *line)
{
    line += strspn(line, " \t>");
    size_t fence = strspn(line, "`~");
    line += fence;
    line += strspn(line, " \t");
    return fence >= 3 && strncasecmp(line, "console", 7) == 0 &&
           !isalnum((unsigned char)line[7]);
}

/* word=...: meant for a session, not for people. */
static bool holds_attributes(const char *comment)
{
    comment += strspn(comment, " \t\n");
    size_t word = strspn(comment, "abcdefghijklmnopqrstuvwxyz");
    return word > 0 && comment[word] == '=';
}

static bool parse_lines(struct reader *reader)
{
    struct page *page = reader->page;
    const char *heading = "";
    char *comment = NULL; /* the one directly above */
    for (;;) {
        char *line = take_line(reader);
        if (comment && holds_attributes(comment) &&
            !(line && opens_console(line)))
            return fail(reader, reader->line,
                        "no session below the comment with its attributes");
        if (!line)
            return true;
        if (strncmp(line, "<!--", 4) == 0) {
            if (!take_comment(reader, line, &comment))
                return false;
            continue;
        }
        if (*line == '#') {
            heading = line + strspn(line, "#");
            heading += strspn(heading, " ");
            if (!page->title)
                page->title = heading;
        }
        /* Other ways are another tool's session: read here, never run. */
        static const char opening[] = "```console name=";
        if (opens_console(line) &&
            strncmp(line, opening, sizeof opening - 1) != 0)
            return fail(reader, reader->line,
                        "a session needs name= first, and begins with %sNAME",
                        opening);
        size_t ticks = strspn(line, "`");
        char fence[16];
        if (ticks >= 3 && ticks < sizeof fence) {
            memcpy(fence, line, ticks);
            fence[ticks] = '\0';
            char *info = line + ticks;
            size_t word = strcspn(info, " ");
            if (word == 7 && strncmp(info, "console", word) == 0) {
                if (!parse_session(reader, info + word, comment, heading,
                                   fence))
                    return false;
            } else {
                int first = reader->line;
                do
                    line = take_line(reader);
                while (line && strncmp(line, fence, ticks) != 0);
                if (!line)
                    return fail(reader, first, "the fence is never closed");
            }
        }
        comment = NULL;
    }
}

bool page_parse(struct page *page, const char *path, const char *bytes,
                size_t length)
{
    *page = (struct page){.path = path};
    page->text = enlarged(NULL, length + 1);
    if (length)
        memcpy(page->text, bytes, length);
    page->text[length] = '\0';
    struct reader reader = {.page = page, .next = page->text};
    if (strlen(page->text) != length)
        return fail(&reader, 1, "a page has no NUL bytes");
    if (strchr(page->text, '\r'))
        return fail(&reader, 1, "lines end with CR LF here, not with LF");
    bool ok = parse_lines(&reader);
    if (!page->title)
        page->title = "";
    return ok;
}

bool page_read(struct page *page, const char *path)
{
    *page = (struct page){.path = path};
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t length = 0;
    if (file) {
        for (size_t got = 1; got;) {
            bytes = enlarged(bytes, length + 65536);
            got = fread(bytes + length, 1, 65536, file);
            length += got;
        }
    }
    if (!file || ferror(file)) {
        snprintf(page->error, sizeof page->error, "%s: %s", path,
                 strerror(errno));
        if (file)
            fclose(file);
        free(bytes);
        return false;
    }
    fclose(file);
    bool ok = page_parse(page, path, bytes, length);
    free(bytes);
    return ok;
}

void page_free(struct page *page)
{
    for (size_t i = 0; i < page->session_count; i++)
        free(page->sessions[i].steps);
    free(page->sessions);
    free(page->text);
}

const struct session *page_find(const struct page *page, const char *name)
{
    for (size_t i = 0; i < page->session_count; i++)
        if (strcmp(page->sessions[i].name, name) == 0)
            return &page->sessions[i];
    return NULL;
}

bool session_says(const struct session *session, const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < session->step_count; i++) {
        if (session->steps[i].kind != STEP_START)
            continue;
        const char *at = session->steps[i].text;
        while ((at = strstr(at, path))) {
            at += length;
            if (strchr(" |<>;&)'\"", *at))
                return true;
        }
    }
    return false;
}

bool session_starts(const struct session *session, const char *program)
{
    char word[256];
    snprintf(word, sizeof word, "./%s", program);
    return session_says(session, word);
}
