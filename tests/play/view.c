/*
 * view.c - draw a session in a terminal.
 *
 * Typed, printed and spoken lines differ in shape first ("$ " and "> " in
 * front of what is typed, "# " at the left edge for the lecturer) and in
 * colour second: a projector or a printer may have none.
 */
#define _XOPEN_SOURCE 700
#include "view.h"

#include "columns.h"
#include "language.h"
#include "memory.h"
#include "pace.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
    MIN_LANE = 34,
    MIN_COLUMNS = 20,
    MAX_COLUMNS = 160,
    MIN_LABEL = 10,
    ROWS_PER_HEAD = 18
};

static const char typed_color[] = "\033[1;32m";
static const char spoken_color[] = "\033[35m";
static const char quiet_color[] = "\033[2m";
static const char plain[] = "\033[0m";

struct view_event {
    enum view_kind kind;
    int terminal;
    char *text;
};

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
    case VIEW_PARAGRAPH:
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
static void lane_row(struct view *view, int lane, const char *color, int indent,
                     const char *text, size_t length, int used)
{
    for (int i = 0; i < view->session->terminal_count; i++) {
        if (i > 0)
            fputs(i <= lane ? "| " : "|", view->out);
        if (i == lane) {
            paint(view, color);
            blanks(view, indent);
            fwrite(text, 1, length, view->out);
            paint(view, plain);
        }
        if (i + 1 < view->session->terminal_count)
            blanks(view, view->width + 1 + (i > lane) -
                             (i == lane ? used + indent : 0));
    }
    fputc('\n', view->out);
    view->rows++;
}

/* The names of the lanes, and a rule below them. */
static void lane_heads(struct view *view)
{
    if (view->form != LANES)
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
            blanks(view, view->width + 1 - (int)strlen(name));
    }
    fputc('\n', view->out);
    for (int i = 0; i < count && !view->tight; i++) {
        if (i > 0)
            fputs("+-", view->out);
        for (int k = 0; k <= view->width; k++)
            fputc('-', view->out);
    }
    if (!view->tight)
        fputc('\n', view->out);
    view->rows = 0;
}

/* A row of one symbol at the end of a line, as long as something is large. */
static size_t bar_at(const char *text)
{
    size_t end = strlen(text), at = end;
    while (at > 0 && strchr("#=", text[end - 1]) &&
           text[at - 1] == text[end - 1])
        at--;
    return end - at >= 3 ? at : end;
}

/* Where the last column of a table begins; 0: it is no table. */
static size_t last_column(const char *text)
{
    size_t found = 0, at = strspn(text, " ");
    for (; text[at]; at++)
        if (text[at] == ' ' && text[at + 1] == ' ' && text[at + 2] &&
            text[at + 2] != ' ')
            found = at + 2;
    return found;
}

static bool is_table(const char *text)
{
    return last_column(text) > 0 || text[bar_at(text)] ||
           text[strspn(text, " ")] == '|'; /* a ladder */
}

/*
 * A table's row that is too long goes on below its last column, if that is
 * not too far to the right: the columns of the others stay whole.
 */
static int hang_of(const char *text, int width)
{
    int hang = columns_of(text, last_column(text));
    return hang > width * 2 / 3 ? 0 : hang;
}

/* A row of a table that cannot be whole in so many columns. */
static bool is_cut(const char *text, int width)
{
    return is_table(text) && hang_of(text, width) == 0 &&
           columns_of(text, strlen(text)) > width;
}

/* A width that the window has, or is said to have. */
static int window(const struct view *view, const char *variable, int unknown,
                  bool rows)
{
    struct winsize size;
    const char *told = getenv(variable);
    int number = told ? atoi(told) : 0;
    if (number <= 0 && ioctl(fileno(view->out), TIOCGWINSZ, &size) == 0)
        number = rows ? size.ws_row : size.ws_col;
    return number > 0 ? number : unknown;
}

/*
 * The window may have another width since the last line. Lanes, if no table
 * is wider; else names at the left, and only if that is too much, above.
 */
static bool fit_window(struct view *view)
{
    const struct session *session = view->session;
    int columns = window(view, "COLUMNS", 80, false);
    columns = columns > MAX_COLUMNS   ? MAX_COLUMNS
              : columns < MIN_COLUMNS ? MIN_COLUMNS
                                      : columns;
    if (columns == view->columns)
        return false;
    view->columns = columns;
    int widest = 0, barred = 0;
    view->bar_whole = 0;
    for (size_t i = 0; i < session->step_count; i++) {
        const char *text = session->steps[i].text;
        if (session->steps[i].kind != STEP_PRINT || !is_table(text))
            continue;
        int wide = columns_of(text, strlen(text));
        int bar = (int)strlen(text + bar_at(text));
        widest = wide > widest ? wide : widest;
        if (bar > 0 && wide > barred)
            barred = wide;
        if (bar > view->bar_whole)
            view->bar_whole = bar;
    }
    int count = session->terminal_count;
    view->label = MIN_LABEL;
    for (int i = 0; i < count; i++)
        if ((int)strlen(session->terminals[i]) + 2 > view->label)
            view->label = (int)strlen(session->terminals[i]) + 2;
    int lane = (columns - 2 * (count - 1)) / count - 1;
    view->form = count == 1                               ? ALONE
                 : lane + 1 >= MIN_LANE && widest <= lane ? LANES
                 : widest <= columns - view->label        ? LABELS
                                                          : HEADINGS;
    view->width = view->form == LANES    ? lane
                  : view->form == LABELS ? columns - view->label
                                         : columns;
    view->bar_cut = barred > view->width ? barred - view->width : 0;
    view->whole = 0;
    for (size_t i = 0; i < session->step_count; i++) {
        const char *text = session->steps[i].text;
        int wide = columns_of(text, strlen(text));
        if (session->steps[i].kind == STEP_PRINT && !text[bar_at(text)] &&
            is_cut(text, view->width) && wide > view->whole)
            view->whole = wide;
    }
    return true;
}

/* Bars of one session become shorter by one measure. */
static void shorten_bar(const struct view *view, char *text)
{
    size_t at = bar_at(text), length = strlen(text + at);
    if (view->bar_cut == 0 || view->bar_cut >= view->bar_whole || length == 0)
        return;
    size_t left = length * (size_t)(view->bar_whole - view->bar_cut) /
                  (size_t)view->bar_whole;
    text[at + (left > 0 ? left : 1)] = '\0';
}

void view_begin(struct view *view, const struct page *page,
                const struct session *session, const char *chapter, FILE *out)
{
    const char *term = getenv("TERM");
    bool smart = isatty(fileno(out)) && (!term || strcmp(term, "dumb") != 0);
    *view = (struct view){.session = session,
                          .out = out,
                          .color = smart && !getenv("NO_COLOR"),
                          .last = -1};
    view->tight = isatty(fileno(out)) && window(view, "LINES", 99, true) <= 30;
    fit_window(view);
    if (!view->tight)
        fputc('\n', out);
    char title[400];
    snprintf(title, sizeof title, " %s: %s", page->title, session->heading);
    paint(view, "\033[1;7m");
    int used = fprintf(out, " %.4s %s ", chapter, session->name);
    paint(view, plain);
    size_t length = fitting(title, view->columns - used, &used);
    fprintf(out, "%.*s\n%s", (int)length, title, view->tight ? "" : "\n");
    if (view->whole > 0)
        fprintf(
            out,
            either("(Rows that end with > are cut: they need %d columns.)\n",
                   "(>로 끝나는 줄은 잘린 것입니다. 창이 %d칸이면 다 "
                   "보입니다.)\n"),
            view->whole);
    lane_heads(view);
    fflush(out);
}

static void show_words(struct view *view, const char *text)
{
    if (!view->after_speech && !view->tight)
        fputc('\n', view->out);
    if (fit_window(view))
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
    view->last = -1;
}

/* One row of a terminal; first: of several that are one line. */
static void show_row(struct view *view, int terminal, const char *color,
                     int indent, const char *text, size_t length, int used,
                     bool first)
{
    const char *name = view->session->terminals[terminal];
    if (view->form == LANES) {
        lane_row(view, terminal, color, indent, text, length, used);
        return;
    }
    if (view->form == LABELS)
        fprintf(view->out, "%*s| ", view->label - 2, first ? name : "");
    if (view->form == HEADINGS && view->last != terminal) {
        paint(view, "\033[1m");
        fprintf(view->out, "[%s]\n", name);
        paint(view, plain);
        view->last = terminal;
    }
    paint(view, color);
    blanks(view, indent);
    fwrite(text, 1, length, view->out);
    paint(view, plain);
    fputc('\n', view->out);
}

static void show_line(struct view *view, int terminal, enum view_kind kind,
                      const char *text)
{
    bool resized = fit_window(view);
    if (view->after_speech && !view->tight)
        fputc('\n', view->out);
    if (resized || (view->after_speech && view->rows > ROWS_PER_HEAD))
        lane_heads(view);
    view->after_speech = false;

    const char *mark = kind == VIEW_STARTED ? "$ "
                       : kind == VIEW_TYPED ? "> "
                       : kind == VIEW_ENDED ? either("ended: ", "종료: ")
                                            : "";
    char line[4096];
    snprintf(line, sizeof line, "%s%s", mark, text);
    for (char *byte = line; *byte; byte++) /* nothing that moves the cursor */
        if ((unsigned char)*byte < ' ')
            *byte = '?';
    int hang = 0;
    bool at_edge =
        view->form == LANES && terminal + 1 == view->session->terminal_count;
    if (kind == VIEW_PRINTED) {
        shorten_bar(view, line);
        hang = hang_of(line, view->width);
        if (is_cut(line, view->width + at_edge)) {
            int used; /* the head has said so */
            size_t length = fitting(line, view->width + at_edge - 1, &used);
            strcpy(line + length, ">");
        }
    }
    const char *rest = line;
    do {
        bool first = rest == line;
        int used, indent = first ? 0 : hang;
        size_t length = fitting(rest, view->width + at_edge - indent, &used);
        if (length == 0 && *rest)
            length = 1; /* too narrow for even one character */
        show_row(view, terminal, color_of(kind), indent, rest, length, used,
                 first);
        rest += length;
        if (hang > 0)
            rest += strspn(rest, " ");
    } while (*rest);
}

/* Milliseconds that it takes to read. */
static int reading_time(enum view_kind kind, const char *text)
{
    int said = 35 * columns_of(text, strlen(text));
    switch (kind) {
    case VIEW_STARTED:
        return 800;
    case VIEW_TYPED:
    case VIEW_KEY:
    case VIEW_ENDED:
        return 500;
    case VIEW_PRINTED:
        return 150;
    case VIEW_SAID:
        return said < 800 ? 800 : said > 6000 ? 6000 : said;
    case VIEW_PARAGRAPH:
        break;
    }
    return 0;
}

/* What keys there are, in a row that goes away again. */
static void hint(struct view *view, bool show)
{
    if (show == view->hint_shown)
        return;
    view->hint_shown = show;
    if (!show) {
        fputs(view->color ? "\r\033[K" : "\n", view->out);
        return;
    }
    paint(view, quiet_color);
    fputs(either("Enter: go on  space: a line  f: faster  r: again  n: next  "
                 "q: quit ",
                 "Enter: 계속  space: 한 줄  f: 빨리  r: 다시  n: 다음  "
                 "q: 끝 "),
          view->out);
    paint(view, plain);
}

void view_add(struct view *view, int terminal, enum view_kind kind,
              const char *text)
{
    view->events = grown(view->events, view->event_count, sizeof *view->events);
    view->events[view->event_count++] = (struct view_event){
        .kind = kind, .terminal = terminal, .text = copy_of(text)};
    view_tick(view);
}

bool view_tick(struct view *view)
{
    while (view->event_next < view->event_count) {
        struct view_event *event = &view->events[view->event_next];
        if (event->kind == VIEW_PARAGRAPH)
            pace_paragraph();
        else if (!pace_due())
            break;
        else {
            hint(view, false);
            if (event->kind == VIEW_SAID)
                show_words(view, event->text);
            else
                show_line(view, event->terminal, event->kind, event->text);
            pace_shown(reading_time(event->kind, event->text));
        }
        view->event_next++;
        free(event->text);
        event->text = NULL;
    }
    if (view->event_next == view->event_count) {
        view->event_next = view->event_count = 0;
        if (pace_due() || pace_wish() != GO_ON) {
            hint(view, false);
            fflush(view->out);
            return false;
        }
    }
    hint(view, pace_stopped());
    fflush(view->out);
    return true;
}

void view_end(struct view *view)
{
    hint(view, false);
    if (!view->tight)
        fputc('\n', view->out);
    fflush(view->out);
    while (view->event_next < view->event_count)
        free(view->events[view->event_next++].text);
    free(view->events);
}
