/*
 * dns_resolver.c - the notes' default DNS server: it knows nothing but where
 * the root is, and finds out the rest for its clients, from the root down.
 *
 * It asks a server that knows more than the one before (a referral), until
 * one knows the answer (dns_walk.c); it keeps what it heard for as long as it
 * was told to (dns_cache.c). Many questions are under way at once, the same
 * one only once, and a server that says nothing holds up nobody else.
 *
 * Calls   socket -> bind -> listen -> poll -> recvmsg/sendmsg, accept ->
 *         read/write; and for each question to a server
 *         socket -> bind -> connect -> send -> recv -> close
 * Try     cc dns_resolver.c dns_walk.c dns_ask.c dns_cache.c dns_front.c \
 *           dns_message.c -o dns_resolver
 *         ./dns_resolver 127.0.0.5 5300 127.0.0.2 5300
 * See     bound to 127.0.0.5:5300
 * Long    the shares of many clients; without them the walk would do
 * Pair    dns_query.c asks it; it asks dns_server.c, all on ROOT_PORT
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_front.h"
#include "dns_walk.h"
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    TASKS = 128,       /* questions under way, */
    WAITERS = 1024,    /* and clients that wait for them */
    HEARD_A_ROUND = 16 /* servers listened to before clients are */
};

/* A question under way. */
struct task {
    unsigned long number;           /* 0: a free place */
    unsigned char host[FRONT_HOST]; /* whose question it is, */
    int turn;                       /* with so many of its own before it */
    nfds_t polled;                  /* where */
    struct dns_walk *walk; /* apart: it is large, and seldom looked at */
};

/* A client that waits for a task. */
struct waiter {
    struct task *task; /* NULL: a free place */
    unsigned long number;
    int turn; /* so many of the same host wait since before */
    struct dns_request request;
};

/* Everything there is. One task's place and one waiter's is always free. */
struct resolver {
    struct front front;
    struct dns_world world;
    unsigned long questions; /* so far */
    int listened;            /* the task that was listened to last */
    struct task tasks[TASKS + 1];
    struct dns_walk walks[TASKS + 1];
    int waiting; /* so many */
    struct waiter waiters[WAITERS + 1];
};

static nfds_t watch_servers(struct resolver *r, struct pollfd *polled,
                            nfds_t count, long long *until);
static void hear_some(struct resolver *r, struct pollfd *polled, long long now);
static void take_question(struct resolver *r, const struct dns_request *request,
                          long long now);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static long long now_ms(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 4 && argc != 5) {
        fprintf(stderr,
                "usage: dns_resolver [ADDRESS] PORT ROOT_ADDRESS ROOT_PORT\n");
        return 2;
    }
    static struct resolver resolver, *r = &resolver;
    struct dns_world *world = &r->world;
    world->own_len = parse_address(argc == 5 ? argv[1] : "127.0.0.1",
                                   argv[argc - 3], 0, &world->own_addr);
    world->root_len =
        parse_address(argv[argc - 2], argv[argc - 1], 1, &world->root_addr);
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */
    if (!ask_prepare())
        die("open /dev/urandom");

    /* 1. Two sockets on one port: questions come by UDP and by TCP. */
    char problem[FRONT_PROBLEM], root[FRONT_NAME];
    if (!front_open(&r->front, "dns_resolver", DNS_RA, &world->own_addr,
                    world->own_len, problem))
        die("%s", problem);
    front_name(&world->root_addr, root);
    for (int i = 0; i <= TASKS; i++)
        r->tasks[i].walk = &r->walks[i];
    printf("bound to %s\n", r->front.name);
    printf("listening on %s\n", r->front.name);
    printf("knows the root, %s, and nothing else\n", root);

    for (;;) {
        /* 2. Wait for clients and for servers, and for time to pass. */
        struct pollfd polled[FRONT_POLLED + TASKS + 1];
        long long now = now_ms(), until = now + FRONT_REST;
        nfds_t count = front_watch(&r->front, now, polled, &until);
        count = watch_servers(r, polled, count, &until);
        if (poll(polled, count, until > now ? (int)(until - now) : 0) == -1)
            die("poll");

        /* 3. Hear some of the servers, take some of the clients' questions. */
        now = now_ms();
        hear_some(r, polled, now);
        static struct dns_request request;
        front_serve(&r->front, polled);
        while (front_next(&r->front, &request))
            take_question(r, &request, now);
    }
}

/* ---- the answer to a client -------------------------------------------- */

/* What was found out, or what was not. quest is NULL where nobody tried. */
static void tell(struct resolver *r, const struct dns_request *request,
                 unsigned long number, unsigned rcode,
                 const struct dns_quest *quest)
{
    struct dns_writer writer;
    front_begin(&r->front, request, &writer);
    bool fits = !quest ||
                dns_put_set(&writer, DNS_ANSWER, quest->records, quest->count);
    if (fits && quest && quest->soa.data)
        fits = dns_put_set(&writer, DNS_AUTHORITY, &quest->soa, 1);
    if (!fits)
        front_begin(&r->front, request, &writer);
    if (number > 0)
        printf("(%lu) ", number);
    printf("told %s: %s", request->client.name, dns_rcode_text(rcode));
    if (!fits)
        printf(", truncated");
    else if (quest && quest->count > 0)
        printf(", %zu record%s", quest->count, quest->count == 1 ? "" : "s");
    printf("\n");
    front_send(&r->front, request, &writer, fits ? 0 : DNS_TC, rcode);
}

/* What a walk that is over has come to; half an answer is none. */
static unsigned result(struct dns_walk *walk)
{
    struct dns_quest *quest = &walk->quests[0];
    if (quest->no_memory)
        printf("(%lu) no memory for the answer\n", walk->number);
    if (quest->no_memory || quest->state == FAILED) {
        walk_fail(walk);
        return DNS_SERVFAIL;
    }
    return quest->state == NO_NAME ? DNS_NXDOMAIN : DNS_NOERROR;
}

/* The task is over: all who wait hear it, in the order in which they came. */
static void tell_waiters(struct resolver *r, struct task *task)
{
    unsigned rcode = result(task->walk);
    while (r->waiting > 0) {
        struct waiter *next = NULL;
        for (struct waiter *w = r->waiters; w <= r->waiters + WAITERS; w++)
            if (w->task == task && (!next || w->number < next->number))
                next = w;
        if (!next)
            break;
        tell(r, &next->request, next->number, rcode, &task->walk->quests[0]);
        next->task = NULL;
        r->waiting--;
    }
    walk_end(task->walk);
    task->number = 0;
}

/* Whom the tasks wait for, after what is in polled, and how long at most. */
static nfds_t watch_servers(struct resolver *r, struct pollfd *polled,
                            nfds_t count, long long *until)
{
    for (struct task *task = r->tasks; task <= r->tasks + TASKS; task++) {
        if (task->number == 0)
            continue;
        const struct dns_asking *asking = &task->walk->asking;
        if (asking->until < *until)
            *until = asking->until;
        if (task->walk->deadline < *until)
            *until = task->walk->deadline;
        polled[count].fd = asking->fd;
        polled[count].events = ask_events(asking);
        task->polled = count++;
    }
    return count;
}

/* Of the servers, each round beginning with another. */
static void hear_some(struct resolver *r, struct pollfd *polled, long long now)
{
    int left = HEARD_A_ROUND, first = r->listened;
    for (int i = 1; i <= TASKS + 1; i++) {
        int at = (first + i) % (TASKS + 1);
        struct task *task = &r->tasks[at];
        if (task->number == 0)
            continue;
        if (polled[task->polled].revents && left-- > 0) {
            walk_hear(task->walk, now);
            r->listened = at;
        }
        walk_check_time(task->walk, now);
        if (walk_is_over(task->walk))
            tell_waiters(r, task);
    }
}

/* ---- a client's question ----------------------------------------------- */

static bool same_question(const struct dns_question *a,
                          const struct dns_question *b)
{
    return a->type == b->type && dns_name_equal(&a->name, &b->name);
}

/* Takes the free place among those who wait. When no place is left for the
   next, the one gives up who came last of the host that has most. */
static void wait_for(struct resolver *r, struct task *task,
                     const struct dns_request *request, unsigned long number)
{
    struct waiter *place = r->waiters, *last = r->waiters;
    while (place->task)
        place++;
    place->turn = 0;
    for (struct waiter *w = r->waiters; w <= r->waiters + WAITERS; w++)
        place->turn += w->task && memcmp(w->request.client.host,
                                         request->client.host, FRONT_HOST) == 0;
    r->waiting++;
    place->task = task;
    place->number = number;
    place->request = *request;
    if (r->waiting <= WAITERS)
        return;
    for (struct waiter *w = r->waiters; w <= r->waiters + WAITERS; w++)
        if (w->turn > last->turn ||
            (w->turn == last->turn && w->number > last->number))
            last = w;
    task = last->task;
    tell(r, &last->request, last->number, DNS_SERVFAIL, NULL);
    last->task = NULL;
    r->waiting--;
    for (struct waiter *w = r->waiters; w <= r->waiters + WAITERS; w++)
        if (w->task == task)
            return;
    walk_fail(task->walk); /* nobody wants to know any more */
    tell_waiters(r, task);
}

/* Waits somebody else for it, too? Then it is not this host's alone. */
static bool is_shared(const struct resolver *r, const struct task *task)
{
    for (const struct waiter *w = r->waiters; w <= r->waiters + WAITERS; w++)
        if (w->task == task &&
            memcmp(w->request.client.host, task->host, FRONT_HOST) != 0)
            return true;
    return false;
}

/*
 * Is there room for one more task, which comes after so many of the same host?
 * When all places but one are taken, the host that has most gives up its last
 * one, but none that others wait for; if that is this host, it is full. (If
 * the oldest left, a host that asks too much would never hear an answer, and
 * nobody else would.)
 */
static bool make_room(struct resolver *r, int turn)
{
    struct task *last = NULL;
    int free_places = 0;
    for (struct task *task = r->tasks; task <= r->tasks + TASKS; task++) {
        free_places += task->number == 0;
        if (task->number != 0 && task->turn > turn &&
            (!last || task->turn > last->turn) && !is_shared(r, task))
            last = task;
    }
    if (free_places > 1)
        return true;
    if (!last)
        return false;
    printf("(%lu) makes room for another\n", last->number);
    walk_fail(last->walk);
    tell_waiters(r, last);
    return true;
}

/* From the cache, or from a task that finds it out. The same question is not
   sent twice: whoever guesses at answers would guess twice as well (RFC 5452
   section 5), and a crowd that asks one thing costs one question. */
static void find_out(struct resolver *r, const struct dns_request *request,
                     unsigned long number, long long now)
{
    struct task *place = r->tasks, *same = NULL;
    int turn = 0;
    for (struct task *task = r->tasks; task <= r->tasks + TASKS; task++) {
        if (task->number == 0)
            place = task;
        else if (same_question(&task->walk->quests[0].question,
                               &request->question))
            same = task;
        else
            turn += memcmp(task->host, request->client.host, FRONT_HOST) == 0;
    }
    if (same) {
        printf("(%lu) waits for (%lu), which asks the same\n", number,
               same->number);
        wait_for(r, same, request, number);
        return;
    }
    struct dns_walk *walk = place->walk;
    walk_begin(walk, &r->world, number, &request->question, now);
    if (!walk_is_over(walk) && !make_room(r, turn)) {
        printf("(%lu) has too many questions under way\n", number);
        walk_fail(walk);
    }
    if (walk_is_over(walk)) {
        tell(r, request, number, result(walk), &walk->quests[0]);
        walk_end(walk);
        return;
    }
    place->number = number;
    place->turn = turn;
    memcpy(place->host, request->client.host, FRONT_HOST);
    wait_for(r, place, request, number);
    if (place->number != number)
        return; /* there was no place to wait */
    walk_on(walk, now);
    if (walk_is_over(walk))
        tell_waiters(r, place);
}

/* By UDP, because the answer takes its time? It is being found. */
static bool asks_again(const struct resolver *r,
                       const struct dns_request *request)
{
    const struct dns_client *client = &request->client;
    const struct waiter *end = r->waiters + (r->waiting ? WAITERS + 1 : 0);
    for (const struct waiter *w = r->waiters; w < end; w++)
        if (w->task && w->request.id == request->id &&
            client->connection == -1 && w->request.client.connection == -1 &&
            strcmp(w->request.client.name, client->name) == 0 &&
            same_question(&w->request.question, &request->question)) {
            printf("(%lu) %s asks again\n", w->number, client->name);
            return true;
        }
    return false;
}

static void take_question(struct resolver *r, const struct dns_request *request,
                          long long now)
{
    const struct dns_question *question = &request->question;
    unsigned rcode = DNS_NOERROR;
    if (question->type > 248 && question->type <= DNS_ANY)
        rcode = DNS_NOTIMP; /* not a type of records, but an order */
    else if (question->class_code != DNS_CLASS_IN || !(request->flags & DNS_RD))
        rcode = DNS_REFUSED; /* who does not want recursion is wrong here */
    if (rcode != DNS_NOERROR) {
        front_print(request);
        tell(r, request, 0, rcode, NULL);
    } else if (!asks_again(r, request)) {
        printf("(%lu) ", ++r->questions);
        front_print(request);
        find_out(r, request, r->questions, now);
    }
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "dns_resolver: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("dns_resolver: standard output");
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
    fprintf(stderr, "dns_resolver: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
