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

#include "clock.h"
#include "language.h"
#include "match.h"
#include "memory.h"
#include "needs.h"
#include "pace.h"
#include "report.h"
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SETTLE = 3000 /* ms to fall asleep; who never sleeps is not waited for */
};

struct run {
    const struct session *session;
    const struct run_options *options;
    struct scratch scratch;
    struct network network;
    struct bindings bindings;
    struct terminal terminals[MAX_TERMINALS];
    bool skipping[MAX_TERMINALS];       /* after "..." */
    bool status_checked[MAX_TERMINALS]; /* by "?" */
    struct report report;
};

static const char *label(const struct run *run, int terminal)
{
    return report_name(run->session, terminal);
}

static void show(struct run *run, int terminal, enum view_kind kind,
                 const char *text)
{
    if (run->options->view)
        view_add(run->options->view, terminal, kind, text);
}

/* Shows what is done at a terminal, and keeps it for the report. */
static void note(struct run *run, int terminal, enum view_kind kind,
                 const char *text)
{
    char mark = kind == VIEW_STARTED ? '$' : kind == VIEW_TYPED ? '>' : '^';
    show(run, terminal, kind, text);
    report_note(&run->report, terminal, run->terminals[terminal].length, mark,
                kind == VIEW_KEY ? text + 1 : text);
}

/* Somebody pressed Ctrl-C on the runner itself, or has seen enough. */
static bool stopped(const struct run *run)
{
    return terminals_interrupted() ||
           (run->options->view && pace_wish() != GO_ON);
}

/* Is the session over, well or not? */
static bool over(const struct run *run)
{
    return run->report.failed || stopped(run);
}

static void pump_until(struct run *run, long long deadline)
{
    long long left = deadline - now();
    if (left < 0)
        left = 0;
    if (run->options->view && pace_paced()) {
        view_tick(run->options->view);
        left = left < 30 ? left : 30; /* and look for keys again */
    }
    terminals_pump(run->terminals, run->session->terminal_count, (int)left);
}

/* Until all that happened is on the screen, and has been read. */
static void catch_up(struct run *run)
{
    while (run->options->view && !stopped(run) && view_tick(run->options->view))
        terminals_pump(run->terminals, run->session->terminal_count, 30);
}

/* What led to it is on the screen before the report is. */
static struct report *blamed(struct run *run)
{
    catch_up(run);
    return &run->report;
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
        if (stopped(run))
            return NULL;
        size_t length = terminal->length - terminal->taken;
        bool ended = terminal_finished(terminal), late = now() >= deadline;
        if (ended || late || terminal->flooded) {
            char status[24];
            if (terminal->flooded)
                report_blame(
                    blamed(run), step->line,
                    either("%s prints without end", "%s: 끝없이 출력합니다"),
                    label(run, step->terminal));
            else if (ended)
                report_blame(blamed(run), step->line,
                             either("%s ended (%s) before it printed this",
                                    "%s: 이것을 출력하기 전에 끝났습니다(%s)"),
                             label(run, step->terminal),
                             status_text(terminal->status, status));
            else
                report_blame(
                    blamed(run), step->line,
                    either("%s did not print this within %g s",
                           "%s: 이것을 출력하지 않고 %g초가 지났습니다"),
                    label(run, step->terminal),
                    run->options->deadline / 1000.0);
            report_expected(&run->bindings, step->text);
            if (length > 0) {
                report_came(terminal->output + terminal->taken, length, 0);
                fprintf(stderr, "%17s%s\n", "",
                        either("(without a newline)", "(줄바꿈이 없습니다)"));
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
            report_blame(blamed(run), step->line,
                         either("%s printed something else",
                                "%s: 다른 것을 출력했습니다"),
                         label(run, terminal));
            report_expected(&run->bindings, step->text);
            report_came(line, strlen(line), column);
            return;
        }
    }
    if (run->report.failed && run->skipping[terminal])
        fputs(either("    (no line after \"...\" was this one)\n",
                     "    (\"...\" 뒤에 이런 줄이 없었습니다)\n"),
              stderr);
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
        report_blame(blamed(run), line,
                     either("%s printed a line that the page does not show %s",
                            "%s: 문서에 없는 줄을 출력했습니다(%s)"),
                     label(run, terminal), before);
        report_came(text, strlen(text), 0);
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
    if (stopped(run))
        return false;
    for (int i = 0; i < run->session->terminal_count; i++)
        if (!run->skipping[i] &&
            !nothing_left(
                run, i, step->line,
                either("before this step", "이 단계 앞에는 없습니다")))
            return false;
    return true;
}

/* Waits until the program has ended and has been read to its end. */
static bool await_end(struct run *run, int terminal, int line)
{
    struct terminal *it = &run->terminals[terminal];
    long long deadline = now() + run->options->deadline;
    while (!terminal_finished(it) && !it->flooded) {
        if (stopped(run))
            return false;
        if (now() >= deadline) {
            report_blame(blamed(run), line,
                         either("%s did not end within %g s",
                                "%s: %g초가 지나도 끝나지 않았습니다"),
                         label(run, terminal), run->options->deadline / 1000.0);
            return false;
        }
        pump_until(run, deadline);
    }
    if (it->flooded) {
        report_blame(blamed(run), line,
                     either("%s prints without end", "%s: 끝없이 출력합니다"),
                     label(run, terminal));
        return false;
    }
    if (!nothing_left(run, terminal, line,
                      either("before its end", "끝나기 전에는 없습니다")))
        return false;
    if (it->taken < it->length && !run->skipping[terminal]) {
        report_blame(blamed(run), line,
                     either("the last line of %s has no newline",
                            "%s: 마지막 줄에 줄바꿈이 없습니다"),
                     label(run, terminal));
        report_came(it->output + it->taken, it->length - it->taken, 0);
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
    report_blame(blamed(run), line,
                 either("%s ended with another status",
                        "%s: 다른 상태 값으로 끝났습니다"),
                 label(run, terminal));
    report_expected(&run->bindings, expected);
    report_came(status, strlen(status), 0);
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
        report_blame(blamed(run), step->line,
                     either("cannot start it: %s", "시작할 수 없습니다: %s"),
                     strerror(errno));
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
        report_blame(
            blamed(run), step->line,
            either("%s has already ended (%s)", "%s: 이미 끝났습니다(%s)"),
            label(run, i), status_text(terminal->status, status));
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

static void carry_out(struct run *run, const struct step *step)
{
    switch (step->kind) {
    case STEP_SAY:
        if (!run->options->view)
            return;
        show(run, -1, VIEW_SAID, step->text);
        if (ends_paragraph(run, step)) {
            /* The hall reads, and the programs are where the page is. */
            show(run, -1, VIEW_PARAGRAPH, "");
            catch_up(run);
        }
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
    if (stopped(run))
        return;
    for (int i = 0; i < count; i++)
        if (!nothing_left(run, i, line, either("at all", "어디에도 없습니다")))
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
    /* All at one moment: nobody goes on while another has gone already. */
    for (int i = 0; i < count; i++)
        if (was_running[i])
            terminal_hold(&run->terminals[i]);
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
            report_blame(blamed(run), line,
                         either("%s ended with %s on Ctrl-C",
                                "%s: Ctrl-C를 받고 다르게 끝났습니다(%s)"),
                         label(run, i), status_text(status, text));
            return;
        }
    }
    char why[200];
    if (*session->where && !where_holds(session->where, &run->bindings, why))
        report_blame(blamed(run), session->line,
                     either("where= does not hold: %s",
                            "where=가 성립하지 않습니다: %s"),
                     why);
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

/*
 * In a network of its own every port is the page's. Without one it is one that
 * nobody uses and that the system gives to nobody by chance; a demonstration
 * takes it only if the page's is held, with a word why.
 */
static bool bind_ports(struct run *run, int *locks, int *lock_count)
{
    const struct session *session = run->session;
    bool watched = run->options->view != NULL;
    for (int i = 0; i < session->literal_count; i++) {
        const struct literal *literal = &session->literals[i];
        char *value = run->bindings.values[i];
        size_t size = sizeof run->bindings.values[i];
        int port = atoi(literal->text);
        bool is_own = run->network.net_fd != -1;
        if (literal->kind == LITERAL_ANY)
            continue;
        if (!is_own && (!watched || !port_is_unused(port))) {
            port = free_port_take(&locks[*lock_count]);
            if (port == 0) {
                report_blame(blamed(run), session->line,
                             either("no free port for %s",
                                    "%s 대신 쓸 빈 포트가 없습니다"),
                             literal->text);
                return false;
            }
            ++*lock_count;
        }
        snprintf(value, size, "%d", port);
        if (watched && strcmp(value, literal->text) != 0) {
            char words[200];
            snprintf(words, sizeof words,
                     either("Port %s is in use on this computer just now: "
                            "here it is %d.",
                            "지금 이 컴퓨터에서 누가 %s번 포트를 쓰고 있어서, "
                            "여기서는 %d번입니다."),
                     literal->text, port);
            show(run, -1, VIEW_SAID, words);
        }
    }
    return true;
}

/*
 * Does the session want a network of its own? A test always does. What is
 * watched stays in the computer's, where others can look at it, too (ss,
 * tcpdump), unless somebody has one of its ports there.
 */
static bool wants_network(const struct run *run)
{
    const struct session *session = run->session;
    if (!run->options->view)
        return true;
    for (int i = 0; i < session->literal_count; i++)
        if (session->literals[i].kind != LITERAL_ANY &&
            !port_is_unused(atoi(session->literals[i].text)))
            return true;
    return false;
}

/* All its commands, a line each. */
static char *commands(const struct session *session)
{
    size_t size = 1;
    char *text = enlarged(NULL, size);
    *text = '\0';
    for (size_t i = 0; i < session->step_count; i++) {
        if (session->steps[i].kind != STEP_START)
            continue;
        text = enlarged(text, size + strlen(session->steps[i].text) + 1);
        size +=
            (size_t)sprintf(text + size - 1, "%s\n", session->steps[i].text);
    }
    return text;
}

/* The machine cannot show it: say why, and what to type. */
static enum outcome tell_lack(const struct page *page,
                              const struct session *session,
                              const struct lack *lack)
{
    bool skip = !getenv("PLAY_NO_SKIP");
    fprintf(stderr,
            skip ? either("%s:%d: session \"%s\" skipped: %s\n",
                          "%s:%d: 세션 \"%s\" 건너뜀: %s\n")
                 : either("%s:%d: session \"%s\" cannot run: %s\n",
                          "%s:%d: 세션 \"%s\" 실행할 수 없음: %s\n"),
            page->path, session->line, session->name,
            in_korean ? lack->reason_ko : lack->reason);
    lack_print(stderr, lack, in_korean);
    return skip ? SKIPPED : FAILED;
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

    struct run *run = enlarged(NULL, sizeof *run);
    memset(run, 0, sizeof *run);
    run->report = (struct report){.page = page, .session = session};
    run->session = session;
    run->options = options;
    bindings_clear(&run->bindings, session);
    terminals_share_cpu(session->one_cpu);
    int locks[MAX_LITERALS], lock_count = 0;
    run->network = (struct network){-1, -1};
    if (wants_network(run))
        network_make(&run->network);
    terminals_join(run->network.user_fd, run->network.net_fd);

    char *typed = commands(session);
    if (!scratch_make(&run->scratch, options->places, options->chapter,
                      typed) ||
        !bind_ports(run, locks, &lock_count))
        run->report.failed = true;
    free(typed);
    for (size_t i = 0; i < session->step_count && !over(run); i++)
        carry_out(run, &session->steps[i]);
    if (!over(run))
        finish(run);
    catch_up(run);
    if (options->view)
        view_end(options->view);
    if (run->report.failed && run->report.note_count > 0 && !stopped(run)) {
        let_end(run);
        settle(run); /* whoever is about to end, has ended in the report */
        report_terminals(&run->report, run->terminals);
        fprintf(stderr,
                either("\nTo watch it: build/play %.4s %s --step\n",
                       "\n직접 보려면: build/play %.4s %s --step --ko\n"),
                options->chapter, session->name);
    }
    enum outcome outcome = stopped(run)         ? STOPPED
                           : run->report.failed ? FAILED
                                                : PASSED;
    terminals_close(run->terminals, session->terminal_count);
    while (lock_count > 0)
        close(locks[--lock_count]);
    scratch_remove(&run->scratch);
    bool shared = run->network.net_fd == -1;
    network_close(&run->network);
    report_free(&run->report);
    free(run);
    /* A machine that loses packets has not proved anybody wrong. (A test that
     * wants a failure sets PLAY_NO_EXCUSE.) */
    if (outcome == FAILED && shared && !getenv("PLAY_NO_EXCUSE") &&
        !needs_undisturbed(&lack))
        return tell_lack(page, session, &lack);
    return outcome;
}
