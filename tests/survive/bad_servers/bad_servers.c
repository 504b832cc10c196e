/*
 * bad_servers.c - what a server can do to a client, and how the client ends.
 *
 * Try     bad_servers BUILD_DIR CLIENTS LIBRARY chNN_x/CLIENT
 *
 * Whatever the server does, the client ends soon, not by a signal; it has
 * printed a line that tells why, its status says so, and it leaves no file.
 * LIBRARY (tests/survive/torture) cuts its patience down to HURRY.
 */
#define _GNU_SOURCE
#include "child.h"
#include "network.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HURRY = 60,           /* ms: what a client's patience is cut down to */
    DEADLINE = 20 * 1000, /* ms until it hangs */
    LATE = 150,           /* ms for which a server does not end its half */
    GARBAGE = 100 * 1000
};

static const char *build_dir, *library, *program;
static char *arguments, *kind, *typed, *content, *greeting;
static unsigned char garbage[GARBAGE];
static long start_ms; /* see ms_to_start */
static int heard_out; /* it was there when the server ended, late */
static int failures;

/* What bad servers there are. */
enum deed {
    NOBODY,          /* nobody listens */
    CLOSES,          /* accepts and closes */
    RESETS,          /* accepts and resets */
    CLOSES_LATER,    /* closes once it has been asked */
    RESETS_LATER,    /* resets once it has been asked */
    HALF,            /* half of what came goes back, then the end */
    MORE,            /* what came goes back twice, then the end */
    AFTER,           /* what came goes back; after the client's end, a byte */
    ENDS_LATE,       /* what came goes back; its own end comes late */
    LIES,            /* as much as came goes back, but other bytes */
    LIES_FIRST,      /* datagrams: the same, but the first byte is another */
    ANSWERS_GARBAGE, /* other bytes, then the end */
    ENDLESS_GARBAGE, /* other bytes, and the connection stays */
    SILENCE,         /* hears everything, says nothing */
    FLOODS,          /* datagrams: one after the other, without end */
    ABSENCE,         /* does not even accept */
    GREETS_ENDS,     /* the greeting, then the end */
    GREETS_RESETS,   /* the greeting, then a reset */
    GREETS_WAITS,    /* the greeting, and no more */
    GREETS_FLOODS,   /* the greeting, and more than it promised, for ever */
    DEEDS
};

static const char *const deed_names[] = {
    "nobody",       "closes",        "resets",       "closes_later",
    "resets_later", "half",          "more",         "after",
    "ends_late",    "lies",          "lies_first",   "garbage",
    "endless",      "silence",       "floods",       "absence",
    "greets_ends",  "greets_resets", "greets_waits", "greets_floods"};

static _Noreturn void die(const char *call)
{
    perror(call);
    exit(1);
}

static void reset(int fd)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
}

/* A socket on a port of its own; a TCP one listens unless nobody does. */
static int server_socket(int type, int listens, int *port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof addr;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1 ||
        (listens && listen(fd, SOMAXCONN) == -1) ||
        getsockname(fd, (struct sockaddr *)&addr, &length) == -1)
        die("server socket");
    *port = ntohs(addr.sin_port);
    return fd;
}

/* Connected to itself, a UDP socket keeps its port, and the system refuses
 * whatever comes from elsewhere, as if there were none. */
static void hear_nobody(int fd)
{
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &length) == -1 ||
        connect(fd, (struct sockaddr *)&own, length) == -1)
        die("connect to itself");
}

/* What a connection brought, and what it gets. Returns 0 when it is over. */
static int serve_tcp(int fd, enum deed deed, int *asked)
{
    static unsigned char bytes[64 * 1024];
    ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    if (count == -1 && errno != EAGAIN)
        return close(fd), 0;
    int over = count == 0;
    if (count > 0 && (deed == AFTER || deed == ENDS_LATE)) {
        if (deed == AFTER || !strstr(content, "all")) /* who wants no answer */
            send(fd, bytes, (size_t)count, MSG_NOSIGNAL);
    } else if (count > 0 && deed == LIES) {
        for (ssize_t i = 0; i < count; i++)
            bytes[i] ^= 1;
        send(fd, bytes, (size_t)count, MSG_NOSIGNAL);
    } else if (count > 0 && !(*asked)++) {
        size_t size = (size_t)count;
        if (deed == HALF)
            send(fd, bytes, size / 2, MSG_NOSIGNAL);
        if (deed == MORE) {
            send(fd, bytes, size, MSG_NOSIGNAL);
            send(fd, bytes, size, MSG_NOSIGNAL);
        }
        if (deed == RESETS_LATER)
            return reset(fd), 0;
        over |= deed == HALF || deed == MORE || deed == CLOSES_LATER;
    }
    if (over) {
        if (deed == AFTER)
            send(fd, "!", 1, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        while (recv(fd, bytes, sizeof bytes, 0) > 0)
            ;
        return close(fd), 0;
    }
    return 1;
}

/* How much of what was sent is still on its way? */
static int unacknowledged(int fd)
{
    int count = 0;
    return ioctl(fd, TIOCOUTQ, &count) == -1 ? 0 : count;
}

/* The first word at once, the others when the server has had its turn. */
static void type_more(struct child *client, long long began)
{
    const char *rest = strchr(typed, ' ');
    if (client->in == -1 || now_ms() < began + 20)
        return;
    for (; rest && *rest; rest++) {
        char letter[2] = {*rest, '\0'};
        if (*rest != ' ')
            child_type(client, letter);
        if (rest[1] == ' ')
            child_type(client, "\n");
    }
    if (*typed)
        child_type(client, "\n");
    child_type(client, NULL);
}

/* Play the server until the client has ended; its status. */
static int play_tcp(struct child *client, int listen_fd, enum deed deed)
{
    enum { MOST = 16 };
    int fds[MOST], asked[MOST] = {0}, count = 0, status;
    long long began = now_ms();
    while ((status = child_wait(client, 1)) == CHILD_HUNG &&
           now_ms() < began + DEADLINE) {
        type_more(client, began);
        int fd;
        if (deed != ABSENCE && deed != NOBODY && count < MOST &&
            (fd = accept4(listen_fd, NULL, NULL,
                          SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1) {
            if (deed == CLOSES) {
                close(fd);
                continue;
            }
            if (deed == RESETS) {
                reset(fd);
                continue;
            }
            if (deed == ANSWERS_GARBAGE || deed == ENDLESS_GARBAGE)
                send(fd, garbage, sizeof garbage, MSG_NOSIGNAL);
            if (deed == ANSWERS_GARBAGE)
                shutdown(fd, SHUT_WR);
            if (deed >= GREETS_ENDS)
                send(fd, greeting, strlen(greeting), MSG_NOSIGNAL);
            if (deed == GREETS_ENDS)
                shutdown(fd, SHUT_WR);
            if (deed == GREETS_RESETS) {
                while (unacknowledged(fd) > 0)
                    child_listen(client, 1); /* first it is to arrive */
                reset(fd);
                continue;
            }
            asked[count] = 0;
            fds[count++] = fd;
        }
        for (int i = 0; i < count; i++) {
            char none;
            if (fds[i] != -1 && deed == ENDS_LATE &&
                recv(fds[i], &none, 1, MSG_PEEK) == 0) {
                if ((status = child_wait(client, LATE)) != CHILD_HUNG)
                    return close(fds[i]), status;
                heard_out = 1;
            }
            if (fds[i] != -1 && deed == GREETS_FLOODS)
                send(fds[i], garbage, sizeof garbage, MSG_NOSIGNAL);
            if (fds[i] != -1 && !serve_tcp(fds[i], deed, &asked[i]))
                fds[i] = -1;
        }
    }
    for (int i = 0; i < count; i++)
        if (fds[i] != -1)
            close(fds[i]);
    return status;
}

static int play_udp(struct child *client, int fd, enum deed deed)
{
    static unsigned char bytes[64 * 1024];
    int status, other_port;
    long long began = now_ms();
    int other_fd = server_socket(SOCK_DGRAM, 0, &other_port);
    while ((status = child_wait(client, 1)) == CHILD_HUNG &&
           now_ms() < began + DEADLINE) {
        type_more(client, began);
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t count = recvfrom(fd, bytes, sizeof bytes, 0,
                                 (struct sockaddr *)&from, &length);
        if (count == -1 || deed == SILENCE || deed == FLOODS)
            continue;
        if (deed == LIES && count > 0)
            bytes[count - 1] ^= 1;
        if (deed == LIES_FIRST && count > 0)
            bytes[0] ^= 1;
        size_t size = (size_t)count;
        if (deed == HALF)
            size /= 2;
        if (deed == MORE)
            size += size < sizeof bytes;
        if (deed == CLOSES) /* an empty answer */
            size = 0;
        if (deed == ANSWERS_GARBAGE || deed == ENDLESS_GARBAGE) {
            memcpy(bytes, garbage, sizeof bytes);
            size = deed == ENDLESS_GARBAGE ? 65507 : 40;
        }
        /* RESETS: from a port that was not asked. */
        sendto(deed == RESETS ? other_fd : fd, bytes, size, 0,
               (struct sockaddr *)&from, length);
    }
    close(other_fd);
    return status;
}

/* Is there anything left in the folder? Empties it, too. */
static int leaves_files(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;
    if (!dir)
        die(folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) {
            char path[4400];
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            unlink(path);
            count++;
        }
    closedir(dir);
    return count;
}

static long ms_between(const struct rusage *before, const struct rusage *after)
{
    return (after->ru_utime.tv_sec - before->ru_utime.tv_sec +
            after->ru_stime.tv_sec - before->ru_stime.tv_sec) *
               1000 +
           (after->ru_utime.tv_usec - before->ru_utime.tv_usec +
            after->ru_stime.tv_usec - before->ru_stime.tv_usec) /
               1000;
}

/* What a client may say that a deed ends, which is more than its name. On a
 * busy machine its patience may end before any. */
static const char *const reasons[DEEDS] = {
    [NOBODY] = "refused|nobody",
    [CLOSES] = "left|reset|Broken pipe|announced no length",
    [RESETS] = "left|reset|Broken pipe",
    [CLOSES_LATER] = "left|reset|Broken pipe|announced no length",
    [RESETS_LATER] = "left|reset|Broken pipe",
    [HALF] = "left|reset|Broken pipe|this is not|announced no length",
    [SILENCE] = "timed out",
    [ABSENCE] = "timed out",
    [GREETS_ENDS] = "not kept|this is not the file",
    [GREETS_RESETS] = "reset|Broken pipe",
    [GREETS_WAITS] = "timed out",
    [GREETS_FLOODS] = "not kept|reset|this is not the file",
};

static int tells_why(const char *text, enum deed deed)
{
    char words[128];
    if (strstr(text, ": Success"))
        return 0;
    if (!reasons[deed]) /* whoever lies is called so in many ways */
        return 1;
    if (strstr(text, "timed out") || strstr(text, "no answer"))
        return 1;
    snprintf(words, sizeof words, "%s", reasons[deed]);
    for (char *word = strtok(words, "|"); word; word = strtok(NULL, "|"))
        if (strstr(text, word))
            return 1;
    return 0;
}

/* What this machine takes to start it, and to end it for a wrong word. */
static long ms_to_start(void)
{
    char path[4096], preload[4200], *argv[] = {path, "?", NULL};
    char *environment[] = {preload, NULL};
    struct child client;
    struct rusage before, after;
    snprintf(path, sizeof path, "%s/%s", build_dir, program);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    getrusage(RUSAGE_CHILDREN, &before);
    child_start(&client, NULL, argv, environment);
    child_wait(&client, DEADLINE);
    child_end(&client, SIGKILL);
    getrusage(RUSAGE_CHILDREN, &after);
    return 1 + ms_between(&before, &after);
}

/* At this port, or at one of our own. */
static void test(enum deed deed, const char *folder, int nobodys_port)
{
    int tcp = strncmp(kind, "tcp", 3) == 0, port;
    if (!tcp && (deed == CLOSES_LATER || deed == RESETS_LATER ||
                 deed == ABSENCE || deed >= GREETS_ENDS))
        return; /* nothing of the kind with datagrams */
    if (tcp && (deed == LIES_FIRST || deed == FLOODS))
        return; /* in a stream that is nothing new */
    if (!tcp && (deed == AFTER || deed == ENDS_LATE))
        return; /* a datagram client has no end of its own */
    if (deed == ENDS_LATE && !strstr(kind, "waits"))
        return; /* it closes both halves */
    if (deed >= GREETS_ENDS && !*greeting)
        return; /* this one expects to be asked first */
    int fd = server_socket(tcp ? SOCK_STREAM : SOCK_DGRAM,
                           tcp && deed != NOBODY, &port);
    if (!tcp && deed == NOBODY)
        hear_nobody(fd);
    if (nobodys_port != 0)
        port = nobodys_port;

    char path[4096], line[1024], port_text[16], hurry[32], preload[4200];
    snprintf(path, sizeof path, "%s/%s", build_dir, program);
    snprintf(port_text, sizeof port_text, "%d", port);
    snprintf(hurry, sizeof hurry, "TORTURE_HURRY=%d",
             deed == ENDS_LATE ? 10 * LATE : HURRY);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    snprintf(line, sizeof line, "%s", arguments);
    char *argv[16] = {path}, *environment[] = {hurry, preload, NULL, NULL};
    if (deed == FLOODS) /* by LIBRARY: a real one has its gaps */
        environment[2] = "TORTURE_FLOOD=1";
    int argc = 1;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "PORT") == 0 ? port_text : word;

    struct child client;
    struct rusage before, after;
    getrusage(RUSAGE_CHILDREN, &before);
    child_start(&client, folder, argv, environment);
    char first[64];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(typed, " "), typed);
    child_type(&client, first);
    if (strchr(typed, ' '))
        child_type(&client, "\n");
    long long began = now_ms();
    int status =
        tcp ? play_tcp(&client, fd, deed) : play_udp(&client, fd, deed);
    long long wall = now_ms() - began;
    close(fd);
    getrusage(RUSAGE_CHILDREN, &after);
    long cpu = ms_between(&before, &after);

    int contented = strstr(content, "all") || strstr(content, deed_names[deed]);
    char name[64];
    snprintf(name, sizeof name, "%s: ", strrchr(program, '/') + 1);
    const char *wrong = NULL;
    int files = leaves_files(folder);
    if (status == CHILD_HUNG)
        wrong = "it hangs";
    else if (status > 1)
        wrong = "it crashed";
    else if (deed == ENDS_LATE && (!heard_out || status != 0))
        wrong = "it does not wait for the server's end";
    else if (status == 0 && !contented && deed != ENDS_LATE)
        wrong = "it is content";
    else if (deed == FLOODS)
        ; /* busy as long as it has patience, and all that it says is too much
           */
    else if (status == 1 && ((!contented && !strstr(client.text, name)) ||
                             !tells_why(client.text, deed)))
        wrong = "it does not tell why";
    else if (status == 1 && files > 0)
        wrong = "it leaves a file";
    else if (strstr(client.text, "ON THE WRONG STREAM"))
        wrong = "a line on the wrong stream";
    else if (cpu > 20 * start_ms && cpu > wall / 2) {
        /* An emulator is slow at whatever comes for the first time. */
        static int looks = 3;
        if (looks-- > 0) {
            child_end(&client, SIGKILL);
            test(deed, folder, nobodys_port);
            return;
        }
        wrong = "it spins";
    }
    if (wrong) {
        printf("%s, %s: %s (status %d, %ld ms of CPU)\n%.600s\n", program,
               deed_names[deed], wrong, status, cpu, client.text);
        failures++;
    }
    child_end(&client, SIGKILL);
}

static char *trim(char *text)
{
    text += strspn(text, " ");
    text[strcspn(text, "\n")] = '\0';
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' ';)
        text[--n] = '\0';
    return text;
}

static int find_client(const char *file, char *line, size_t size)
{
    FILE *table = fopen(file, "r");
    if (!table)
        die(file);
    while (fgets(line, (int)size, table)) {
        char *field[6];
        int count = 0;
        for (char *at = line; line[0] != '#' && at && count < 6; count++) {
            char *bar = strchr(at, '|');
            if (bar)
                *bar++ = '\0';
            field[count] = trim(at);
            at = bar;
        }
        if (count == 6 && strcmp(field[0], program) == 0) {
            arguments = field[1];
            kind = field[2];
            typed = field[3];
            content = field[4];
            greeting = field[5];
            for (char *n; (n = strstr(greeting, "\\n")); *n = '\n')
                memmove(n + 1, n + 2, strlen(n + 2) + 1);
            fclose(table);
            return 1;
        }
    }
    fclose(table);
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc != 5) {
        fprintf(stderr,
                "usage: bad_servers BUILD_DIR CLIENTS LIBRARY chNN_x/CLIENT\n");
        return 2;
    }
    build_dir = argv[1];
    library = argv[3];
    program = argv[4];
    static char line[1024];
    if (!find_client(argv[2], line, sizeof line)) {
        printf("%s has no line in %s\n", program, argv[2]);
        return 1;
    }
    unsigned int state = 7;
    for (size_t i = 0; i < sizeof garbage; i++)
        garbage[i] =
            (unsigned char)((state = state * 1103515245 + 12345) >> 16);

    move_to_own_network();
    char folder[] = "/tmp/bad_servers.XXXXXX";
    if (!mkdtemp(folder))
        die("mkdtemp");
    start_ms = ms_to_start();
    for (int deed = 0; deed < DEEDS; deed++)
        test((enum deed)deed, folder, 0);
    test(NOBODY, folder, 1); /* the first and the last that there are */
    test(NOBODY, folder, 65535);
    rmdir(folder);
    return failures > 0;
}
