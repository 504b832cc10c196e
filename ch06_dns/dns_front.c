/*
 * dns_front.c - the sockets of a DNS server: what dns_front.h promises.
 *
 * RFC 7766 (DNS over TCP), 6891 (EDNS). In this order: opening, whom to poll,
 * datagrams, connections, questions, replies.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE  /* IP_PKTINFO, where the system has it, */
#define _DARWIN_C_SOURCE /* by this name or by that */
#include "dns_front.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    DRAIN = 512,          /* datagrams read in a round, clients let in, */
    LETTERS_A_ROUND = 16, /* and datagrams answered */
    TURNS = 4,            /* of one host's connections, in a round */
    PATIENCE = 10 * 1000, /* ms that a connection may be idle */
    BREATH = 100,         /* ms without accept when there is no descriptor */
    SILENCE = 1000,       /* ms between two lines about what is too much */
    BADVERS = 16          /* RFC 6891 section 6.1.3 */
};

void front_name(const struct sockaddr_storage *addr, char name[FRONT_NAME])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    bool is_v4 = addr->ss_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(addr->ss_family, bytes, ip, sizeof ip);
    snprintf(name, FRONT_NAME, is_v4 ? "%s:%d" : "[%s]:%d", ip,
             ntohs(front_port(addr)));
}

/* sin_port and sin6_port have the same place. */
in_port_t front_port(const struct sockaddr_storage *addr)
{
    return ((const struct sockaddr_in *)addr)->sin_port;
}

/* A call that failed, and ends nothing. */
static void complain(const struct front *front, const char *call)
{
    fprintf(stderr, "%s: %s: %s\n", front->program, call, strerror(errno));
}

/* ---- opening ----------------------------------------------------------- */

static bool is_any(const struct sockaddr_storage *addr)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    return addr->ss_family == AF_INET ? v4->sin_addr.s_addr == INADDR_ANY
                                      : IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

/* Bound to all addresses, a datagram's answer must leave from the one that
   was asked: nobody believes another's. POSIX has no way to know that address;
   where the system has one, it is told with each datagram, and given back with
   the answer. */
static int tell_address(int fd, int family)
{
    int on = 1;
    (void)fd, (void)on;
#ifdef IP_PKTINFO
    if (family == AF_INET)
        return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
#endif
#ifdef IPV6_RECVPKTINFO
    if (family == AF_INET6)
        return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
#endif
    return 0;
}

/* The calls in their order. NULL, or the name of the one that failed. */
static const char *open_pair(struct front *front, struct sockaddr_storage *addr,
                             socklen_t addr_len)
{
    struct sockaddr_storage chosen = *addr;
    front->listen_fd = socket(addr->ss_family, SOCK_STREAM, 0);
    front->udp_fd = socket(addr->ss_family, SOCK_DGRAM, 0);
    if (front->listen_fd == -1 || front->udp_fd == -1)
        return "socket";
    int on = 1; /* restart while old connections fade away: chapter 7 */
    if (setsockopt(front->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
        return "setsockopt SO_REUSEADDR";
    if (fcntl(front->listen_fd, F_SETFL, O_NONBLOCK) == -1 ||
        fcntl(front->udp_fd, F_SETFL, O_NONBLOCK) == -1)
        return "fcntl O_NONBLOCK";
    int size = 4 << 20; /* as many as may be, while we are at work */
    if (setsockopt(front->udp_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size))
        return "setsockopt SO_RCVBUF";
    if (is_any(addr) && tell_address(front->udp_fd, addr->ss_family) == -1)
        return addr->ss_family == AF_INET ? "setsockopt IP_PKTINFO"
                                          : "setsockopt IPV6_RECVPKTINFO";
    if (bind(front->listen_fd, (struct sockaddr *)addr, addr_len) == -1)
        return "bind (TCP)";
    if (listen(front->listen_fd, SOMAXCONN) == -1)
        return "listen";
    if (getsockname(front->listen_fd, (struct sockaddr *)&chosen, &addr_len))
        return "getsockname";
    if (bind(front->udp_fd, (struct sockaddr *)&chosen, addr_len) == -1)
        return "bind (UDP)";
    *addr = chosen;
    return NULL;
}

/* With port 0 the system chooses one for TCP, which may be taken in UDP. */
bool front_open(struct front *front, const char *program, uint16_t flags,
                struct sockaddr_storage *addr, socklen_t addr_len,
                char problem[FRONT_PROBLEM])
{
    const char *failed;
    memset(front, 0, sizeof *front);
    front->program = program;
    front->flags = flags;
    front->said = -SILENCE;
    for (int i = 0; i < FRONT_CONNECTIONS; i++)
        front->connections[i].fd = -1;
    for (int left = 20; (failed = open_pair(front, addr, addr_len)); left--) {
        if (errno != EADDRINUSE || front_port(addr) != 0 || left == 0) {
            front_name(addr, front->name);
            snprintf(problem, FRONT_PROBLEM, "%s %s%s", failed, front->name,
                     errno == EACCES ? ": ports below 1024 are root's"
                     : errno == EADDRNOTAVAIL
                         ? ": not an address of this computer"
                         : "");
            return false;
        }
        close(front->listen_fd);
        close(front->udp_fd);
    }
    front_name(addr, front->name);
    return true;
}

/* ---- whom to poll ------------------------------------------------------ */

/* Quietly, when it has never asked: a client may come and go as it likes, and
   fills no log with it. */
static void hang_up(struct front_connection *connection, const char *why)
{
    if (connection->has_asked)
        printf("%s %s\n", connection->client.name, why);
    close(connection->fd);
    connection->fd = -1;
}

/* Is a whole message there? Its length, or -1. */
static long whole_message(const struct front_connection *connection)
{
    if (connection->fd == -1 || connection->busy || connection->out > 0 ||
        connection->in < 2)
        return -1;
    long length = connection->question[0] << 8 | connection->question[1];
    return connection->in >= 2u + (size_t)length ? length : -1;
}

/* What was too much to be told at once. */
static void say_what_was_odd(struct front *front, long long *until)
{
    if (front->odd + front->too_many == 0)
        return;
    if (front->now < front->said + SILENCE) {
        if (front->said + SILENCE < *until)
            *until = front->said + SILENCE;
        return;
    }
    if (front->odd > 0)
        printf("%lu message%s ignored, the last from %s: %s\n", front->odd,
               front->odd == 1 ? "" : "s", front->odd_name, front->odd_why);
    if (front->too_many > 0)
        printf("%lu datagrams too many: thrown away\n", front->too_many);
    front->odd = front->too_many = 0;
    front->said = front->now;
}

/* The letter whose turn it is: fewest before it, then whoever came first. */
static struct front_slot *next_slot(struct front *front)
{
    struct front_slot *next = NULL;
    for (int i = 0; i <= FRONT_LETTERS; i++) {
        struct front_slot *slot = &front->slots[i];
        if (slot->count > 0 &&
            (!next || slot->turn < next->turn ||
             (slot->turn == next->turn && slot->number < next->number)))
            next = slot;
    }
    return next;
}

nfds_t front_watch(struct front *front, long long now, struct pollfd *polled,
                   long long *until)
{
    front->now = now;
    bool resting = now < front->rest_until, more = next_slot(front) != NULL;
    polled[0] = (struct pollfd){.fd = front->udp_fd, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = resting ? -1 : front->listen_fd,
                                .events = POLLIN};
    if (resting && front->rest_until < *until)
        *until = front->rest_until;
    say_what_was_odd(front, until);
    nfds_t count = 2;
    for (int i = 0; i < FRONT_CONNECTIONS; i++) {
        struct front_connection *connection = &front->connections[i];
        long long end = connection->idle_since + PATIENCE;
        if (connection->fd != -1 && !connection->busy && now >= end) {
            connection->has_asked = true; /* said in any case */
            hang_up(connection, "idle for too long");
        }
        connection->polled = 0;
        if (whole_message(connection) >= 0) {
            more = true;
        } else if (connection->fd != -1 && !connection->busy) {
            polled[count].fd = connection->fd;
            polled[count].events = connection->out > 0 ? POLLOUT : POLLIN;
            connection->polled = count++;
            if (end < *until)
                *until = end;
        }
    }
    if (more)
        *until = now; /* there is work left from the round before */
    return count;
}

/* ---- datagrams --------------------------------------------------------- */

/* Whose share it is: an IPv4 address, of IPv6 the network of 64 bits, within
   which a host takes any address it likes. */
static void set_client(struct dns_client *client)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&client->addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&client->addr;
    front_name(&client->addr, client->name);
    memset(client->host, 0, sizeof client->host);
    if (client->addr.ss_family == AF_INET)
        memcpy(client->host, &v4->sin_addr, sizeof v4->sin_addr);
    else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        memcpy(client->host, (const char *)&v6->sin6_addr + 12, 4);
    else
        memcpy(client->host, &v6->sin6_addr, 8);
}

static bool same_host(const struct dns_client *a, const struct dns_client *b)
{
    return memcmp(a->host, b->host, FRONT_HOST) == 0;
}

/* Is it a question, whether it can be read or not? */
static bool is_question(struct front *front, const struct dns_client *client,
                        const unsigned char *bytes, size_t count)
{
    if (count >= 12 && (bytes[2] & 0x80) == 0)
        return true;
    front->odd++;
    front->odd_why = count == 0   ? "empty"
                     : count < 12 ? "shorter than a header"
                                  : "not a question";
    memcpy(front->odd_name, client->name, sizeof front->odd_name);
    return false;
}

/* Takes a datagram to the free place. When no place is left for the next, the
   one leaves that has most of its host before it. false: there was none. */
static bool take_letter(struct front *front)
{
    struct front_slot *slot = front->slots, *last = NULL;
    while (slot->count > 0)
        slot++;
    struct front_letter *letter = &front->letters[slot - front->slots];
    struct dns_client *client = &letter->client;
    struct iovec part = {letter->bytes, sizeof letter->bytes};
    struct msghdr message = {.msg_name = &client->addr,
                             .msg_namelen = sizeof client->addr,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = client->control,
                             .msg_controllen = sizeof client->control};
    ssize_t received = recvmsg(front->udp_fd, &message, 0);
    if (received == -1) {
        if (errno == EINTR)
            return true;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            complain(front, "recvmsg");
        return false;
    }
    client->addr_len = message.msg_namelen;
    client->control_len = (socklen_t)message.msg_controllen;
    client->connection = -1;
    set_client(client);
    if (received == 0) /* a datagram may be empty: the place stays free */
        is_question(front, client, letter->bytes, 0);
    slot->number = ++front->so_far;
    slot->turn = 0;
    memcpy(slot->host, client->host, FRONT_HOST);
    for (int i = 0; i <= FRONT_LETTERS; i++)
        slot->turn += front->slots[i].count > 0 &&
                      memcmp(front->slots[i].host, slot->host, FRONT_HOST) == 0;
    slot->count = (size_t)received;
    for (int i = 0; i <= FRONT_LETTERS; i++) {
        struct front_slot *other = &front->slots[i];
        if (other->count == 0)
            return true;
        if (!last || other->turn > last->turn ||
            (other->turn == last->turn && other->number > last->number))
            last = other;
    }
    last->count = 0;
    front->too_many++;
    return true;
}

/* ---- connections ------------------------------------------------------- */

/* A free place, or else (only then do the counts matter) the one that has been
   silent longest of the host that has most of them, the new one counted. */
static struct front_connection *find_place(struct front *front,
                                           const struct dns_client *client)
{
    struct front_connection *place = NULL;
    int most = 0;
    for (int i = 0; i < FRONT_CONNECTIONS; i++) {
        struct front_connection *connection = &front->connections[i];
        if (connection->fd == -1)
            return connection;
        int count = same_host(&connection->client, client);
        for (int j = 0; j < FRONT_CONNECTIONS; j++)
            count +=
                same_host(&front->connections[j].client, &connection->client);
        if (!place || count > most ||
            (count == most && connection->idle_since < place->idle_since)) {
            place = connection;
            most = count;
        }
    }
    hang_up(place, "makes room for another");
    return place;
}

/* false: nobody waits, or there is no descriptor. */
static bool accept_connection(struct front *front)
{
    struct dns_client client = {.addr_len = sizeof client.addr};
    int fd = accept(front->listen_fd, (struct sockaddr *)&client.addr,
                    &client.addr_len);
    if (fd == -1 || fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR &&
            errno != ECONNABORTED) {
            complain(front, fd == -1 ? "accept" : "fcntl O_NONBLOCK");
            front->rest_until = front->now + BREATH; /* do not spin */
        }
        if (fd != -1)
            close(fd);
        return false;
    }
    set_client(&client);
    struct front_connection *place = find_place(front, &client);
    client.connection = (int)(place - front->connections);
    client.number = ++front->so_far;
    place->fd = fd;
    place->client = client;
    place->busy = place->has_asked = false;
    place->idle_since = front->now;
    place->in = place->out = place->sent = 0;
    return true;
}

/* Reads or writes once, whichever it is waiting for. */
static void move_bytes(struct front *front, struct front_connection *connection)
{
    bool sending = connection->out > 0;
    size_t *moved = sending ? &connection->sent : &connection->in;
    ssize_t count = sending
                        ? write(connection->fd, connection->answer + *moved,
                                connection->out - *moved)
                        : read(connection->fd, connection->question + *moved,
                               sizeof connection->question - *moved);
    if (count == -1 &&
        (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (count <= 0) {
        hang_up(connection, count == 0 ? "closed" : strerror(errno));
        return;
    }
    *moved += (size_t)count;
    /* A part of a question is no sign of life: RFC 7766 section 6.2.3. */
    if (sending || whole_message(connection) >= 0)
        connection->idle_since = front->now;
    if (connection->sent == connection->out)
        connection->out = connection->sent = 0;
}

void front_serve(struct front *front, const struct pollfd *polled)
{
    for (int i = 0; i < FRONT_CONNECTIONS; i++) {
        struct front_connection *connection = &front->connections[i];
        if (connection->polled > 0 && polled[connection->polled].revents)
            move_bytes(front, connection);
    }
    /* All that has come, so that none is lost because of another's many. */
    for (int i = 0; polled[0].revents && i < DRAIN && take_letter(front); i++)
        continue;
    if (polled[1].fd != -1 && polled[1].revents)
        for (int i = 0; i < DRAIN && accept_connection(front); i++)
            continue;
    front->round++;
    front->letters_left = LETTERS_A_ROUND;
    front->connections_left = FRONT_CONNECTIONS;
}

/* ---- questions --------------------------------------------------------- */

/* Takes a question apart. false: it was refused, and that is said. */
static bool take_question(struct front *front, struct dns_request *request,
                          const unsigned char *bytes, size_t count)
{
    struct dns_message message;
    const char *problem = dns_decode(bytes, count, &message);
    unsigned rcode = DNS_FORMERR;
    request->id = message.id;
    request->flags = message.flags;
    request->edns = message.edns > 0;
    request->question = message.question; /* as far as it could be read */
    if (!problem && message.edns_version > 0)
        rcode = BADVERS, problem = "EDNS of a version to come";
    else if (request->flags & DNS_OPCODE)
        rcode = DNS_NOTIMP, problem = "not an ordinary question";
    else if (!problem &&
             (message.question_count != 1 || message.count[DNS_ANSWER] > 0 ||
              message.count[DNS_AUTHORITY] > 0))
        problem = "not one question and nothing else";
    dns_message_free(&message);
    if (!problem)
        return true;

    struct dns_writer writer;
    printf("%s sent %zu bytes: %s, %s\n", request->client.name, count,
           rcode == BADVERS ? "BADVERS" : dns_rcode_text(rcode), problem);
    front_begin(front, request, &writer);
    front_send(front, request, &writer, 0, rcode);
    return false;
}

/* The next connection that has a whole message, of a host that has not had its
   turns in this round. Each round begins with another connection. */
static struct front_connection *next_connection(struct front *front)
{
    while (front->connections_left-- > 0) {
        size_t place = (front->round + (unsigned)front->connections_left) %
                       FRONT_CONNECTIONS;
        struct front_connection *connection = &front->connections[place];
        if (whole_message(connection) < 0)
            continue;
        int turns = 0;
        for (int i = 0; i < FRONT_CONNECTIONS; i++)
            turns +=
                front->connections[i].served == front->round &&
                same_host(&front->connections[i].client, &connection->client);
        if (turns < TURNS)
            return connection;
    }
    return NULL;
}

bool front_next(struct front *front, struct dns_request *request)
{
    struct front_slot *slot;
    struct front_connection *connection;
    while (front->letters_left-- > 0 && (slot = next_slot(front))) {
        struct front_letter *letter = &front->letters[slot - front->slots];
        size_t count = slot->count;
        request->client = letter->client;
        slot->count = 0;
        if (is_question(front, &letter->client, letter->bytes, count) &&
            take_question(front, request, letter->bytes, count))
            return true;
    }
    while ((connection = next_connection(front))) {
        size_t length = (size_t)whole_message(connection);
        unsigned char *bytes = connection->question;
        request->client = connection->client;
        connection->served = front->round;
        if (!is_question(front, &request->client, bytes + 2, length)) {
            /* Whoever speaks another language gets no second chance. */
            hang_up(connection, "hung up on: what it sent is no question");
            continue;
        }
        connection->busy = connection->has_asked = true; /* until front_send */
        bool asks = take_question(front, request, bytes + 2, length);
        connection->in -= 2 + length;
        memmove(bytes, bytes + 2 + length, connection->in);
        if (asks)
            return true;
    }
    return false;
}

void front_print(const struct dns_request *request)
{
    char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
    printf("%s asks%s for %.120s %s\n", request->client.name,
           request->client.connection == -1 ? "" : " over TCP",
           dns_name_text(&request->question.name, name),
           dns_type_text(request->question.type, type));
}

/* ---- replies ----------------------------------------------------------- */

void front_begin(struct front *front, const struct dns_request *request,
                 struct dns_writer *writer)
{
    size_t size =
        request->client.connection == -1 ? DNS_UDP_MAX : DNS_MESSAGE_MAX;
    dns_begin(writer, front->reply + 2,
              request->edns ? size - DNS_OPT_SIZE : size, request->id, 0);
    if (request->question.name.length > 0)
        dns_put_question(writer, &request->question);
}

/* The same id, opcode and question; "recursion desired" comes back. */
void front_send(struct front *front, const struct dns_request *request,
                struct dns_writer *writer, unsigned flags, unsigned rcode)
{
    const struct dns_client *client = &request->client;
    dns_set_flags(writer, (uint16_t)(DNS_QR | front->flags | flags |
                                     (rcode & DNS_RCODE) |
                                     (request->flags & (DNS_OPCODE | DNS_RD))));
    if (request->edns) {
        writer->size += DNS_OPT_SIZE; /* front_begin has left room for it */
        dns_put_opt(writer, rcode);
    }
    if (client->connection == -1) {
        struct iovec part = {front->reply + 2, writer->length};
        struct msghdr message = {.msg_name = (void *)&client->addr,
                                 .msg_namelen = client->addr_len,
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_controllen = client->control_len};
        if (client->control_len > 0)
            message.msg_control = (void *)client->control;
        if (sendmsg(front->udp_fd, &message, 0) == -1)
            printf("%s not reached: %s\n", client->name, strerror(errno));
        return;
    }
    struct front_connection *connection =
        &front->connections[client->connection];
    if (connection->fd == -1 || connection->client.number != client->number)
        return; /* has left meanwhile; the place may be another's */
    front->reply[0] = (unsigned char)(writer->length >> 8);
    front->reply[1] = (unsigned char)writer->length;
    memcpy(connection->answer, front->reply, 2 + writer->length);
    connection->out = 2 + writer->length;
    connection->busy = false;
    connection->idle_since = front->now;
}
