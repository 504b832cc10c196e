/*
 * dns_resolver.c - the notes' default DNS server: it knows nothing but where
 * the root is, and finds out the rest for its clients, from the root down.
 *
 * It asks a server that knows more than the one before (a referral), until
 * one knows the answer; it keeps what it heard for as long as it was told to.
 * Many questions wait at once (the same one only once), each with a socket, and
 * thereby a random port, of its own: an answer counts only if it comes from the
 * server that was asked, to that port, with the random id and the question.
 *
 * Calls   socket -> bind -> listen -> poll -> recvfrom/sendto, accept ->
 *         read/write; and for each question to a server
 *         socket -> bind -> connect -> send -> recv -> close
 * Try     cc dns_resolver.c dns_message.c -o dns_resolver
 *         ./dns_resolver 127.0.0.5 5300 127.0.0.2 5300
 * See     bound to 127.0.0.5:5300
 * Pair    dns_query.c asks it; it asks dns_server.c, all on ROOT_PORT
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_message.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535",
    CONNECTIONS = 64,     /* at once; the next takes the idlest one's place */
    PATIENCE = 10 * 1000, /* ms that a connection may be idle */
    TASKS = 64,           /* under way; the next takes the oldest one's place */
    SERVERS = 16,         /* of one zone: more are not tried */
    HOPS = 16,            /* CNAMEs followed for one question */
    DEPTH = 4,            /* a server's name that needs a server's name ... */
    STEPS = 60,           /* questions sent for one question */
    TRY_TIME = 700,       /* ms that a server has for its answer */
    TASK_TIME = 4500,     /* ms for everything: less than clients wait */
    CACHE = 512,          /* record sets */
    SET_MAX = 100,        /* records in each: a larger one is not kept */
    KEEP_MAX = 86400,     /* s in the cache, whatever the TTL says */
    KEEP_NO_MAX = 3600    /* s for a "no" (RFC 2308 section 5) */
};

/* A client over TCP. Each message follows two bytes that tell its length. */
struct connection {
    int fd; /* -1: none */
    char name[NAME_SIZE];
    unsigned long number; /* no two have the same */
    bool busy;            /* its question is being worked on */
    long long idle_since; /* ms */
    size_t in, out, sent; /* bytes received; to be sent; of these, gone */
    unsigned char question[2 + DNS_MESSAGE_MAX], answer[2 + DNS_MESSAGE_MAX];
};

/* Whoever asked, and how to answer. */
struct client {
    char name[NAME_SIZE];
    struct connection *connection; /* NULL: by UDP */
    unsigned long number;          /* of that connection */
    struct sockaddr_storage addr;
    socklen_t addr_len;
    uint16_t id, flags;
    bool edns;
};

struct server {
    struct dns_name name;
    struct sockaddr_storage addr;
    socklen_t addr_len; /* 0: its address is not known yet */
    bool dead;          /* asked, and of no use */
};

/* A question that is being worked on. */
struct task {
    unsigned long number; /* 0: no task */
    struct client client;
    struct task *parent; /* or the task that needs this address */
    struct task *same;   /* asks the same already; then this one only waits */
    int depth, steps, hops;
    long long deadline;
    struct dns_question question;
    struct dns_name name; /* the question's, or where CNAMEs have led */
    struct dns_record *answer;
    size_t answer_count;
    bool no_memory;        /* for all of the answer */
    struct dns_record soa; /* of a "no"; without data there is none */

    /* The zone we have come down to, and who serves it. */
    struct dns_name zone;
    struct server servers[SERVERS];
    int server_count, turn;

    /* The question that is out, if fd is not -1. */
    int fd;
    uint16_t id;
    bool tcp, sending, tcp_tried;
    long long try_until;
    size_t done, length; /* of the stream */
    unsigned char stream[2 + DNS_MESSAGE_MAX];
};

/* A record set, or the knowledge that there is none. */
struct entry {
    struct dns_name name;
    uint16_t type;     /* 0: all of them, the name does not exist */
    bool is_no;        /* then the record is the SOA */
    bool is_hint;      /* from a referral: leads to servers, answers nobody */
    long long expires; /* ms; 0: an empty entry */
    struct dns_record *records;
    size_t count;
};

/* Whom to poll. An entry belongs to a connection or to a task. */
struct watch {
    nfds_t count;
    struct pollfd polled[2 + CONNECTIONS + TASKS];
    struct connection *connections[2 + CONNECTIONS + TASKS];
    struct task *tasks[2 + CONNECTIONS + TASKS];
};

/* Everything there is. */
struct resolver {
    int udp_fd, listen_fd, random_fd;
    struct sockaddr_storage own_addr, root_addr;
    socklen_t own_len, root_len;
    unsigned long tasks_so_far, connections_so_far;
    long long rest_until; /* no accept before: out of descriptors */
    struct connection connections[CONNECTIONS];
    struct task tasks[TASKS];
    struct entry cache[CACHE];
};

static void serve_datagram(struct resolver *r);
static void accept_connection(struct resolver *r);
static void serve_connection(struct resolver *r, struct connection *connection);
static void hang_up(struct connection *connection, const char *why);
static void hear_server(struct resolver *r, struct task *task);
static void check_time(struct resolver *r, struct task *task);
static int whom_to_await(struct resolver *r, struct watch *watch);
static in_port_t get_port(const struct sockaddr_storage *addr);
static void open_sockets(struct sockaddr_storage *addr, socklen_t addr_len,
                         int *udp_fd, int *listen_fd);
static long long now_ms(void);
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 4 && argc != 5) {
        fprintf(stderr,
                "usage: dns_resolver [ADDRESS] PORT ROOT_ADDRESS ROOT_PORT\n");
        return 2;
    }
    static struct resolver resolver;
    struct resolver *r = &resolver;
    r->own_len = parse_address(argc == 5 ? argv[1] : "127.0.0.1",
                               argv[argc - 3], &r->own_addr);
    r->root_len = parse_address(argv[argc - 2], argv[argc - 1], &r->root_addr);
    if (get_port(&r->root_addr) == 0) {
        fprintf(stderr,
                "dns_resolver: not a port to ask (1 to 65535): \"%.40s\"\n",
                argv[argc - 1]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* a log through a pipe is live, too */
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */
    r->random_fd = open("/dev/urandom", O_RDONLY);
    if (r->random_fd == -1)
        die("open /dev/urandom");

    /* 1. Two sockets on one port: questions come by UDP and by TCP. */
    open_sockets(&r->own_addr, r->own_len, &r->udp_fd, &r->listen_fd);
    char name[NAME_SIZE];
    name_address(&r->own_addr, name);
    printf("bound to %s\n", name);
    printf("listening on %s\n", name);
    name_address(&r->root_addr, name);
    printf("knows the root, %s, and nothing else\n", name);
    for (int i = 0; i < CONNECTIONS; i++)
        r->connections[i].fd = -1;
    for (int i = 0; i < TASKS; i++)
        r->tasks[i].fd = -1;

    for (;;) {
        /* 2. Wait for clients and for servers, and for time to pass. */
        struct watch watch;
        int timeout = whom_to_await(r, &watch);
        if (poll(watch.polled, watch.count, timeout) == -1) {
            if (errno != EINTR)
                die("poll");
            continue;
        }

        /* 3. Serve each a little, and wait for none. */
        for (nfds_t i = 2; i < watch.count; i++) {
            struct task *task = watch.tasks[i];
            struct connection *connection = watch.connections[i];
            if (watch.polled[i].revents == 0)
                continue;
            if (task && task->fd == watch.polled[i].fd)
                hear_server(r, task);
            if (connection && connection->fd == watch.polled[i].fd)
                serve_connection(r, connection);
        }
        for (int i = 0; i < TASKS; i++)
            check_time(r, &r->tasks[i]);
        if (watch.polled[0].revents)
            serve_datagram(r);
        if (watch.polled[1].revents)
            accept_connection(r);
    }
}

/* Fills in whom to poll. Returns ms until the next deadline, -1 for never. */
static int whom_to_await(struct resolver *r, struct watch *watch)
{
    long long now = now_ms(), next = -1;
    memset(watch, 0, sizeof *watch);
    watch->polled[0] = (struct pollfd){.fd = r->udp_fd, .events = POLLIN};
    watch->polled[1] = (struct pollfd){.fd = r->listen_fd, .events = POLLIN};
    watch->count = 2;
    if (now < r->rest_until) {
        watch->polled[1].fd = -1;
        next = r->rest_until;
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        struct connection *connection = &r->connections[i];
        long long until = connection->idle_since + PATIENCE;
        if (connection->fd != -1 && !connection->busy && now >= until)
            hang_up(connection, "idle for too long");
        if (connection->fd == -1 || connection->busy)
            continue;
        if (next == -1 || until < next)
            next = until;
        watch->connections[watch->count] = connection;
        watch->polled[watch->count++] =
            (struct pollfd){.fd = connection->fd,
                            .events = connection->out > 0 ? POLLOUT : POLLIN};
    }
    for (int i = 0; i < TASKS; i++) {
        struct task *task = &r->tasks[i];
        long long until = task->deadline;
        if (task->number == 0)
            continue;
        if (task->fd != -1 && task->try_until < until)
            until = task->try_until;
        if (next == -1 || until < next)
            next = until;
        if (task->fd == -1)
            continue;
        watch->tasks[watch->count] = task;
        watch->polled[watch->count++] = (struct pollfd){
            .fd = task->fd, .events = task->sending ? POLLOUT : POLLIN};
    }
    return next == -1 ? -1 : next > now ? (int)(next - now) : 0;
}

/* ---- the cache --------------------------------------------------------- */

static void forget(struct entry *entry)
{
    for (size_t i = 0; i < entry->count; i++)
        dns_record_free(&entry->records[i]);
    free(entry->records);
    memset(entry, 0, sizeof *entry);
}

/* What is known, and not too old. A type that does not exist is known, too,
   when the whole name does not. */
static struct entry *look_up(struct resolver *r, const struct dns_name *name,
                             uint16_t type)
{
    long long now = now_ms();
    for (int i = 0; i < CACHE; i++) {
        struct entry *entry = &r->cache[i];
        if (entry->expires != 0 && entry->expires <= now)
            forget(entry);
        if (entry->expires != 0 && (entry->type == type || entry->type == 0) &&
            dns_name_equal(&entry->name, name))
            return entry;
    }
    return NULL;
}

/* Keeps copies of the records for as long as the shortest TTL of them says,
   in place of what contradicts them. */
static void keep(struct resolver *r, const struct dns_name *name, uint16_t type,
                 bool is_no, bool is_hint, const struct dns_record *records,
                 size_t count, uint32_t ttl_max)
{
    uint32_t ttl = ttl_max;
    for (size_t i = 0; i < count; i++)
        if (records[i].ttl < ttl)
            ttl = records[i].ttl;
    if (ttl == 0 || count > SET_MAX)
        return;
    long long now = now_ms();
    struct entry *place = &r->cache[0];
    for (int i = 0; i < CACHE; i++) {
        struct entry *entry = &r->cache[i];
        if (entry->expires != 0 && dns_name_equal(&entry->name, name) &&
            (entry->type == type || entry->type == 0 || type == 0)) {
            if (is_hint && !entry->is_hint && entry->expires > now)
                return; /* the zone itself knows better than its parent */
            forget(entry);
        }
        if (entry->expires < place->expires)
            place = entry; /* empty, or the first to go anyhow */
    }
    forget(place);
    place->records = calloc(count, sizeof *records);
    if (!place->records)
        return; /* then it will be asked for again */
    for (; place->count < count; place->count++)
        if (!dns_record_copy(&place->records[place->count],
                             &records[place->count])) {
            forget(place);
            return;
        }
    place->name = *name;
    place->type = type;
    place->is_no = is_no;
    place->is_hint = is_hint;
    place->expires = now + ttl * 1000LL;
}

/* The TTL that is left: a second that has begun is gone. */
static uint32_t ttl_left(const struct entry *entry)
{
    return (uint32_t)((entry->expires - now_ms() - 1) / 1000);
}

/* ---- the answer to the client ------------------------------------------ */

/* Adds a copy to what the client will be told. */
static void collect(struct task *task, const struct dns_record *record,
                    uint32_t ttl)
{
    struct dns_record *grown =
        realloc(task->answer, (task->answer_count + 1) * sizeof *grown);
    if (grown)
        task->answer = grown;
    if (!grown || !dns_record_copy(&grown[task->answer_count], record))
        task->no_memory = true;
    else
        grown[task->answer_count++].ttl = ttl;
}

static void collect_soa(struct task *task, const struct dns_record *soa,
                        uint32_t ttl)
{
    dns_record_free(&task->soa);
    if (dns_record_copy(&task->soa, soa))
        task->soa.ttl = ttl;
}

/* Sends what the task has found out, or what it has not. The question is
   NULL when it could not be read. */
static void answer_client(struct resolver *r, const struct client *client,
                          const struct dns_question *question, unsigned rcode,
                          const struct task *task)
{
    unsigned char datagram[DNS_UDP_MAX], *buffer = datagram;
    size_t size = sizeof datagram;
    struct connection *connection = client->connection;
    if (connection) {
        if (connection->fd == -1 || connection->number != client->number)
            return; /* has left meanwhile */
        buffer = connection->answer + 2;
        size = DNS_MESSAGE_MAX;
    }
    uint16_t flags = (uint16_t)(DNS_QR | DNS_RA | (rcode & DNS_RCODE) |
                                (client->flags & (DNS_OPCODE | DNS_RD)));
    size_t room = client->edns ? size - DNS_OPT_SIZE : size;
    struct dns_writer writer;
    dns_begin(&writer, buffer, room, client->id, flags);
    if (question)
        dns_put_question(&writer, question);
    bool fits = true;
    for (size_t i = 0; task && i < task->answer_count; i++)
        fits = fits && dns_put_record(&writer, DNS_ANSWER, &task->answer[i]);
    if (task && task->soa.data)
        fits = fits && dns_put_record(&writer, DNS_AUTHORITY, &task->soa);
    if (!fits) {
        dns_begin(&writer, buffer, room, client->id, flags | DNS_TC);
        dns_put_question(&writer, question);
    }
    writer.size = size;
    if (client->edns)
        dns_put_opt(&writer, rcode);
    if (task && task->number)
        printf("(%lu) ", task->number);
    printf("told %s: %s", client->name,
           rcode > DNS_RCODE ? "BADVERS" : dns_rcode_text(rcode));
    if (!fits)
        printf(", truncated");
    else if (task && task->answer_count > 0)
        printf(", %zu record%s", task->answer_count,
               task->answer_count == 1 ? "" : "s");
    printf("\n");
    if (!connection) {
        if (sendto(r->udp_fd, buffer, writer.length, 0,
                   (const struct sockaddr *)&client->addr,
                   client->addr_len) == -1)
            printf("%s not reached: %s\n", client->name, strerror(errno));
        return;
    }
    connection->answer[0] = (unsigned char)(writer.length >> 8);
    connection->answer[1] = (unsigned char)writer.length;
    connection->out = 2 + writer.length;
    connection->sent = 0;
    connection->busy = false;
    connection->idle_since = now_ms();
}

/* ---- the way down ------------------------------------------------------ */

static void walk(struct resolver *r, struct task *task);
static void ask_next(struct resolver *r, struct task *task);
static void set_address(const struct resolver *r, struct server *server,
                        const struct dns_record *record);

static void stop_asking(struct task *task)
{
    if (task->fd != -1)
        close(task->fd);
    task->fd = -1;
    task->tcp = task->sending = false;
}

static void drop_answer(struct task *task)
{
    for (size_t i = 0; i < task->answer_count; i++)
        dns_record_free(&task->answer[i]);
    free(task->answer);
    task->answer = NULL;
    task->answer_count = 0;
    dns_record_free(&task->soa);
}

/* The task is over, and so is whatever was found out only for it. */
static void release(struct resolver *r, struct task *task)
{
    stop_asking(task);
    drop_answer(task);
    task->number = 0;
    for (int i = 0; i < TASKS; i++)
        if (r->tasks[i].number != 0 && r->tasks[i].parent == task)
            release(r, &r->tasks[i]);
}

static void finish(struct resolver *r, struct task *task, unsigned rcode)
{
    struct task *parent = task->parent;
    if (task->no_memory) {
        printf("(%lu) no memory for the answer\n", task->number);
        rcode = DNS_SERVFAIL;
    }
    if (rcode == DNS_SERVFAIL)
        drop_answer(task); /* half an answer is none */
    if (!parent) {
        answer_client(r, &task->client, &task->question, rcode, task);
        for (struct task *t = r->tasks; t < r->tasks + TASKS; t++)
            if (t->number != 0 && t->same == task) {
                answer_client(r, &t->client, &t->question, rcode, task);
                release(r, t);
            }
        release(r, task);
        return;
    }
    /* The address that another task was waiting for, or the lack of it. */
    struct server *server =
        &parent->servers[parent->turn % parent->server_count];
    server->dead = true;
    for (size_t i = 0; i < task->answer_count && server->dead; i++)
        if (task->answer[i].type == DNS_A) {
            set_address(r, server, &task->answer[i]);
            server->dead = false;
        }
    release(r, task);
    ask_next(r, parent);
}

/* A task for a question, or NULL when too many are under way. */
static struct task *begin_task(struct resolver *r,
                               const struct dns_question *question,
                               struct task *parent)
{
    struct task *task = r->tasks;
    while (task < r->tasks + TASKS && task->number != 0)
        task++;
    if (task == r->tasks + TASKS)
        return NULL;
    task->number = ++r->tasks_so_far;
    task->parent = parent;
    task->same = NULL;
    task->depth = parent ? parent->depth + 1 : 0;
    task->deadline = parent ? parent->deadline : now_ms() + TASK_TIME;
    task->steps = task->hops = 0;
    task->no_memory = false;
    task->question = *question;
    task->name = question->name;
    return task;
}

/* A client's question that is under way already, or NULL. The same question is
   not sent twice: whoever guesses at answers would guess twice as well
   (RFC 5452 section 5). */
static struct task *who_asks_the_same(struct resolver *r,
                                      const struct task *task)
{
    for (struct task *t = r->tasks; t < r->tasks + TASKS; t++)
        if (t != task && t->number != 0 && !t->parent && !t->same &&
            t->question.type == task->question.type &&
            dns_name_equal(&t->question.name, &task->question.name))
            return t;
    return NULL;
}

/* When all are taken: the question that has waited longest has waited enough.
   What it needs leaves with it. */
static void make_room(struct resolver *r)
{
    struct task *oldest = r->tasks;
    while (oldest->parent)
        oldest = oldest->parent;
    for (int i = 0; i < TASKS; i++)
        if (!r->tasks[i].parent && r->tasks[i].number < oldest->number)
            oldest = &r->tasks[i];
    printf("(%lu) makes room for another\n", oldest->number);
    finish(r, oldest, DNS_SERVFAIL);
}

/* All servers of a root task and of what it needs share one account. */
static bool may_ask(struct task *task)
{
    while (task->parent)
        task = task->parent;
    return task->steps++ < STEPS;
}

/* Makes what an A or AAAA record says an address to send to. */
static void set_address(const struct resolver *r, struct server *server,
                        const struct dns_record *record)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&server->addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server->addr;
    memset(&server->addr, 0, sizeof server->addr);
    if (record->type == DNS_A) {
        v4->sin_family = AF_INET;
        v4->sin_port = get_port(&r->root_addr);
        memcpy(&v4->sin_addr, record->data, 4);
        server->addr_len = sizeof *v4;
    } else {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = get_port(&r->root_addr);
        memcpy(&v6->sin6_addr, record->data, 16);
        server->addr_len = sizeof *v6;
    }
}

/* One more server of the task's zone, by its name and, if not NULL, an
   address record of it. */
static void add_server(const struct resolver *r, struct task *task,
                       const struct dns_name *name,
                       const struct dns_record *address)
{
    if (task->server_count == SERVERS)
        return;
    struct server *server = &task->servers[task->server_count++];
    memset(server, 0, sizeof *server);
    server->name = *name;
    if (address)
        set_address(r, server, address);
}

/*
 * Takes the zone's NS records. First come the servers with an address, IPv4
 * before IPv6: from the glue, else from the cache. Then the others, whose
 * name must be looked up first; inside the zone itself that would lead nowhere.
 */
static void take_servers(struct resolver *r, struct task *task,
                         const struct dns_name *zone,
                         const struct dns_record *servers, size_t count,
                         const struct dns_message *referral)
{
    static const uint16_t kinds[] = {DNS_A, DNS_AAAA, 0};
    struct dns_name above = task->zone; /* who vouches for the glue */
    task->zone = *zone;
    task->server_count = task->turn = 0;
    for (size_t kind = 0; kind < 3; kind++)
        for (size_t i = 0; i < count; i++) {
            struct dns_name name;
            dns_record_target(&servers[i], &name);
            const struct dns_record *glue =
                referral ? dns_section(referral, DNS_ADDITIONAL) : NULL;
            size_t glue_count = referral ? referral->count[DNS_ADDITIONAL] : 0;
            bool known = false;
            for (size_t j = 0; j < glue_count; j++)
                if ((glue[j].type == DNS_A || glue[j].type == DNS_AAAA) &&
                    glue[j].class_code == DNS_CLASS_IN &&
                    dns_name_equal(&glue[j].name, &name) &&
                    dns_name_within(&name, &above)) {
                    known = true;
                    if (glue[j].type == kinds[kind])
                        add_server(r, task, &name, &glue[j]);
                }
            for (int k = 0; k < 2 && !known; k++) {
                struct entry *entry = look_up(r, &name, kinds[k]);
                if (!entry || entry->is_no)
                    continue;
                for (size_t j = 0; j < entry->count && k == (int)kind; j++)
                    add_server(r, task, &name, &entry->records[j]);
                known = true;
            }
            if (kinds[kind] == 0 && !known && !dns_name_within(&name, zone))
                add_server(r, task, &name, NULL);
        }
}

/* Where to begin: at the zone nearest to the name whose servers are known,
   which in the beginning is the root. */
static void choose_zone(struct resolver *r, struct task *task)
{
    for (size_t labels = dns_name_labels(&task->name); labels > 0; labels--) {
        struct dns_name zone;
        dns_name_suffix(&task->name, labels, &zone);
        struct entry *entry = look_up(r, &zone, DNS_NS);
        if (!entry || entry->is_no)
            continue;
        take_servers(r, task, &zone, entry->records, entry->count, NULL);
        if (task->server_count > 0)
            return;
    }
    dns_name_suffix(&task->name, 0, &task->zone);
    task->server_count = task->turn = 0;
    add_server(r, task, &task->zone, NULL);
    task->servers[0].addr = r->root_addr;
    task->servers[0].addr_len = r->root_len;
}

/* From the cache as far as it goes, then from the servers. */
static void walk(struct resolver *r, struct task *task)
{
    char text[DNS_RECORD_TEXT];
    while (task->hops <= HOPS) {
        struct entry *entry = look_up(r, &task->name, task->question.type);
        if (entry && entry->is_no) {
            printf("(%lu) from the cache: %s\n", task->number,
                   entry->type ? "no such type" : "no such name");
            collect_soa(task, &entry->records[0], ttl_left(entry));
            finish(r, task, entry->type ? DNS_NOERROR : DNS_NXDOMAIN);
            return;
        }
        bool alias = !entry || entry->is_hint;
        if (alias)
            entry = look_up(r, &task->name, DNS_CNAME);
        if (!entry || entry->is_hint || entry->is_no) {
            choose_zone(r, task);
            ask_next(r, task);
            return;
        }
        for (size_t i = 0; i < entry->count; i++)
            collect(task, &entry->records[i], ttl_left(entry));
        struct dns_record first = entry->records[0];
        first.ttl = ttl_left(entry);
        printf("(%lu) from the cache: %.200s%s\n", task->number,
               dns_record_text(&first, text),
               entry->count > 1 ? ", and more" : "");
        if (!alias) {
            finish(r, task, DNS_NOERROR);
            return;
        }
        dns_record_target(&entry->records[0], &task->name);
        task->hops++;
    }
    printf("(%lu) more than %d CNAMEs, one after the other\n", task->number,
           HOPS);
    finish(r, task, DNS_SERVFAIL);
}

/* The question to a server: the name as it is, and no recursion desired. */
static size_t write_question(struct task *task, unsigned char *bytes)
{
    struct dns_writer writer;
    struct dns_question question = task->question;
    question.name = task->name;
    dns_begin(&writer, bytes, DNS_UDP_MAX, task->id, 0);
    dns_put_question(&writer, &question);
    return writer.length;
}

/* Two bytes that nobody can guess. */
static uint16_t random_id(int random_fd)
{
    unsigned char bytes[2];
    for (size_t done = 0; done < sizeof bytes;) {
        ssize_t count = read(random_fd, bytes + done, sizeof bytes - done);
        if (count <= 0)
            die("read /dev/urandom");
        done += (size_t)count;
    }
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Opens a socket for one question to one server. false: errno says why. */
static bool send_question(struct resolver *r, struct task *task,
                          const struct server *server, bool tcp)
{
    stop_asking(task);
    int fd = socket(server->addr.ss_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (fd == -1)
        return false;
    task->fd = fd;
    task->tcp = task->sending = task->tcp_tried = tcp;
    task->try_until = now_ms() + TRY_TIME;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
        return false;
    /* From our own address, but from a port that the system picks. */
    struct sockaddr_storage from = r->own_addr;
    ((struct sockaddr_in *)&from)->sin_port = 0;
    if (from.ss_family == server->addr.ss_family &&
        bind(fd, (struct sockaddr *)&from, r->own_len) == -1)
        return false;
    if (connect(fd, (const struct sockaddr *)&server->addr, server->addr_len) ==
            -1 &&
        errno != EINPROGRESS)
        return false;
    task->id = random_id(r->random_fd);
    if (tcp) {
        size_t count = write_question(task, task->stream + 2);
        task->stream[0] = (unsigned char)(count >> 8);
        task->stream[1] = (unsigned char)count;
        task->done = 0;
        task->length = 2 + count;
        return true;
    }
    unsigned char question[DNS_UDP_MAX];
    return send(fd, question, write_question(task, question), 0) != -1;
}

/* This server is of no use for this question: on to the next. */
static void give_up_on(struct resolver *r, struct task *task, const char *why)
{
    char name[NAME_SIZE];
    struct server *server = &task->servers[task->turn % task->server_count];
    name_address(&server->addr, name);
    printf("(%lu) no use asking %s: %s\n", task->number, name, why);
    server->dead = true;
    ask_next(r, task);
}

/* Every server of the zone gets two chances. */
static void ask_next(struct resolver *r, struct task *task)
{
    char zone[DNS_NAME_TEXT], name[DNS_NAME_TEXT];
    dns_name_text(&task->zone, zone);
    stop_asking(task);
    for (; task->turn < 2 * task->server_count; task->turn++) {
        struct server *server = &task->servers[task->turn % task->server_count];
        if (server->dead)
            continue;
        if (!may_ask(task)) {
            printf("(%lu) %d questions sent, and no answer\n", task->number,
                   STEPS);
            finish(r, task, DNS_SERVFAIL);
            return;
        }
        if (server->addr_len == 0) {
            struct dns_question question = {.name = server->name,
                                            .type = DNS_A,
                                            .class_code = DNS_CLASS_IN};
            struct task *child =
                task->depth < DEPTH ? begin_task(r, &question, task) : NULL;
            server->dead = !child;
            if (!child)
                continue;
            printf("(%lu) where is %.120s, which serves %.120s? see (%lu)\n",
                   task->number, dns_name_text(&server->name, name), zone,
                   child->number);
            walk(r, child); /* when it is done it comes back here */
            return;
        }
        name_address(&server->addr, name);
        printf("(%lu) ask %s, which serves %.120s\n", task->number, name, zone);
        if (send_question(r, task, server, false))
            return;
        printf("(%lu) no use asking %s: %s\n", task->number, name,
               strerror(errno));
        server->dead = true;
        stop_asking(task);
    }
    printf("(%lu) no server of %.120s is of any use\n", task->number, zone);
    finish(r, task, DNS_SERVFAIL);
}

/* Called for every task in every round. */
static void check_time(struct resolver *r, struct task *task)
{
    long long now = now_ms();
    if (task->number == 0)
        return;
    if (now >= task->deadline && !task->parent) {
        printf("(%lu) no answer in time\n", task->number);
        finish(r, task, DNS_SERVFAIL);
    } else if (task->fd != -1 && now >= task->try_until) {
        printf("(%lu) no answer\n", task->number);
        task->turn++;
        ask_next(r, task);
    }
}

/* ---- what servers say -------------------------------------------------- */

/* The records of a name and a type in a section. Only copies of pointers:
   they live as long as the message. Returns how many, at most size. */
static size_t select_set(const struct dns_message *message,
                         enum dns_section section, const struct dns_name *name,
                         uint16_t type, struct dns_record *set, size_t size)
{
    const struct dns_record *records = dns_section(message, section);
    size_t count = 0;
    for (size_t i = 0; i < message->count[section] && count < size; i++)
        if (records[i].type == type && records[i].class_code == DNS_CLASS_IN &&
            dns_name_equal(&records[i].name, name))
            set[count++] = records[i];
    return count;
}

/* Takes from the answer section what the server may speak about: the chain
   of CNAMEs, the records at its end. True when the end was there. */
static bool take_answer(struct resolver *r, struct task *task,
                        const struct dns_message *message)
{
    enum { SET = 6000 }; /* more do not fit into a message */
    static struct dns_record set[SET];
    while (task->hops <= HOPS && dns_name_within(&task->name, &task->zone)) {
        uint16_t type = task->question.type;
        size_t count =
            select_set(message, DNS_ANSWER, &task->name, type, set, SET);
        bool found = count > 0;
        if (!found) {
            type = DNS_CNAME;
            count = select_set(message, DNS_ANSWER, &task->name, type, set, 1);
        }
        if (count == 0)
            return false;
        keep(r, &task->name, type, false, false, set, count, KEEP_MAX);
        for (size_t i = 0; i < count; i++)
            collect(task, &set[i], set[i].ttl);
        char text[DNS_RECORD_TEXT];
        printf("(%lu) answer: %.200s%s\n", task->number,
               dns_record_text(&set[0], text), count > 1 ? ", and more" : "");
        if (found)
            return true;
        dns_record_target(&set[0], &task->name);
        task->hops++;
    }
    return false;
}

/* "No": the SOA says which zone says so, and for how long. */
static const struct dns_record *find_soa(const struct task *task,
                                         const struct dns_message *message)
{
    const struct dns_record *records = dns_section(message, DNS_AUTHORITY);
    for (size_t i = 0; i < message->count[DNS_AUTHORITY]; i++)
        if (records[i].type == DNS_SOA &&
            records[i].class_code == DNS_CLASS_IN &&
            dns_name_within(&records[i].name, &task->zone) &&
            dns_name_within(&task->name, &records[i].name))
            return &records[i];
    return NULL;
}

static void take_no(struct resolver *r, struct task *task, unsigned rcode,
                    const struct dns_record *soa)
{
    printf("(%lu) answer: %s\n", task->number,
           rcode == DNS_NXDOMAIN ? "no such name" : "no such type");
    if (soa) { /* without it the "no" is believed, and not kept */
        uint32_t ttl =
            dns_soa_minimum(soa) < soa->ttl ? dns_soa_minimum(soa) : soa->ttl;
        if (ttl > KEEP_NO_MAX)
            ttl = KEEP_NO_MAX;
        keep(r, &task->name, rcode == DNS_NXDOMAIN ? 0 : task->question.type,
             true, false, soa, 1, ttl);
        collect_soa(task, soa, ttl);
    }
    finish(r, task, rcode);
}

/* A referral counts only downwards: to a zone below the one we asked, on the
   way to the name. Its glue counts for names of the zone we asked. */
static bool take_referral(struct resolver *r, struct task *task,
                          const struct dns_message *message)
{
    struct dns_record servers[SERVERS], glue[SERVERS];
    const struct dns_record *records = dns_section(message, DNS_AUTHORITY);
    size_t count = 0;
    for (size_t i = 0; i < message->count[DNS_AUTHORITY] && count == 0; i++)
        if (records[i].type == DNS_NS &&
            dns_name_within(&task->name, &records[i].name) &&
            dns_name_within(&records[i].name, &task->zone) &&
            !dns_name_equal(&records[i].name, &task->zone))
            count = select_set(message, DNS_AUTHORITY, &records[i].name, DNS_NS,
                               servers, SERVERS);
    if (count == 0)
        return false;
    struct dns_name below = servers[0].name;
    keep(r, &below, DNS_NS, false, true, servers, count, KEEP_MAX);
    for (size_t i = 0; i < count; i++) {
        struct dns_name name;
        dns_record_target(&servers[i], &name);
        if (!dns_name_within(&name, &task->zone))
            continue;
        for (uint16_t type = DNS_A; type; type = type == DNS_A ? DNS_AAAA : 0) {
            size_t found =
                select_set(message, DNS_ADDITIONAL, &name, type, glue, SERVERS);
            if (found > 0)
                keep(r, &name, type, false, true, glue, found, KEEP_MAX);
        }
    }
    take_servers(r, task, &below, servers, count, message);
    char text[DNS_NAME_TEXT];
    printf("(%lu) referral to %.120s", task->number,
           dns_name_text(&below, text));
    for (int i = 0; i < task->server_count && i < 2; i++) {
        char name[NAME_SIZE] = "no address";
        if (task->servers[i].addr_len > 0)
            name_address(&task->servers[i].addr, name);
        printf("%s %.120s %s", i == 0 ? ":" : ",",
               dns_name_text(&task->servers[i].name, text), name);
    }
    printf(task->server_count > 2 ? ", and more\n" : "\n");
    return true;
}

/* Takes what a server sent, if it is what it was asked for. False: it is not,
   and the right answer may still come. */
static bool take_message(struct resolver *r, struct task *task,
                         const unsigned char *bytes, size_t count)
{
    struct dns_message message;
    const char *problem = dns_decode(bytes, count, &message);
    unsigned rcode = message.flags & DNS_RCODE;
    bool repeats = message.question_count == 1 &&
                   message.question.type == task->question.type &&
                   message.question.class_code == DNS_CLASS_IN &&
                   dns_name_equal(&message.question.name, &task->name);
    bool refuses = message.question_count == 0 && rcode != DNS_NOERROR;
    if (!problem && (message.id != task->id || !(message.flags & DNS_QR) ||
                     (message.flags & DNS_OPCODE) || !(repeats || refuses))) {
        problem = "not the answer to this question";
        dns_message_free(&message);
    }
    if (problem) {
        printf("(%lu) %zu bytes ignored: %s\n", task->number, count, problem);
        return false;
    }
    stop_asking(task);
    struct dns_name asked_name = task->name;
    bool authority = (message.flags & DNS_AA) != 0;
    bool empty = !(message.flags & DNS_TC) &&
                 message.count[DNS_ANSWER] + message.count[DNS_AUTHORITY] == 0;
    if ((message.flags & DNS_TC) && !task->tcp_tried) {
        printf("(%lu) truncated: once more over TCP\n", task->number);
        struct server *server = &task->servers[task->turn % task->server_count];
        if (!send_question(r, task, server, true))
            give_up_on(r, task, strerror(errno));
    } else if (rcode != DNS_NOERROR && rcode != DNS_NXDOMAIN) {
        give_up_on(r, task, dns_rcode_text(rcode));
    } else if (authority && take_answer(r, task, &message)) {
        finish(r, task, DNS_NOERROR);
    } else if (authority && dns_name_within(&task->name, &task->zone) &&
               (rcode == DNS_NXDOMAIN || empty || find_soa(task, &message))) {
        /* RFC 2308 section 2: a "no" of one kind or another */
        take_no(r, task, rcode, find_soa(task, &message));
    } else if (!dns_name_equal(&task->name, &asked_name)) {
        walk(r, task); /* a CNAME has led away */
    } else if (rcode == DNS_NOERROR && take_referral(r, task, &message)) {
        ask_next(r, task);
    } else {
        give_up_on(r, task, "it neither knows nor refers");
    }
    dns_message_free(&message);
    return true;
}

/* A server's socket is ready. */
static void hear_server(struct resolver *r, struct task *task)
{
    unsigned char datagram[DNS_MESSAGE_MAX];
    ssize_t count;
    if (!task->tcp)
        count = recv(task->fd, datagram, sizeof datagram, 0);
    else if (task->sending)
        count = write(task->fd, task->stream + task->done,
                      task->length - task->done);
    else
        count = read(task->fd, task->stream + task->done,
                     task->length - task->done);
    if (count == -1 &&
        (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (count == -1 || (task->tcp && count == 0)) {
        give_up_on(r, task, count == 0 ? "it hung up" : strerror(errno));
        return;
    }
    if (!task->tcp) {
        take_message(r, task, datagram, (size_t)count);
        return;
    }
    task->done += (size_t)count;
    if (task->done < task->length)
        return;
    if (task->sending) { /* now two bytes of length are to come */
        task->sending = false;
        task->done = 0;
        task->length = 2;
    } else if (task->length == 2) {
        task->length += (size_t)task->stream[0] << 8 | task->stream[1];
    }
    if (!task->sending && task->length > 2 && task->done == task->length &&
        !take_message(r, task, task->stream + 2, task->length - 2))
        give_up_on(r, task, "not the answer to this question");
}

/* ---- clients ----------------------------------------------------------- */

/* Takes a message that a client sent. False: it gets no answer. */
static bool take_request(struct resolver *r, struct client *client,
                         const unsigned char *bytes, size_t count)
{
    struct dns_message message;
    const char *problem = dns_decode(bytes, count, &message);
    if (count < 12 || (bytes[2] & 0x80) != 0) {
        printf("%s ignored: %s\n", client->name,
               count < 12 ? "shorter than a header" : "not a question");
        if (!problem)
            dns_message_free(&message);
        return false;
    }
    client->id = (uint16_t)(bytes[0] << 8 | bytes[1]);
    client->flags = (uint16_t)(bytes[2] << 8 | bytes[3]);
    unsigned opcode = ((unsigned)client->flags & DNS_OPCODE) >> 11;
    bool is_question = !problem && opcode == 0 && message.question_count > 0;
    client->edns = is_question && message.edns;
    unsigned rcode = DNS_NOERROR;
    struct dns_question *question = &message.question;
    if (opcode != 0)
        rcode = DNS_NOTIMP;
    else if (problem || message.question_count != 1 ||
             message.count[DNS_ANSWER] > 0 || message.count[DNS_AUTHORITY] > 0)
        rcode = DNS_FORMERR;
    else if (message.edns && message.edns_version > 0)
        rcode = 16; /* BADVERS, RFC 6891 section 6.1.3 */
    else if (question->type > 248 && question->type <= DNS_ANY)
        rcode = DNS_NOTIMP;
    else if (question->class_code != DNS_CLASS_IN || !(client->flags & DNS_RD))
        rcode = DNS_REFUSED; /* who does not want recursion is wrong here */
    if (!problem)
        dns_message_free(&message);

    /* Asked again, because the answer takes its time? It is being found. */
    for (int i = 0; i < TASKS && rcode == DNS_NOERROR; i++) {
        struct task *task = &r->tasks[i];
        if (task->number != 0 && !task->parent && !client->connection &&
            !task->client.connection && task->client.id == client->id &&
            strcmp(task->client.name, client->name) == 0 &&
            task->question.type == question->type &&
            dns_name_equal(&task->question.name, &question->name)) {
            printf("(%lu) %s asks again\n", task->number, client->name);
            return true;
        }
    }
    struct task *task = NULL;
    while (rcode == DNS_NOERROR && !(task = begin_task(r, question, NULL)))
        make_room(r);
    if (task)
        printf("(%lu) ", task->number);
    char text[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    if (is_question)
        printf("%s asks%s for %.120s %s\n", client->name,
               client->connection ? " over TCP" : "",
               dns_name_text(&question->name, text),
               dns_type_text(question->type, type));
    else
        printf("%s sent %zu bytes: %s\n", client->name, count,
               problem ? problem : "no question");
    if (task) {
        task->client = *client;
        task->same = who_asks_the_same(r, task);
        if (!task->same)
            walk(r, task);
        else
            printf("(%lu) waits for (%lu), which asks the same\n", task->number,
                   task->same->number);
    } else {
        answer_client(r, client, is_question ? question : NULL, rcode, NULL);
    }
    return true;
}

static void serve_datagram(struct resolver *r)
{
    unsigned char bytes[DNS_MESSAGE_MAX];
    struct client client = {.addr_len = sizeof client.addr};
    ssize_t received =
        recvfrom(r->udp_fd, bytes, sizeof bytes, 0,
                 (struct sockaddr *)&client.addr, &client.addr_len);
    if (received == -1) {
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            perror("dns_resolver: recvfrom");
        return;
    }
    name_address(&client.addr, client.name);
    take_request(r, &client, bytes, (size_t)received);
}

static void accept_connection(struct resolver *r)
{
    struct sockaddr_storage client_addr;
    socklen_t addr_len = sizeof client_addr;
    int conn_fd =
        accept(r->listen_fd, (struct sockaddr *)&client_addr, &addr_len);
    if (conn_fd == -1 || fcntl(conn_fd, F_SETFL, O_NONBLOCK) == -1) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            perror("dns_resolver: accept");
            r->rest_until = now_ms() + 100; /* breathe, do not spin */
        }
        if (conn_fd != -1)
            close(conn_fd);
        return;
    }
    /* A free place, or the place of whoever has been silent longest. */
    struct connection *place = r->connections;
    for (int i = 0; i < CONNECTIONS && place->fd != -1; i++)
        if (r->connections[i].fd == -1 ||
            r->connections[i].idle_since < place->idle_since)
            place = &r->connections[i];
    if (place->fd != -1)
        hang_up(place, "makes room for another");
    place->fd = conn_fd;
    place->number = ++r->connections_so_far;
    place->busy = false;
    place->idle_since = now_ms();
    place->in = place->out = place->sent = 0;
    name_address(&client_addr, place->name);
}

static void hang_up(struct connection *connection, const char *why)
{
    printf("%s %s\n", connection->name, why);
    close(connection->fd);
    connection->fd = -1;
    connection->out = 0;
}

/* Reads or writes once, whichever it is waiting for. */
static void serve_connection(struct resolver *r, struct connection *connection)
{
    ssize_t count;
    if (connection->out > 0)
        count = write(connection->fd, connection->answer + connection->sent,
                      connection->out - connection->sent);
    else
        count = read(connection->fd, connection->question + connection->in,
                     sizeof connection->question - connection->in);
    if (count == -1 &&
        (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (count <= 0) {
        hang_up(connection, count == 0 ? "closed" : strerror(errno));
        return;
    }
    connection->idle_since = now_ms();
    if (connection->out > 0)
        connection->sent += (size_t)count;
    else
        connection->in += (size_t)count;
    if (connection->sent < connection->out)
        return;

    /* Work on the first whole question; on the next one after the answer. */
    connection->out = connection->sent = 0;
    unsigned char *question = connection->question;
    while (connection->out == 0 && !connection->busy && connection->in >= 2) {
        size_t length = (size_t)question[0] << 8 | question[1];
        if (connection->in < 2 + length)
            break;
        struct client client = {.connection = connection,
                                .number = connection->number};
        strcpy(client.name, connection->name);
        connection->busy = true; /* until answer_client */
        if (!take_request(r, &client, question + 2, length))
            connection->busy = false;
        connection->in -= 2 + length;
        memmove(question, question + 2 + length, connection->in);
    }
}

/* ---- sockets ----------------------------------------------------------- */

/* With port 0 the system chooses one for TCP, which may be taken in UDP. */
static void open_sockets(struct sockaddr_storage *addr, socklen_t addr_len,
                         int *udp_fd, int *listen_fd)
{
    char name[NAME_SIZE];
    name_address(addr, name);
    for (int left = 20;; left--) {
        struct sockaddr_storage chosen = *addr;
        socklen_t chosen_len = sizeof chosen;
        *listen_fd = socket(addr->ss_family, SOCK_STREAM, 0);
        *udp_fd = socket(addr->ss_family, SOCK_DGRAM, 0);
        if (*listen_fd == -1 || *udp_fd == -1)
            die("socket");
        int on = 1; /* restart while old connections fade away: chapter 7 */
        if (setsockopt(*listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
            die("setsockopt SO_REUSEADDR");
        if (fcntl(*listen_fd, F_SETFL, O_NONBLOCK) == -1 ||
            fcntl(*udp_fd, F_SETFL, O_NONBLOCK) == -1)
            die("fcntl O_NONBLOCK");
        if (bind(*listen_fd, (struct sockaddr *)addr, addr_len) == -1)
            die("bind %s (TCP)", name);
        if (listen(*listen_fd, SOMAXCONN) == -1)
            die("listen");
        if (getsockname(*listen_fd, (struct sockaddr *)&chosen, &chosen_len))
            die("getsockname");
        if (bind(*udp_fd, (struct sockaddr *)&chosen, chosen_len) == 0) {
            *addr = chosen;
            return;
        }
        /* sin_port and sin6_port have the same place */
        bool free_choice = ((struct sockaddr_in *)addr)->sin_port == 0;
        if (errno != EADDRINUSE || !free_choice || left == 0)
            die("bind %s (UDP)", name);
        close(*listen_fd);
        close(*udp_fd);
    }
}

/* sin_port and sin6_port have the same place. In network byte order. */
static in_port_t get_port(const struct sockaddr_storage *addr)
{
    return ((const struct sockaddr_in *)addr)->sin_port;
}

/* On a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Both as typed. Returns the length that bind wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (!*port || port[strspn(port, "0123456789")] || number > 65535) {
        fprintf(stderr, "dns_resolver: not a port (0 to 65535): \"%.40s\"\n",
                port);
        exit(2);
    }
    memset(addr, 0, sizeof *addr);
    struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)number);
        return sizeof *v6;
    }
    fprintf(stderr, "dns_resolver: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    char ip[INET6_ADDRSTRLEN];
    if (addr->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "%s:%d", ip, ntohs(v4->sin_port));
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "[%s]:%d", ip, ntohs(v6->sin6_port));
    }
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "dns_resolver: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
