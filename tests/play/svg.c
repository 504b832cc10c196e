/*
 * svg.c - a played session as a picture: one terminal window a lane.
 *
 * Rows go down in the order in which things happened, so that a line stands
 * lower than its cause in the other window. Text stays text; the windows are
 * dark, as terminals are, on a page of any colour, and in print.
 */
#define _POSIX_C_SOURCE 200809L
#include "view.h"

#include <stdlib.h>
#include <string.h>

enum { ROW = 20, GLYPH = 8, PAD = 14, BAR = 30, GAP = 14, MAX_GLYPHS = 60 };

static const char style[] =
    "<style>\n"
    "text{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',"
    "'Liberation Mono',monospace;fill:#d7dce2;white-space:pre}\n"
    ".name{fill:#9aa4b0}\n"
    ".typed{fill:#7ee787;font-weight:bold}\n"
    ".ended{fill:#9aa4b0}\n"
    "</style>\n";

static void put_text(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '>')
            fputs("&gt;", file);
        else if (*text == '&')
            fputs("&amp;", file);
        else
            fputc(*text, file);
    }
}

static const char *mark_of(enum view_kind kind)
{
    return kind == VIEW_STARTED ? "$ "
           : kind == VIEW_TYPED ? "> "
           : kind == VIEW_ENDED ? "ended: "
                                : "";
}

static const char *class_of(enum view_kind kind)
{
    switch (kind) {
    case VIEW_STARTED:
    case VIEW_TYPED:
    case VIEW_KEY:
        return " class=\"typed\"";
    case VIEW_ENDED:
        return " class=\"ended\"";
    case VIEW_PRINTED:
    case VIEW_SAID:
        return "";
    }
    return "";
}

/* Columns of the widest line, so that windows are as wide as they need. */
static int widest_line(const struct view *view)
{
    size_t widest = 24;
    for (size_t i = 0; i < view->event_count; i++) {
        const struct view_event *event = &view->events[i];
        size_t length = strlen(mark_of(event->kind)) + strlen(event->text);
        if (event->kind != VIEW_SAID && length > widest)
            widest = length;
    }
    return widest > MAX_GLYPHS ? MAX_GLYPHS : (int)widest;
}

bool view_write_svg(const struct view *view, const char *path)
{
    const struct session *session = view->session;
    int count = session->terminal_count, rows = 0;
    for (size_t i = 0; i < view->event_count; i++)
        rows += view->events[i].kind != VIEW_SAID;
    int window = widest_line(view) * GLYPH + 2 * PAD;
    int width = count * window + (count - 1) * GAP;
    int height = BAR + rows * ROW + PAD;

    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "width=\"%d\" height=\"%d\" role=\"img\" aria-labelledby=\"title "
            "desc\">\n"
            "<title id=\"title\">",
            width, height, width, height);
    put_text(file, session->name);
    fputs("</title>\n<desc id=\"desc\">", file);
    put_text(file, session->heading);
    fprintf(file,
            ": the terminals of a played session, side by side</desc>\n%s",
            style);
    for (int i = 0; i < count; i++) {
        int left = i * (window + GAP);
        fprintf(file,
                "<rect x=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\" "
                "fill=\"#161b22\"/>\n"
                "<rect x=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\" "
                "fill=\"#30363d\"/>\n"
                "<text x=\"%d\" y=\"20\" class=\"name\">",
                left, window, height, left, window, BAR - 6, left + PAD);
        put_text(file, session->terminals[i]);
        fputs("</text>\n", file);
    }
    int y = BAR + ROW / 2 + 4;
    for (size_t i = 0; i < view->event_count; i++) {
        const struct view_event *event = &view->events[i];
        if (event->kind == VIEW_SAID)
            continue;
        fprintf(file, "<text x=\"%d\" y=\"%d\"%s>",
                event->terminal * (window + GAP) + PAD, y,
                class_of(event->kind));
        put_text(file, mark_of(event->kind));
        put_text(file, event->text);
        fputs("</text>\n", file);
        y += ROW;
    }
    fputs("</svg>\n", file);
    bool failed = ferror(file) != 0;
    return fclose(file) == 0 && !failed;
}
