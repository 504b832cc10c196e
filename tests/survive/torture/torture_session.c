/*
 * torture_session.c - a session, once for each call that can fail in it.
 *
 * Try     torture_session PLAY LIBRARY TOLERATED PROGRAMS chNN SESSION [--all]
 *
 * A first run counts the calls of each program. Then, one run each, the Kth
 * call of a kind fails in one of them. No program may crash or hang; the one
 * that was hit says which call it was, or why it failed, and does not end
 * with status 0 as if nothing had happened. What may be, with its reason,
 * stands in TOLERATED: "PROGRAM CALL reason", or, where it is so in one session
 * only, "PROGRAM CALL chNN.SESSION reason". Where a program makes more than
 * EACH calls of a kind it measures, or serves a thousand: of these the first 16
 * fail, and then the 32nd, the 64th and so on. Without --all only the first
 * call of each kind fails.
 */
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_KINDS = 200,
    EACH = 128, /* of one kind in one process: every single one */
    AT_ONCE = 2,
    SKIPPED = 77
};

/* One kind of call in one program, and how often a process makes it. */
struct kind {
    char program[40], call[20];
    long calls;
};

struct task {
    const char *program, *call;
    long k; /* of these calls the one that is to fail, from 1 */
};

static struct kind kinds[MOST_KINDS];
static int kind_count, failures, unreached, firsts_unreached, loaded;
static const char *play, *library, *tolerated, *programs, *chapter, *session;

/* A run in its own words: the child, and where its calls are written. */
struct run {
    struct child child;
    struct task task; /* program NULL: a free place */
    char log[4200];
};

/* Given to the runner: longer for a session that takes its time. */
static char deadline[40] = "PLAY_DEADLINE=60";

static void start(struct run *run, const struct task *task, const char *log)
{
    static char preload[4096];
    char fail[80], only[64], file[4300];
    snprintf(preload, sizeof preload, "PLAY_PRELOAD=%s", library);
    snprintf(run->log, sizeof run->log, "%s", log);
    snprintf(file, sizeof file, "TORTURE_LOG=%s", log);
    char *environment[] = {preload, file, NULL, NULL, NULL, NULL, NULL};
    if (task) {
        /* Who may not have a namespace may not have it in another way. */
        snprintf(fail, sizeof fail, "TORTURE_FAIL=%s:%ld%s", task->call,
                 task->k, strcmp(task->call, "unshare") == 0 ? "+" : "");
        snprintf(only, sizeof only, "TORTURE_PROGRAM=%s", task->program);
        environment[2] = fail;
        environment[3] = only;
        environment[4] = deadline;
        environment[5] = "PLAY_LET_END=300";
    }
    char *argv[] = {(char *)play,    "--en",          "--check",
                    (char *)chapter, (char *)session, NULL};
    run->task = task ? *task : (struct task){.k = 0};
    child_start(&run->child, NULL, argv, environment);
    child_type(&run->child, NULL);
}

/* One of the suite's programs, not the cmp or cat of a session. */
static int is_ours(const char *program)
{
    FILE *file = fopen(programs, "r");
    char line[512], name[64];
    int found = 0;
    snprintf(name, sizeof name, "/%s ", program);
    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, name) != NULL;
    if (file)
        fclose(file);
    return found;
}

/* The next call of its kind that is to fail; 0 after the last. */
static long next_k(const struct kind *kind, long k, int all)
{
    if (k > 0 && !all)
        return 0;
    k = kind->calls <= EACH || k < 16 ? k + 1 : k * 2;
    return k <= kind->calls ? k : 0;
}

/* "PROGRAM PID CALL K[ failed ERROR]" a line: what there is to fail, if that
 * is still to be learnt. Returns the error of the one that did, or 0. */
static int read_log(const char *log, int learn)
{
    FILE *file = fopen(log, "r");
    char line[256], program[40], call[20];
    long pid, k;
    int error = 0;
    while (file && fgets(line, sizeof line, file)) {
        const char *failed = strstr(line, " failed ");
        if (failed)
            error = atoi(failed + 8);
        if (!learn ||
            sscanf(line, "%39s %ld %19s %ld", program, &pid, call, &k) != 4)
            continue;
        if (k == 0) {
            loaded += is_ours(program);
            continue;
        }
        int i = 0;
        while (i < kind_count && (strcmp(kinds[i].call, call) != 0 ||
                                  strcmp(kinds[i].program, program) != 0))
            i++;
        if (i == kind_count) {
            if (!is_ours(program))
                continue;
            if (i == MOST_KINDS) {
                printf("more than %d kinds of call\n", MOST_KINDS);
                exit(1);
            }
            kind_count++;
            snprintf(kinds[i].program, sizeof kinds[i].program, "%s", program);
            snprintf(kinds[i].call, sizeof kinds[i].call, "%s", call);
        }
        if (k > kinds[i].calls)
            kinds[i].calls = k;
    }
    if (file)
        fclose(file);
    return error;
}

/* The reason why this may pass unseen, or NULL. */
static const char *is_tolerated(const struct task *task)
{
    static char line[256];
    char here[80];
    snprintf(here, sizeof here, "%s.%s", chapter, session);
    FILE *file = fopen(tolerated, "r");
    while (file && fgets(line, sizeof line, file)) {
        char program[40], call[20], where[80];
        if (sscanf(line, "%39s %19s %79s", program, call, where) == 3 &&
            line[0] != '#' && strcmp(call, task->call) == 0 &&
            strcmp(program, task->program) == 0 &&
            (!strchr(where, '.') || strcmp(where, here) == 0)) {
            fclose(file);
            return line;
        }
    }
    if (file)
        fclose(file);
    return NULL;
}

/* Why it failed, in the system's words or by the error's name. */
static int tells_error(const char *text, const struct task *task, int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {{EMFILE, "EMFILE"},
                 {EADDRINUSE, "EADDRINUSE"},
                 {ETIMEDOUT, "ETIMEDOUT"},
                 {ECONNRESET, "ECONNRESET"},
                 {ENOTCONN, "ENOTCONN"},
                 {EPERM, "EPERM"},
                 {ENOBUFS, "ENOBUFS"},
                 {ENOMEM, "ENOMEM"},
                 {ECONNABORTED, "ECONNABORTED"},
                 {ENOPROTOOPT, "ENOPROTOOPT"}};
    if (strcmp(task->call, "gethostbyname") == 0)
        return strstr(text, hstrerror(error)) || strstr(text, "TRY_AGAIN");
    if (strcmp(task->call, "getaddrinfo") == 0 ||
        strcmp(task->call, "getnameinfo") == 0)
        return strstr(text, gai_strerror(error)) || strstr(text, "EAI_AGAIN");
    if (strstr(task->call, "alloc") && strstr(text, "memory"))
        return 1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].error == error && strstr(text, names[i].name))
            return 1;
    return strstr(text, strerror(error)) != NULL;
}

/* What a program says that took a failed call for one that brought something:
 * -1 bytes, or descriptor -1, as if they were some; or that it was made. */
static int takes_it_for_success(const struct task *task, const char *text)
{
    static const char made[] = ", then the end: shutdown(SHUT_WR)";
    static const char *const false_words[] = {
        " -1 bytes", "(fd -1)", "18446744073709551615", "4294967295"};
    for (size_t i = 0; i < sizeof false_words / sizeof false_words[0]; i++)
        if (strstr(text, false_words[i]))
            return 1;
    for (int i = 0; i < kind_count; i++) /* the only one there was */
        if (strcmp(kinds[i].call, task->call) == 0 &&
            strcmp(kinds[i].program, task->program) == 0 &&
            kinds[i].calls == 1 && strcmp(task->call, "shutdown") == 0 &&
            strstr(text, made))
            return 1;
    return 0;
}

static void judge(struct run *run, int status)
{
    const struct task *task = &run->task;
    const char *wrong = NULL;
    char *text = strstr(run->child.text, "All that the terminals showed:");
    int error = read_log(run->log, 0);

    if (status == CHILD_HUNG)
        wrong = "the runner hangs";
    else if (!error) {
        unreached++;
        firsts_unreached += task->k == 1;
    } else if (status == 0 && !is_tolerated(task))
        wrong = "nobody noticed";
    else if (status != 0 && !text)
        wrong = "the runner failed";
    if (error && text && !wrong) {
        /* Each terminal: its command, its output, its end. */
        char name[64], *command = NULL;
        int ended_well = 0, ended_otherwise = 0;
        snprintf(name, sizeof name, "/%s", task->program);
        for (char *line = text; line && *line && !wrong;
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
            int number = -1;
            if (*line != ' ' && line[strcspn(line, "$\n")] == '$')
                command = line; /* "alice$ ./...", not "alice> ..." */
            if (strncmp(line, "    (still running)", 19) == 0)
                wrong = "a program hangs";
            if (strncmp(line, "    (ended: ", 12) != 0)
                continue;
            int on_key = strncmp(line + 12, "SIGINT", 6) == 0;
            if (!on_key && (sscanf(line + 12, "%d", &number) != 1 ||
                            (number > 127 && number != 130)))
                wrong = "a program crashed";
            char *ours = command ? strstr(command, name) : NULL;
            if (!ours || ours > strchr(command, '\n') ||
                !strchr(" \n", ours[strlen(name)]))
                continue;
            ended_well += number == 0;
            ended_otherwise += number != 0;
        }
        if (!wrong && ended_well && !ended_otherwise && !is_tolerated(task))
            wrong = "status 0 all the same";
        if (!wrong && !tells_error(text, task, error) && !is_tolerated(task))
            wrong = "no line tells of it";
        if (!wrong && takes_it_for_success(task, text))
            wrong = "it goes on as if the call had not failed";
        if (!wrong && strstr(text, "ON THE WRONG STREAM"))
            wrong = "a line on the wrong stream";
    }
    if (wrong) {
        printf("%s %s: %s's %s number %ld failed: %s\n%s\n", chapter, session,
               task->program, task->call, task->k, wrong,
               text ? text : run->child.text);
        failures++;
    }
    child_end(&run->child, SIGKILL);
    unlink(run->log);
    run->task.program = NULL;
}

int main(int argc, char *argv[])
{
    if (argc != 7 && argc != 8) {
        fprintf(stderr,
                "usage: torture_session PLAY LIBRARY TOLERATED PROGRAMS "
                "chNN SESSION [--all]\n");
        return 2;
    }
    play = argv[1];
    library = argv[2];
    tolerated = argv[3];
    programs = argv[4];
    chapter = argv[5];
    session = argv[6];
    int all = argc == 8;
    setvbuf(stdout, NULL, _IOLBF, 0);

    /* 1. Undisturbed, to see which calls there are. */
    struct run runs[AT_ONCE] = {{.log = ""}};
    char log[4200], folder[4096];
    if (!getcwd(folder, sizeof folder))
        return 1;
    snprintf(log, sizeof log, "%s/torture.%ld", folder, (long)getpid());
    long long began = now_ms();
    start(&runs[0], NULL, log);
    int status = child_wait(&runs[0].child, 120 * 1000);
    snprintf(deadline, sizeof deadline, "PLAY_DEADLINE=%.1f",
             0.5 + (double)(now_ms() - began) / 1000 * 2);
    read_log(log, 1);
    unlink(log);
    if (status != 0) {
        printf("%s", runs[0].child.text);
        child_end(&runs[0].child, SIGKILL);
        return status == SKIPPED ? SKIPPED : 1;
    }
    child_end(&runs[0].child, SIGKILL);

    /* 2. Each call once. They wait more than they work: several at once. */
    int kind = 0, count = 0;
    long k = 0;
    for (int busy = 0; kind < kind_count || busy > 0;) {
        for (int i = 0; i < AT_ONCE; i++) {
            while (!runs[i].task.program && kind < kind_count) {
                k = next_k(&kinds[kind], k, all);
                if (k == 0) {
                    kind++;
                    continue;
                }
                snprintf(log, sizeof log, "%s/torture.%ld.%d", folder,
                         (long)getpid(), i);
                unlink(log);
                struct task task = {kinds[kind].program, kinds[kind].call, k};
                start(&runs[i], &task, log);
                busy++;
                count++;
            }
            if (!runs[i].task.program)
                continue;
            status = child_wait(&runs[i].child, 2);
            if (status == CHILD_HUNG)
                continue; /* at work */
            judge(&runs[i], status);
            busy--;
        }
    }
    printf("%s %s: %d calls failed, %d not reached, %d wrong\n", chapter,
           session, count, unreached, failures);
    /* Who makes no call has none that fails; but the library must be there. */
    if (loaded == 0)
        printf("the library was loaded into none of the programs\n");
    /* How often a program polls varies, but not what it calls at all. */
    int lost = firsts_unreached > kind_count / 4;
    if (lost)
        printf("too many kinds of call were not reached\n");
    return failures > 0 || loaded == 0 || lost;
}
