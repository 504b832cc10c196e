/*
 * report.c - why a session failed.
 */
#define _POSIX_C_SOURCE 200809L
#include "report.h"

#include "columns.h"
#include "language.h"
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct note {
    int terminal;
    size_t at;
    char mark; /* '$', '>' or '^' */
    char *text;
};

void report_note(struct report *report, int terminal, size_t at, char mark,
                 const char *text)
{
    report->notes =
        grown(report->notes, report->note_count, sizeof *report->notes);
    report->notes[report->note_count++] = (struct note){
        .terminal = terminal, .at = at, .mark = mark, .text = copy_of(text)};
}

void report_free(struct report *report)
{
    while (report->note_count > 0)
        free(report->notes[--report->note_count].text);
    free(report->notes);
}

const char *report_name(const struct session *session, int terminal)
{
    const char *name = session->terminals[terminal];
    return *name ? name : either("the program", "프로그램");
}

void report_blame(struct report *report, int line, const char *format, ...)
{
    report->failed = true;
    fprintf(stderr, either("%s:%d: session \"%s\": ", "%s:%d: 세션 \"%s\": "),
            report->page->path, line, report->session->name);
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

static void print_escaped(const char *text, size_t length)
{
    for (size_t i = 0; i < length && i < 400; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < ' ' || byte == 0x7f)
            fprintf(stderr, "\\x%02x", byte);
        else
            fputc(byte, stderr);
    }
    if (length > 400)
        fprintf(stderr, either("... (%zu bytes)", "... (%zu바이트)"), length);
}

void report_expected(const struct bindings *bindings, const char *text)
{
    const struct session *session = bindings->session;
    struct bindings known = *bindings;
    for (int i = 0; i < session->literal_count; i++)
        if (!*known.values[i])
            snprintf(known.values[i], sizeof known.values[i], "%s",
                     session->literals[i].text);
    char *here = substituted(&known, text);
    fprintf(stderr, either("    the page:    %s\n", "    문서:        %s\n"),
            text);
    if (strcmp(here, text) != 0)
        fprintf(stderr,
                either("    in this run: %s\n", "    이번 실행:   %s\n"), here);
    free(here);
}

void report_came(const char *line, size_t length, size_t column)
{
    /* Of a long line only what is around the difference. */
    size_t from = column > 300 ? column - 40 : 0;
    fprintf(stderr, "%s%s", either("    the program: ", "    프로그램:    "),
            from ? "..." : "");
    print_escaped(line + from, length - from);
    fputc('\n', stderr);
    if (column == 0)
        return;
    int blanks = 17 + (from ? 3 : 0);
    for (size_t i = from; i + 1 < column; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            blanks += 3; /* \x1b */
    blanks += columns_of(line + from, column - 1 - from);
    fprintf(stderr, "%*s^ %s\n", blanks, "",
            either("from here on", "여기서부터"));
}

/* What a terminal printed; of much only the beginning and the end. */
static void print_output(const char *output, size_t length)
{
    size_t lines = 0, seen = 0;
    for (size_t i = 0; i < length; i++)
        lines += output[i] == '\n';
    for (size_t at = 0; at < length; seen++) {
        const char *line = output + at;
        const char *end = memchr(line, '\n', length - at);
        size_t count = end ? (size_t)(end - line) : length - at;
        if (seen < 40 || seen + 20 >= lines) {
            fprintf(stderr, "    ");
            print_escaped(line, count);
            fputs(end ? "\n"
                      : either(" (no newline)\n", " (줄바꿈이 없습니다)\n"),
                  stderr);
        } else if (seen == 40)
            fprintf(stderr,
                    either("    ... %zu lines ...\n", "    ... %zu줄 ...\n"),
                    lines - 60);
        at += count + 1;
    }
}

static void print_terminal(const struct report *report,
                           const struct terminal *terminal, int number)
{
    fputc('\n', stderr);
    size_t at = 0;
    for (size_t k = 0; k < report->note_count; k++) {
        const struct note *note = &report->notes[k];
        if (note->terminal != number)
            continue;
        if (note->at > at)
            print_output(terminal->output + at, note->at - at);
        at = note->at;
        fprintf(stderr, "%s%c%s%s\n", report->session->terminals[number],
                note->mark, note->mark == '^' ? "" : " ", note->text);
    }
    if (terminal->length > at)
        print_output(terminal->output + at, terminal->length - at);
    char status[24] = "";
    if (terminal->flooded)
        fputs(either("    (and on and on: no longer read)\n",
                     "    (끝없이 이어져 더 읽지 않았습니다)\n"),
              stderr);
    if (terminal->pid > 0)
        fputs(either("    (still running)\n", "    (아직 실행 중)\n"), stderr);
    else
        fprintf(stderr, either("    (ended: %s)\n", "    (종료: %s)\n"),
                status_text(terminal->status, status));
}

void report_terminals(const struct report *report,
                      const struct terminal *terminals)
{
    fputs(either("\nAll that the terminals showed:\n",
                 "\n각 터미널에 나온 것 전부:\n"),
          stderr);
    for (int i = 0; i < report->session->terminal_count; i++)
        if (terminals[i].command)
            print_terminal(report, &terminals[i], i);
}
