/*
 * view.c - draw a session in a terminal.
 *
 * Typed, printed and spoken lines differ in shape first ("$ " and "> " in
 * front of what is typed, "# " at the left edge for the lecturer) and in
 * colour second: a projector or a printer may have none.
 */
#define _XOPEN_SOURCE 700
#include "view.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { MIN_LANE = 34, MIN_COLUMNS = 20, MAX_COLUMNS = 160, ROWS_PER_HEAD = 18 };

static const char typed_color[] = "\033[1;32m";
static const char spoken_color[] = "\033[35m";
static const char quiet_color[] = "\033[2m";
static const char plain[] = "\033[0m";

/* Bytes of the character at text, and how many columns it takes. */
static size_t character(const char *text, int *columns)
{
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = byte[0] < 0x80   ? 1
                    : byte[0] < 0xe0 ? 2
                    : byte[0] < 0xf0 ? 3
                                     : 4;
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned long code = byte[0] & first[length];
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) { /* not UTF-8: a byte is a column */
            *columns = 1;
            return 1;
        }
        code = code << 6 | (byte[i] & 0x3f);
    }
    bool wide = (code >= 0x1100 && code <= 0x115f) ||
                (code >= 0x2e80 && code <= 0xa4cf) ||
                (code >= 0xac00 && code <= 0xd7a3) ||
                (code >= 0xf900 && code <= 0xfaff) ||
                (code >= 0xfe30 && code <= 0xfe6f) ||
                (code >= 0xff00 && code <= 0xff60);
    *columns = wide ? 2 : 1;
    return length;
}

int columns_of(const char *text, size_t length)
{
    int columns = 0;
    for (size_t at = 0; at < length && text[at];) {
        int wide;
        size_t bytes = character(text + at, &wide);
        if (at + bytes > length)
            break; /* only a part of the last one */
        at += bytes;
        columns += wide;
    }
    return columns;
}

/*
 * How many bytes of text go into a row of that width; breaks at a blank
 * where there is one. *used: the columns they take.
 */
static size_t fitting(const char *text, int width, int *used)
{
    size_t at = 0, last_blank = 0;
    int columns = 0, at_blank = 0;
    while (text[at]) {
        int wide;
        size_t length = character(text + at, &wide);
        if (columns + wide > width) {
            if (last_blank == 0)
                break;
            *used = at_blank;
            return last_blank;
        }
        if (text[at] == ' ' && at > 0) {
            last_blank = at;
            at_blank = columns;
        }
        at += length;
        columns += wide;
    }
    *used = columns;
    return at;
}

static void paint(const struct view *view, const char *color)
{
    if (view->color)
        fputs(color, view->out);
}

static const char *color_of(enum view_kind kind)
{
    switch (kind) {
    case VIEW_STARTED:
    case VIEW_TYPED:
    case VIEW_KEY:
        return typed_color;
    case VIEW_SAID:
        return spoken_color;
    case VIEW_ENDED:
        return quiet_color;
    case VIEW_PRINTED:
        return "";
    }
    return "";
}

static void blanks(const struct view *view, int count)
{
    fprintf(view->out, "%*s", count > 0 ? count : 0, "");
}

/* One row: text in its lane, the others empty. */
static void lane_row(struct view *view, int lane, const char *color,
                     const char *text, size_t length, int used)
{
    for (int i = 0; i < view->session->terminal_count; i++) {
        if (i > 0)
            fputs(i <= lane ? "| " : "|", view->out);
        if (i == lane) {
            paint(view, color);
            fwrite(text, 1, length, view->out);
            paint(view, plain);
        }
        if (i + 1 < view->session->terminal_count)
            blanks(view,
                   view->lane_width + (i > lane) - (i == lane ? used : 0));
    }
    fputc('\n', view->out);
    view->rows++;
}

/* The names of the lanes, and a rule below them. */
static void lane_heads(struct view *view)
{
    if (!view->lane_width)
        return;
    int count = view->session->terminal_count;
    for (int i = 0; i < count; i++) {
        const char *name = view->session->terminals[i];
        if (i > 0)
            fputs("| ", view->out);
        paint(view, "\033[1m");
        fputs(name, view->out);
        paint(view, plain);
        if (i + 1 < count)
            blanks(view, view->lane_width - (int)strlen(name));
    }
    fputc('\n', view->out);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            fputs("+-", view->out);
        for (int k = 0; k < view->lane_width; k++)
            fputc('-', view->out);
    }
    fputc('\n', view->out);
    view->rows = 0;
}

static void remember(struct view *view, int terminal, enum view_kind kind,
                     const char *text)
{
    struct view_event *larger =
        realloc(view->events, (view->event_count + 1) * sizeof *larger);
    char *copy = strdup(text);
    if (!larger || !copy) {
        perror("play: malloc");
        exit(1);
    }
    view->events = larger;
    view->events[view->event_count++] =
        (struct view_event){.kind = kind, .terminal = terminal, .text = copy};
}

static int screen_columns(FILE *out)
{
    struct winsize size;
    const char *told = getenv("COLUMNS");
    int columns = told ? atoi(told) : 0;
    if (columns <= 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    if (columns <= 0)
        columns = 80;
    return columns > MAX_COLUMNS   ? MAX_COLUMNS
           : columns < MIN_COLUMNS ? MIN_COLUMNS
                                   : columns;
}

/* The window may have another width since the last line. */
static bool fit_screen(struct view *view)
{
    int columns = screen_columns(view->out);
    if (columns == view->columns)
        return false;
    int count = view->session->terminal_count;
    int lane = (columns - 2 * (count - 1)) / count;
    view->columns = columns;
    view->lane_width = count > 1 && lane >= MIN_LANE ? lane : 0;
    return true;
}

void view_begin(struct view *view, const struct page *page,
                const struct session *session, const char *chapter, FILE *out)
{
    *view = (struct view){.session = session,
                          .out = out,
                          .color = isatty(fileno(out)) && !getenv("NO_COLOR")};
    fit_screen(view);
    fputc('\n', out);
    paint(view, "\033[1;7m");
    fprintf(out, " %.4s %s ", chapter, session->name);
    paint(view, plain);
    fprintf(out, " %s: %s\n\n", page->title, session->heading);
    lane_heads(view);
    fflush(out);
}

void view_say(struct view *view, const char *text)
{
    remember(view, -1, VIEW_SAID, text);
    if (!view->after_speech)
        fputc('\n', view->out);
    if (fit_screen(view))
        view->rows = ROWS_PER_HEAD + 1; /* new lanes: name them again */
    int width = view->columns > 100 ? 100 : view->columns;
    do {
        int used;
        size_t length = fitting(text, width - 2, &used);
        paint(view, spoken_color);
        fprintf(view->out, "# %.*s", (int)length, text);
        paint(view, plain);
        fputc('\n', view->out);
        text += length;
        text += strspn(text, " ");
    } while (*text);
    view->after_speech = true;
    fflush(view->out);
}

void view_line(struct view *view, int terminal, enum view_kind kind,
               const char *text)
{
    static const char *const marks[] = {"$ ", "> ", "", "", "ended: ", ""};
    remember(view, terminal, kind, text);
    bool resized = fit_screen(view);
    if (view->after_speech)
        fputc('\n', view->out);
    if (resized || (view->after_speech && view->rows > ROWS_PER_HEAD))
        lane_heads(view);
    view->after_speech = false;

    char line[4096];
    snprintf(line, sizeof line, "%s%s", marks[kind], text);
    for (char *byte = line; *byte; byte++) /* nothing that moves the cursor */
        if ((unsigned char)*byte < ' ')
            *byte = '?';
    const char *name = view->session->terminals[terminal];
    int width = view->lane_width ? view->lane_width - 1
                : *name          ? view->columns - 10
                                 : view->columns;
    const char *rest = line;
    do {
        int used;
        size_t length = fitting(rest, width, &used);
        if (length == 0 && *rest)
            length = 1; /* a lane too narrow for even one character */
        if (view->lane_width) {
            lane_row(view, terminal, color_of(kind), rest, length, used);
        } else {
            if (*name)
                fprintf(view->out, "%8s| ", rest == line ? name : "");
            paint(view, color_of(kind));
            fwrite(rest, 1, length, view->out);
            paint(view, plain);
            fputc('\n', view->out);
        }
        rest += length;
    } while (*rest);
    fflush(view->out);
}

void view_pause(struct view *view)
{
    paint(view, quiet_color);
    fputs("  [Enter]", view->out);
    paint(view, plain);
    fflush(view->out);
    view->after_speech = true;
}

void view_end(struct view *view)
{
    fputc('\n', view->out);
    fflush(view->out);
}

void view_free(struct view *view)
{
    for (size_t i = 0; i < view->event_count; i++)
        free(view->events[i].text);
    free(view->events);
    view->events = NULL;
    view->event_count = 0;
}
