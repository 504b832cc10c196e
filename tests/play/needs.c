/*
 * needs.c - each need, how it is probed, and what to say when it is missing.
 */
#define _GNU_SOURCE
#include "needs.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has_linux(void)
{
#ifdef __linux__
    return true;
#else
    return false;
#endif
}

static bool has_socket(int family, int type, int protocol)
{
    int fd = socket(family, type, protocol);
    if (fd == -1)
        return false;
    close(fd);
    return true;
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6};
    inet_pton(AF_INET6, "::1", &addr.sin6_addr);
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool ok = fd != -1 && bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0;
    if (fd != -1)
        close(fd);
    return ok;
}

/* Linux owns all of 127.0.0.0/8; others only 127.0.0.1 until told more. */
static bool has_loopback_net(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.2", &addr.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = fd != -1 && bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0;
    if (fd != -1)
        close(fd);
    return ok;
}

/* In a child, because a namespace cannot be left again. */
static bool has_userns(void)
{
#ifdef __linux__
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
            _exit(1);
        _exit(has_socket(AF_PACKET, SOCK_RAW, 0) ? 0 : 1);
    }
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
#else
    return false;
#endif
}

static bool has_mptcp(void)
{
    return has_linux() && has_socket(AF_INET, SOCK_STREAM, 262);
}

static bool has_udplite(void)
{
    return has_linux() && has_socket(AF_INET, SOCK_DGRAM, 136);
}

static bool has_sctp(void)
{
    return has_socket(AF_INET, SOCK_STREAM, 132);
}

/* The ip command, to lay out a network of one's own. */
static bool has_iproute2(void)
{
    return access("/bin/ip", X_OK) == 0 || access("/usr/bin/ip", X_OK) == 0;
}

static const struct need {
    const char *name;
    bool (*probe)(void);
    const char *missing;
} table[] = {
    {"linux", has_linux, "this system is not Linux"},
    {"ipv6", has_ipv6, "::1 cannot be used here"},
    {"userns", has_userns, "user and network namespaces are forbidden here"},
    {"loopback_net", has_loopback_net, "127.0.0.2 is not configured here"},
    {"iproute2", has_iproute2, "the command ip is not installed"},
    {"mptcp", has_mptcp, "the system has no MPTCP"},
    {"udplite", has_udplite, "the system has no UDP-Lite"},
    {"sctp", has_sctp, "the system has no SCTP"},
};
enum { COUNT = sizeof table / sizeof *table };

static const struct need *find(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strlen(table[i].name) == length &&
            strncmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

static bool each(const char *list, bool probe, char *reason, size_t size)
{
    while (*list) {
        size_t length = strcspn(list, ",");
        const struct need *need = find(list, length);
        if (!need) {
            snprintf(reason, size, "unknown need \"%.*s\"", (int)length, list);
            return false;
        }
        if (probe && !need->probe()) {
            snprintf(reason, size, "%s: %s", need->name, need->missing);
            return false;
        }
        list += length;
        list += *list == ',';
    }
    return true;
}

bool needs_met(const char *list, char *reason, size_t size)
{
    return each(list, true, reason, size);
}

bool needs_known(const char *list, char *reason, size_t size)
{
    return each(list, false, reason, size);
}

void needs_print(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        bool has = table[i].probe();
        printf("%-14s %s\n", table[i].name, has ? "yes" : table[i].missing);
    }
}
