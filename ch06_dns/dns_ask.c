/*
 * dns_ask.c - one question to one server: what dns_ask.h promises.
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_ask.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int random_fd;

bool ask_prepare(void)
{
    random_fd = open("/dev/urandom", O_RDONLY);
    return random_fd != -1;
}

/* Two bytes that nobody can guess. */
static bool random_id(uint16_t *id)
{
    unsigned char bytes[2];
    for (size_t done = 0; done < sizeof bytes;) {
        ssize_t count = read(random_fd, bytes + done, sizeof bytes - done);
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    *id = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return true;
}

void ask_stop(struct dns_asking *asking)
{
    if (asking->fd != -1)
        close(asking->fd);
    asking->fd = -1;
}

short ask_events(const struct dns_asking *asking)
{
    return asking->tcp && asking->sending ? POLLOUT : POLLIN;
}

/* The calls in their order. false: errno says why. */
static bool send_question(struct dns_asking *asking)
{
    int kind = asking->tcp ? SOCK_STREAM : SOCK_DGRAM;
    asking->fd = socket(asking->to.ss_family, kind, 0);
    if (asking->fd == -1 || fcntl(asking->fd, F_SETFL, O_NONBLOCK) == -1 ||
        !random_id(&asking->id))
        return false;
    /* From our own address, but from a port that the system picks. */
    ((struct sockaddr_in *)&asking->from)->sin_port = 0;
    if (asking->from.ss_family == asking->to.ss_family &&
        bind(asking->fd, (struct sockaddr *)&asking->from, asking->from_len))
        return false;
    if (connect(asking->fd, (struct sockaddr *)&asking->to, asking->to_len) &&
        errno != EINPROGRESS)
        return false;

    /* The name as it is, and no recursion desired. */
    struct dns_writer writer;
    dns_begin(&writer, asking->stream + 2, DNS_UDP_MAX, asking->id, 0);
    dns_put_question(&writer, &asking->question);
    if (!asking->tcp)
        return send(asking->fd, asking->stream + 2, writer.length, 0) != -1;
    asking->stream[0] = (unsigned char)(writer.length >> 8);
    asking->stream[1] = (unsigned char)writer.length;
    asking->sending = true;
    asking->done = 0;
    asking->length = 2 + writer.length;
    return true;
}

const char *ask_server(struct dns_asking *asking, bool tcp, long long now)
{
    ask_stop(asking);
    asking->tcp = tcp;
    asking->wrong = 0;
    asking->until = now + ASK_TIME;
    if (send_question(asking))
        return NULL;
    const char *why = strerror(errno);
    ask_stop(asking);
    return why;
}

static const char *read_answer(const struct dns_asking *asking,
                               const unsigned char *bytes, size_t count,
                               struct dns_message *message)
{
    const char *problem = dns_decode(bytes, count, message);
    if (problem || dns_answers(message, asking->id, &asking->question))
        return problem;
    dns_message_free(message);
    return "not the answer to this question";
}

/* The same question over TCP, to the same server. */
static enum dns_heard change_to_tcp(struct dns_asking *asking,
                                    const char *because, const char **why,
                                    long long now)
{
    printf("(%lu) %s: once more over TCP\n", asking->number, because);
    *why = ask_server(asking, true, now);
    return *why ? HEARD_FAILURE : HEARD_NOTHING;
}

static enum dns_heard hear_datagram(struct dns_asking *asking,
                                    struct dns_message *message,
                                    const char **why, long long now)
{
    static unsigned char bytes[DNS_MESSAGE_MAX];
    ssize_t count = recv(asking->fd, bytes, sizeof bytes, 0);
    if (count == -1) {
        *why = strerror(errno);
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
                   ? HEARD_NOTHING
                   : HEARD_FAILURE;
    }
    const char *problem = read_answer(asking, bytes, (size_t)count, message);
    if (problem) { /* and the right answer may still come */
        if (asking->wrong++ == 0)
            printf("(%lu) %zd bytes ignored: %s\n", asking->number, count,
                   problem);
        return asking->wrong < ASK_WRONG
                   ? HEARD_NOTHING
                   : change_to_tcp(asking, "too many wrong answers", why, now);
    }
    if (!(message->flags & DNS_TC))
        return HEARD_ANSWER;
    dns_message_free(message);
    return change_to_tcp(asking, "truncated", why, now);
}

/* Two bytes of length, then the message, both ways; any byte may come alone. */
static enum dns_heard hear_stream(struct dns_asking *asking,
                                  struct dns_message *message, const char **why)
{
    unsigned char *at = asking->stream + asking->done;
    size_t left = asking->length - asking->done;
    ssize_t count = asking->sending ? write(asking->fd, at, left)
                                    : read(asking->fd, at, left);
    if (count == -1 &&
        (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return HEARD_NOTHING;
    *why = count == 0 ? "it hung up" : strerror(errno);
    if (count <= 0)
        return HEARD_FAILURE;
    asking->done += (size_t)count;
    if (asking->sending && asking->done == asking->length) {
        asking->sending = false; /* now the length is to come, */
        asking->done = 0;
        asking->length = 2;
    } else if (asking->length == 2 && asking->done == 2) { /* then so many */
        asking->length += (size_t)asking->stream[0] << 8 | asking->stream[1];
    }
    if (asking->done < asking->length)
        return HEARD_NOTHING;
    *why = read_answer(asking, asking->stream + 2, asking->length - 2, message);
    if (*why)
        return HEARD_FAILURE;
    if (!(message->flags & DNS_TC))
        return HEARD_ANSWER;
    dns_message_free(message);
    *why = "truncated over TCP, too";
    return HEARD_FAILURE;
}

enum dns_heard ask_hear(struct dns_asking *asking, struct dns_message *message,
                        const char **why, long long now)
{
    enum dns_heard heard = asking->tcp
                               ? hear_stream(asking, message, why)
                               : hear_datagram(asking, message, why, now);
    if (heard != HEARD_NOTHING)
        ask_stop(asking);
    return heard;
}
