/*
 * actor.c - a program that behaves, or misbehaves, as it is told.
 *
 * The sessions under pages/ start it to see whether the runner notices.
 */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void say_lines(char *lines[])
{
    for (; *lines; lines++)
        printf("%s\n", *lines);
}

static void on_interrupt(int number)
{
    (void)number;
    puts("good bye"); /* the program does nothing but wait: safe here */
    _exit(0);
}

static void on_interrupt_fail(int number)
{
    (void)number;
    _exit(3);
}

static void list_descriptors(void)
{
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            printf("%d\n", fd);
}

static void list_signals(void)
{
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        if (sigismember(&blocked, number) == 1)
            printf("%d is blocked\n", number);
        if (sigaction(number, NULL, &action) == 0 &&
            action.sa_handler != SIG_DFL)
            printf("%d is not at its default\n", number);
    }
    printf("end of list\n");
}

/* Works for a while, as a thread may that has only begun, and then speaks. */
static void *work(void *line)
{
    for (clock_t end = clock() + CLOCKS_PER_SEC / 20; clock() < end;)
        ;
    puts(line);
    return NULL;
}

/* A child of ours, which would outlive us. */
static void found_family(void)
{
    printf("parent %ld\n", (long)getpid());
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    printf("child %ld\n", (long)pid);
}

/*
 * hold KIND FIRST LAST BUT: takes all ports from FIRST to LAST but that one; of
 * KIND tcp, udp, or lock (as a runner takes its free ports). Who has one of
 * them already holds it as well, unless it was only tried by somebody: a single
 * port is asked for again, for a second.
 */
static void hold(char *words[])
{
    struct rlimit limit = {4096, 4096};
    setrlimit(RLIMIT_NOFILE, &limit);
    int type = strcmp(words[0], "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
    int first = atoi(words[1]), last = atoi(words[2]);
    for (int port = first; port <= last; port++) {
        struct sockaddr_in addr = {.sin_family = AF_INET,
                                   .sin_port = htons((unsigned short)port)};
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "play port %d",
                 port);
        if (port == atoi(words[3]))
            continue;
        if (strcmp(words[0], "lock") == 0)
            bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name,
                 sizeof name);
        else {
            int fd = socket(AF_INET, type, 0);
            int tries = first == last ? 100 : 1;
            while (bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1 &&
                   --tries > 0)
                poll(NULL, 0, 10);
        }
    }
    puts("held");
    pause();
}

int main(int argc, char *argv[])
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *part = argc > 1 ? argv[1] : "";
    char line[256];
    if (strcmp(part, "say") == 0)
        say_lines(argv + 2);
    else if (strcmp(part, "say_and_wait") == 0) {
        say_lines(argv + 2);
        pause();
    } else if (strcmp(part, "status") == 0 && argc > 2)
        return atoi(argv[2]);
    else if (strcmp(part, "crash") == 0)
        abort();
    else if (strcmp(part, "thread") == 0 && argc > 2) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, argv[2]) == 0)
            getchar(); /* sleeps, while the thread works */
    } else if (strcmp(part, "descriptors") == 0)
        list_descriptors();
    else if (strcmp(part, "signals") == 0)
        list_signals();
    else if (strcmp(part, "environment") == 0)
        execlp("env", "env", (char *)NULL);
    else if (strcmp(part, "flood") == 0)
        for (;;) /* lines of a hundred bytes */
            printf("%99s\n", "and on");
    else if (strcmp(part, "flood_one_line") == 0)
        for (;;)
            fputs("and on ", stdout);
    else if (strcmp(part, "hold") == 0 && argc > 5)
        hold(argv + 2);
    else if (strcmp(part, "partial") == 0)
        printf("no newline");
    else if (strcmp(part, "echo") == 0)
        while (fgets(line, sizeof line, stdin))
            fputs(line, stdout);
    else if (strcmp(part, "family") == 0) {
        found_family();
        pause();
    } else if (strcmp(part, "family_and_go") == 0)
        found_family();
    else if (strcmp(part, "polite") == 0) {
        signal(SIGINT, on_interrupt);
        puts("ready");
        for (;;)
            pause();
    } else if (strcmp(part, "rude") == 0) {
        signal(SIGINT, on_interrupt_fail);
        puts("ready");
        for (;;)
            pause();
    } else if (strcmp(part, "stubborn") == 0) {
        signal(SIGINT, SIG_IGN);
        puts("ready");
        for (;;)
            pause();
    } else {
        fprintf(stderr, "actor: unknown part \"%s\"\n", part);
        return 2;
    }
    return 0;
}
