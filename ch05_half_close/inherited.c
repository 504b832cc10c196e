/*
 * inherited.c - a program that we start has our sockets, too, unless we say
 * FD_CLOEXEC. It does not know of them, but the port stays taken.
 *
 * Calls   socket -> bind -> listen -> fork, execlp -> close; bind again;
 *         fcntl F_SETFD
 * Try     cc inherited.c -o inherited && ./inherited
 * See     Address already in use, though the server has closed its socket
 * Pair    none; cat is the program that is started
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static pid_t start_cat(int *to_cat);
static void try_again(const struct sockaddr_in *addr);
static void close_on_exec(int fd);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int listen_at(const char *ip, const char *port);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: inherited (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    signal(SIGCHLD, SIG_DFL); /* or waitpid may find no child */
    for (int told = 0; told <= 1; told++) {
        struct sockaddr_in addr;
        socklen_t addr_len = sizeof addr;
        int listen_fd = listen_at("127.0.0.1", "0"), to_cat;
        if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
            die("getsockname");

        /* 1. exec keeps every descriptor but those that say otherwise. */
        if (told)
            close_on_exec(listen_fd);
        pid_t cat = start_cat(&to_cat);
        printf("cat is started%s\n", told ? ", FD_CLOEXEC was set" : "");

        /* 2. The server ends. Who has the port now? */
        close(listen_fd);
        printf("    closed, and bind again: ");
        try_again(&addr);

        /* 3. cat ends when nobody can write into its pipe any more. */
        close(to_cat);
        if (waitpid(cat, NULL, 0) == -1)
            die("waitpid");
        printf("    cat has ended, bind again: ");
        try_again(&addr);
    }
    return 0;
}

/* cat, with a pipe for a keyboard; returns when it is cat, no more our copy. */
static pid_t start_cat(int *to_cat)
{
    int keyboard[2], running[2];
    char byte;
    if (pipe(keyboard) == -1 || pipe(running) == -1)
        die("pipe");
    close_on_exec(keyboard[1]); /* or cat would wait for itself */
    close_on_exec(running[1]);  /* exec closes it: then our read returns 0 */
    pid_t child = fork();
    if (child == -1)
        die("fork");
    if (child == 0) {
        dup2(keyboard[0], STDIN_FILENO);
        execlp("cat", "cat", (char *)NULL);
        die("execlp cat");
    }
    close(keyboard[0]);
    close(running[1]);
    if (read(running[0], &byte, 1) == -1)
        die("read");
    close(running[0]);
    *to_cat = keyboard[1];
    return child;
}

static void close_on_exec(int fd)
{
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
        die("fcntl F_SETFD");
}

static void try_again(const struct sockaddr_in *addr)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        die("socket");
    int bound = bind(fd, (const struct sockaddr *)addr, sizeof *addr);
    printf("%s\n", bound == 0 ? "it is free" : strerror(errno));
    close(fd);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "inherited: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("inherited: standard output");
    _Exit(1);
}

/* 0 to 2 are open: no socket gets their numbers. A line is out at once. */
static void standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", O_RDONLY);
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(check_output);
}

/* Both as typed; only where least is 0 the system may choose the port. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    struct sockaddr_in *v4 = memset(addr, 0, sizeof *addr);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    long number = strtol(port, NULL, 10);
    int is_port = *port && !port[strspn(port, "0123456789")] &&
                  number >= least && number <= 65535;
    sa_family_t family = strchr(ip, ':') ? AF_INET6 : AF_INET;
    void *bytes = family == AF_INET ? (void *)&v4->sin_addr : &v6->sin6_addr;
    v4->sin_family = family; /* it and the port have one place in both */
    v4->sin_port = htons((uint16_t)number);
    if (is_port && inet_pton(family, ip, bytes) == 1)
        return family == AF_INET ? sizeof *v4 : sizeof *v6;
    fprintf(stderr, "inherited: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    int is_v4 = addr->ss_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(addr->ss_family, bytes, ip, sizeof ip);
    snprintf(name, NAME_SIZE, is_v4 ? "%s:%d" : "[%s]:%d", ip,
             ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
}

/* Why bind refused, and what its words do not say. */
static _Noreturn void cannot_bind(const char *name)
{
    die("bind %s%s", name,
        errno == EACCES          ? ": ports below 1024 are root's"
        : errno == EADDRNOTAVAIL ? ": not an address of this computer"
                                 : "");
}

/* The doorkeeper: socket, bind and listen, which echo_server.c of chapter 3
 * shows one by one. Port 0 is the system's choice; the line says which. */
static int listen_at(const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 0, &addr);
    char name[NAME_SIZE];
    name_address(&addr, name);
    int listen_fd = socket(addr.ss_family, SOCK_STREAM, 0), on = 1;
    if (listen_fd == -1)
        die("socket");
    if (setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt SO_REUSEADDR");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        cannot_bind(name);
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
    printf("listening on %s\n", name);
    return listen_fd;
}
