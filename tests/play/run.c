/*
 * run.c - carry out a session, step by step.
 *
 * The order on the page is the order of the steps. A line of output is
 * awaited; before anything acts (a start, a typed line, a key) all programs
 * must have fallen asleep with nothing printed that the page shows only
 * later: so a line can not come before its cause unnoticed.
 */
#define _POSIX_C_SOURCE 200809L
#include "run.h"

#include "match.h"
#include "needs.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SETTLE = 3000 /* ms to fall asleep; who never sleeps is not waited for */
};

/* What was done at a terminal, and after how much of its output. */
struct note {
    int terminal;
    size_t at;
    char mark; /* '$', '>' or '^' */
    char *text;
};

struct run {
    const struct page *page;
    const struct session *session;
    const struct run_options *options;
    struct scratch scratch;
    struct bindings bindings;
    struct terminal terminals[MAX_TERMINALS];
    bool skipping[MAX_TERMINALS];       /* after "..." */
    bool status_checked[MAX_TERMINALS]; /* by "?" */
    struct note *notes;
    size_t note_count;
    bool failed;
};

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
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
        fprintf(stderr, "... (%zu bytes)", length);
}

/* Opens the report; the caller adds what was expected and what came. */
static void blame(struct run *run, int line, const char *format, ...)
{
    run->failed = true;
    fprintf(stderr, "%s:%d: session \"%s\": ", run->page->path, line,
            run->session->name);
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

static const char *label(const struct run *run, int terminal)
{
    const char *name = run->session->terminals[terminal];
    return *name ? name : "the program";
}

/* The line of the page, with the values that stand for it in this run. */
static void print_expected(const struct run *run, const char *text)
{
    const struct session *session = run->session;
    struct bindings known = run->bindings;
    for (int i = 0; i < session->literal_count; i++)
        if (!*known.values[i])
            snprintf(known.values[i], sizeof known.values[i], "%s",
                     session->literals[i].text);
    char *here = substituted(&known, text);
    fprintf(stderr, "    the page:    %s\n", text);
    if (strcmp(here, text) != 0)
        fprintf(stderr, "    in this run: %s\n", here);
    free(here);
}

static void blame_line(struct run *run, const struct step *step,
                       const char *came, size_t length, size_t column)
{
    blame(run, step->line, "%s printed something else",
          label(run, step->terminal));
    print_expected(run, step->text);
    /* Of a long line only what is around the difference. */
    size_t from = column > 300 ? column - 40 : 0;
    fprintf(stderr, "    the program: %s", from ? "..." : "");
    print_escaped(came + from, length - from);
    int blanks = 17 + (from ? 3 : 0);
    for (size_t i = from; i + 1 < column; i++)
        if ((unsigned char)came[i] < ' ' || came[i] == 0x7f)
            blanks += 3; /* \x1b */
    blanks += columns_of(came + from, column - 1 - from);
    fprintf(stderr, "\n%*s^ from here on\n", blanks, "");
}

/* What a terminal printed; of much only the beginning and the end. */
static void report_output(const char *output, size_t length)
{
    size_t lines = 0, seen = 0;
    for (size_t i = 0; i < length; i++)
        lines += output[i] == '\n';
    for (size_t at = 0; at < length; seen++) {
        const char *line = output + at;
        const char *end = memchr(line, '\n', length - at);
        size_t count = end ? (size_t)(end - line) : length - at;
        if (seen < 40 || seen + 20 > lines) {
            fprintf(stderr, "    ");
            print_escaped(line, count);
            fprintf(stderr, end ? "\n" : " (no newline)\n");
        } else if (seen == 40)
            fprintf(stderr, "    ... %zu lines ...\n", lines - 60);
        at += count + 1;
    }
}

/* All that a terminal showed: what was done there, and what it printed. */
static void report_terminal(const struct run *run, int i)
{
    const struct terminal *terminal = &run->terminals[i];
    if (!terminal->command)
        return;
    fputc('\n', stderr);
    size_t at = 0;
    for (size_t k = 0; k < run->note_count; k++) {
        const struct note *note = &run->notes[k];
        if (note->terminal != i)
            continue;
        if (note->at > at)
            report_output(terminal->output + at, note->at - at);
        at = note->at;
        fprintf(stderr, "%s%c%s%s\n", run->session->terminals[i], note->mark,
                note->mark == '^' ? "" : " ", note->text);
    }
    if (terminal->length > at)
        report_output(terminal->output + at, terminal->length - at);
    char status[24] = "";
    if (terminal->flooded)
        fprintf(stderr, "    (and on and on: no longer read)\n");
    if (terminal->pid > 0)
        fprintf(stderr, "    (still running)\n");
    else
        fprintf(stderr, "    (ended: %s)\n",
                status_text(terminal->status, status));
}

static void show(struct run *run, int terminal, enum view_kind kind,
                 const char *text)
{
    if (run->options->view)
        view_line(run->options->view, terminal, kind, text);
}

/* Shows what is done at a terminal, and keeps it for the report. */
static void note(struct run *run, int terminal, enum view_kind kind,
                 const char *text)
{
    show(run, terminal, kind, text);
    struct note *larger =
        realloc(run->notes, (run->note_count + 1) * sizeof *larger);
    char *copy = strdup(kind == VIEW_KEY ? text + 1 : text);
    if (!larger || !copy) {
        perror("play: malloc");
        exit(1);
    }
    run->notes = larger;
    run->notes[run->note_count++] =
        (struct note){.terminal = terminal,
                      .at = run->terminals[terminal].length,
                      .mark = kind == VIEW_STARTED ? '$'
                              : kind == VIEW_TYPED ? '>'
                                                   : '^',
                      .text = copy};
}

/* Somebody pressed Ctrl-C on the runner itself. */
static bool interrupted(struct run *run)
{
    if (terminals_interrupted())
        run->failed = true;
    return terminals_interrupted() != 0;
}

static void pump_until(struct run *run, long long deadline)
{
    long long left = deadline - now();
    if (left < 0)
        left = 0;
    terminals_pump(run->terminals, run->session->terminal_count, (int)left);
}

/* Waits for the terminal's next line; NULL: blamed. */
static const char *await_line(struct run *run, const struct step *step)
{
    struct terminal *terminal = &run->terminals[step->terminal];
    long long deadline = now() + run->options->deadline;
    for (;;) {
        const char *line = terminal_take_line(terminal);
        if (line)
            return line;
        if (interrupted(run))
            return NULL;
        const char *partial = terminal->output + terminal->taken;
        size_t length = terminal->length - terminal->taken;
        bool ended = terminal_finished(terminal), late = now() >= deadline;
        if (ended || late || terminal->flooded) {
            char status[24];
            if (terminal->flooded)
                blame(run, step->line, "%s prints without end",
                      label(run, step->terminal));
            else if (ended)
                blame(run, step->line, "%s ended (%s) before it printed this",
                      label(run, step->terminal),
                      status_text(terminal->status, status));
            else
                blame(run, step->line, "%s did not print this within %g s",
                      label(run, step->terminal),
                      run->options->deadline / 1000.0);
            print_expected(run, step->text);
            if (length > 0) {
                fprintf(stderr, "    the program: ");
                print_escaped(partial, length);
                fprintf(stderr, "\n                 (without a newline)\n");
            }
            return NULL;
        }
        pump_until(run, deadline);
    }
}

static void step_print(struct run *run, const struct step *step)
{
    int terminal = step->terminal;
    size_t column = 0;
    const char *line;
    while ((line = await_line(run, step))) {
        show(run, terminal, VIEW_PRINTED, line);
        if (line_matches(&run->bindings, step->text, line, &column)) {
            run->skipping[terminal] = false;
            return;
        }
        if (!run->skipping[terminal]) {
            blame_line(run, step, line, strlen(line), column);
            return;
        }
    }
    if (run->failed && run->skipping[terminal] && !terminals_interrupted())
        fprintf(stderr, "    (no line after \"...\" was this one)\n");
}

/* Takes what is left where the page says "..."; else nothing may be left. */
static bool nothing_left(struct run *run, int terminal, int line,
                         const char *before)
{
    struct terminal *it = &run->terminals[terminal];
    const char *text;
    while ((text = terminal_take_line(it))) {
        show(run, terminal, VIEW_PRINTED, text);
        if (run->skipping[terminal])
            continue;
        blame(run, line, "%s printed a line that the page does not show %s",
              label(run, terminal), before);
        fprintf(stderr, "    the program: ");
        print_escaped(text, strlen(text));
        fprintf(stderr, "\n");
        return false;
    }
    return true;
}

static void settle(struct run *run)
{
    const struct session *session = run->session;
    long long deadline = now() + SETTLE;
    do {
        if (terminals_asleep(run->terminals, session->terminal_count)) {
            terminals_pump(run->terminals, session->terminal_count, 0);
            return;
        }
        terminals_pump(run->terminals, session->terminal_count, 1);
    } while (now() < deadline && !terminals_interrupted());
}

/* Before somebody acts: everything that was to happen has been seen. */
static bool ready_to_act(struct run *run, const struct step *step)
{
    settle(run);
    if (interrupted(run))
        return false;
    for (int i = 0; i < run->session->terminal_count; i++)
        if (!run->skipping[i] &&
            !nothing_left(run, i, step->line, "before this step"))
            return false;
    return true;
}

/* Waits until the program has ended and has been read to its end. */
static bool await_end(struct run *run, int terminal, int line)
{
    struct terminal *it = &run->terminals[terminal];
    long long deadline = now() + run->options->deadline;
    while (!terminal_finished(it) && !it->flooded) {
        if (interrupted(run))
            return false;
        if (now() >= deadline) {
            blame(run, line, "%s did not end within %g s", label(run, terminal),
                  run->options->deadline / 1000.0);
            return false;
        }
        pump_until(run, deadline);
    }
    if (it->flooded) {
        blame(run, line, "%s prints without end", label(run, terminal));
        return false;
    }
    if (!nothing_left(run, terminal, line, "before its end"))
        return false;
    if (it->taken < it->length && !run->skipping[terminal]) {
        blame(run, line, "the last line of %s has no newline",
              label(run, terminal));
        fprintf(stderr, "    the program: ");
        print_escaped(it->output + it->taken, it->length - it->taken);
        fprintf(stderr, "\n");
        return false;
    }
    it->taken = it->length;
    return true;
}

static bool status_is(struct run *run, int terminal, int line,
                      const char *expected)
{
    char status[24];
    status_text(run->terminals[terminal].status, status);
    if (strcmp(status, expected) == 0)
        return true;
    blame(run, line, "%s ended with another status", label(run, terminal));
    fprintf(stderr, "    the page:    %s\n    the program: %s\n", expected,
            status);
    return false;
}

/* Nobody asked about the status: then it has to be 0. */
static bool ended_well(struct run *run, int terminal, int line)
{
    return run->status_checked[terminal] || status_is(run, terminal, line, "0");
}

static void step_end(struct run *run, const struct step *step)
{
    int terminal = step->terminal;
    if (!await_end(run, terminal, step->line) ||
        !status_is(run, terminal, step->line, step->text))
        return;
    run->status_checked[terminal] = true;
    run->skipping[terminal] = false;
    show(run, terminal, VIEW_ENDED, step->text);
}

static void step_start(struct run *run, const struct step *step)
{
    int i = step->terminal;
    struct terminal *terminal = &run->terminals[i];
    if (terminal->command) {
        if (!await_end(run, i, step->line) || !ended_well(run, i, step->line))
            return;
        run->skipping[i] = false;
    }
    if (!ready_to_act(run, step))
        return;
    char *command = substituted(&run->bindings, step->text);
    note(run, i, VIEW_STARTED, command);
    terminal->name = run->session->terminals[i];
    run->status_checked[i] = false;
    if (!terminal_start(terminal, command, run->scratch.chapter))
        blame(run, step->line, "cannot start it: %s", strerror(errno));
    free(command);
}

static void step_act(struct run *run, const struct step *step)
{
    int i = step->terminal;
    struct terminal *terminal = &run->terminals[i];
    if (!ready_to_act(run, step))
        return;
    if (!terminal_running(terminal)) {
        char status[24];
        blame(run, step->line, "%s has already ended (%s)", label(run, i),
              status_text(terminal->status, status));
        return;
    }
    if (step->kind == STEP_TYPE) {
        char *text = substituted(&run->bindings, step->text);
        note(run, i, VIEW_TYPED, text);
        terminal_type(terminal, text);
        free(text);
    } else if (step->kind == STEP_CTRL_D) {
        note(run, i, VIEW_KEY, "^D");
        terminal_end_input(terminal);
    } else {
        note(run, i, VIEW_KEY, "^C");
        terminal_interrupt(terminal);
    }
}

/* The last of the lecturer's lines before something happens. */
static bool ends_paragraph(const struct run *run, const struct step *step)
{
    const struct session *session = run->session;
    return step + 1 == session->steps + session->step_count ||
           step[1].kind != STEP_SAY;
}

static void wait_for_enter(struct run *run)
{
    int fd = open("/dev/tty", O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        fd = STDIN_FILENO;
    view_pause(run->options->view);
    char key = ' ';
    while (key != '\n' && !interrupted(run)) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        terminals_pump(run->terminals, run->session->terminal_count, 0);
        if (poll(&wanted, 1, 50) == 1 && read(fd, &key, 1) != 1)
            break;
    }
    if (fd != STDIN_FILENO)
        close(fd);
}

static void carry_out(struct run *run, const struct step *step)
{
    switch (step->kind) {
    case STEP_SAY:
        if (!run->options->view)
            return;
        /* What the last step caused is on the screen before we speak. */
        view_say(run->options->view, step->text);
        if (run->options->step && ends_paragraph(run, step))
            wait_for_enter(run);
        return;
    case STEP_START:
        step_start(run, step);
        return;
    case STEP_PRINT:
        step_print(run, step);
        return;
    case STEP_SKIP:
        run->skipping[step->terminal] = true;
        return;
    case STEP_TYPE:
    case STEP_CTRL_C:
    case STEP_CTRL_D:
        step_act(run, step);
        return;
    case STEP_END:
        step_end(run, step);
        return;
    }
}

/* Ended ones must have ended well, the others must go on Ctrl-C. */
static void finish(struct run *run)
{
    const struct session *session = run->session;
    int count = session->terminal_count;
    int line = session->steps[session->step_count - 1].line;
    if (session->single && terminal_running(&run->terminals[0]) &&
        !await_end(run, 0, line))
        return;
    settle(run);
    if (interrupted(run))
        return;
    for (int i = 0; i < count; i++)
        if (!nothing_left(run, i, line, "at all"))
            return;
    bool was_running[MAX_TERMINALS];
    int running = 0;
    for (int i = 0; i < count; i++) {
        was_running[i] = terminal_running(&run->terminals[i]);
        running += was_running[i];
        if (!was_running[i] &&
            (!await_end(run, i, line) || !ended_well(run, i, line)))
            return;
    }
    for (int i = 0; i < count; i++)
        if (was_running[i])
            terminal_interrupt(&run->terminals[i]);
    for (int i = 0; i < count; i++) {
        if (!was_running[i])
            continue;
        if (running > 1) /* one may see the other go, and say so */
            run->skipping[i] = true;
        if (!await_end(run, i, line))
            return;
        int status = run->terminals[i].status;
        bool by_key = WIFSIGNALED(status) ? WTERMSIG(status) == 2
                                          : WEXITSTATUS(status) == 0 ||
                                                WEXITSTATUS(status) == 130;
        if (!by_key) {
            char text[24];
            blame(run, line, "%s ended with %s on Ctrl-C", label(run, i),
                  status_text(status, text));
            return;
        }
    }
    char why[200];
    if (*session->where && !where_holds(session->where, &run->bindings, why))
        blame(run, session->line, "where= does not hold: %s", why);
}

/*
 * PLAY_LET_END=MS: a session that has failed is let run out before it is
 * reported. End all inputs, wait, press Ctrl-C, wait longer: what still runs
 * then, hangs.
 */
static void let_end(struct run *run)
{
    const char *ms = getenv("PLAY_LET_END");
    int count = run->session->terminal_count;
    for (int key = 0; ms && key < 2; key++) {
        for (int i = 0; i < count; i++)
            if (key == 0)
                terminal_end_input(&run->terminals[i]);
            else
                terminal_interrupt(&run->terminals[i]);
        long long deadline = now() + atoi(ms) * (key == 0 ? 1 : 20);
        while (now() < deadline) {
            bool running = false;
            for (int i = 0; i < count; i++)
                running |= run->terminals[i].command &&
                           !terminal_finished(&run->terminals[i]);
            if (!running)
                break;
            pump_until(run, deadline);
        }
    }
}

/* port= stands for itself in a lecture when it is free; else for 0. */
static bool bind_ports(struct run *run, int *locks, int *lock_count)
{
    const struct session *session = run->session;
    for (int i = 0; i < session->literal_count; i++) {
        const struct literal *literal = &session->literals[i];
        char *value = run->bindings.values[i];
        size_t size = sizeof run->bindings.values[i];
        int port = atoi(literal->text);
        if (literal->kind == LITERAL_ANY)
            continue;
        if (run->options->view && port_is_unused(port)) {
            snprintf(value, size, "%d", port);
        } else if (literal->kind == LITERAL_FREE) {
            port = free_port_take(&locks[*lock_count]);
            if (port == 0) {
                blame(run, session->line, "no free port for %s", literal->text);
                return false;
            }
            ++*lock_count;
            snprintf(value, size, "%d", port);
        }
    }
    return true;
}

/* Does a command name a program of another chapter? */
static bool visits_others(const struct session *session)
{
    for (size_t i = 0; i < session->step_count; i++)
        if (session->steps[i].kind == STEP_START &&
            strstr(session->steps[i].text, "../ch"))
            return true;
    return false;
}

/* Why this machine cannot show it, and what to type so that it can. */
static enum outcome tell_lack(const struct page *page,
                              const struct session *session,
                              const struct lack *lack)
{
    bool strict = getenv("PLAY_NO_SKIP") != NULL;
    bool korean = strstr(page->path, ".ko.md") != NULL;
    fprintf(stderr, "%s:%d: session \"%s\" %s: %s\n", page->path, session->line,
            session->name, strict ? "cannot run" : "skipped",
            korean ? lack->reason_ko : lack->reason);
    lack_print(stderr, lack, korean);
    return strict ? FAILED : SKIPPED;
}

enum outcome run_session(const struct page *page, const struct session *session,
                         const struct run_options *options)
{
    char reason[200], play[200];
    struct lack lack;
    if (!needs_known(session->needs, reason, sizeof reason)) {
        fprintf(stderr, "%s:%d: session \"%s\" cannot run: %s\n", page->path,
                session->line, session->name, reason);
        return FAILED;
    }
    snprintf(play, sizeof play, "%.4s %s", options->chapter, session->name);
    if (!needs_met(session->needs, play, &lack))
        return tell_lack(page, session, &lack);

    struct run *run = calloc(1, sizeof *run);
    if (!run) {
        perror("play: malloc");
        return FAILED;
    }
    run->page = page;
    run->session = session;
    run->options = options;
    bindings_clear(&run->bindings, session);
    terminals_share_cpu(session->one_cpu);
    int locks[MAX_LITERALS], lock_count = 0;

    if (!scratch_make(&run->scratch, options->places, options->chapter,
                      visits_others(session)) ||
        !bind_ports(run, locks, &lock_count))
        run->failed = true;
    for (size_t i = 0; i < session->step_count && !run->failed; i++)
        carry_out(run, &session->steps[i]);
    if (!run->failed)
        finish(run);
    if (options->view)
        view_end(options->view);
    if (run->failed && run->note_count > 0 && !terminals_interrupted()) {
        let_end(run);
        settle(run); /* whoever is about to end, has ended in the report */
        fprintf(stderr, "\nAll that the terminals showed:\n");
        for (int i = 0; i < session->terminal_count; i++)
            report_terminal(run, i);
        fprintf(stderr, "\nTo watch it: build/play %.4s %s --step\n",
                options->chapter, session->name);
    }
    terminals_close(run->terminals, session->terminal_count);
    while (lock_count > 0)
        close(locks[--lock_count]);
    scratch_remove(&run->scratch);
    while (run->note_count > 0)
        free(run->notes[--run->note_count].text);
    free(run->notes);
    bool failed = run->failed;
    free(run);
    /* A machine that loses packets has not proved anybody wrong. */
    if (failed && !terminals_interrupted() && !needs_undisturbed(&lack))
        return tell_lack(page, session, &lack);
    return failed ? FAILED : PASSED;
}
