/*
 * which_way.c - chapter 3's which_way among reports about other datagrams.
 */
#define main which_way_main
#include "../../../ch03_tcp_echo/which_way.c"
#undef main
#include "printed.h"
#include <stdbool.h>

/* A report: an IP header of 20 bytes or more, from 192.0.2.1, 8 bytes of ICMP,
 * and the beginning of the datagram to 198.51.100.7, port 33434, that it is
 * about: with 5 hops to go, or 6 if it is not for us. */
struct report {
    int header, type, code, to, port;
    size_t size; /* as much of it comes */
    const char *expected;
};

static const struct report reports[] = {
    {20, 11, 0, 7, 33434, 56,
     "time exceeded, says 192.0.2.1; it came with 5\n"},
    {24, 3, 0, 7, 33434, 60,
     "network unreachable, says 192.0.2.1; it came with 5\n"},
    {20, 3, 1, 7, 33434, 56,
     "host unreachable, says 192.0.2.1; it came with 5\n"},
    {20, 3, 2, 7, 33434, 52,
     "protocol unreachable, says 192.0.2.1; it came with 5\n"},
    {20, 3, 3, 7, 33434, 56,
     "port unreachable, says 192.0.2.1; it came with 5\n"},
    {20, 3, 4, 7, 33434, 56, "unreachable, says 192.0.2.1; it came with 5\n"},
    {20, 3, 13, 7, 33434, 56, "unreachable, says 192.0.2.1; it came with 5\n"},
    {20, 0, 0, 7, 33434, 56, NULL}, /* an answer to ping */
    {20, 4, 0, 7, 33434, 56, NULL},
    {20, 12, 0, 7, 33434, 56, NULL},
    {20, 11, 0, 8, 33434, 56, NULL}, /* about a datagram to somebody else */
    {20, 11, 0, 7, 33435, 56, NULL},
    {20, 11, 0, 7, 33434, 51, NULL}, /* it does not even say about which */
    {24, 11, 0, 7, 33434, 55, NULL},
};

static void send_report(int fd, const struct report *report)
{
    unsigned char packet[80] = {0}, *icmp = packet + report->header;
    packet[0] = (unsigned char)(0x40 | report->header / 4);
    memcpy(packet + 12, "\300\0\2\1\177\0\0\1", 8);
    icmp[0] = (unsigned char)report->type;
    icmp[1] = (unsigned char)report->code;
    icmp[8] = 0x45;
    icmp[16] = report->expected ? 5 : 6;
    memcpy(icmp + 20, "\177\0\0\1\306\63\144", 7);
    icmp[27] = (unsigned char)report->to;
    icmp[30] = (unsigned char)(report->port >> 8);
    icmp[31] = (unsigned char)report->port;
    if (send(fd, packet, report->size, 0) == -1)
        die("send");
}

int main(void)
{
    struct sockaddr_in dest = {.sin_family = AF_INET,
                               .sin_port = htons(NOBODYS_PORT)};
    inet_pton(AF_INET, "198.51.100.7", &dest.sin_addr);
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        /* Of one that is not for us nothing is told; the next one is. */
        int fds[2];
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == -1)
            die("socketpair");
        bool is_ours = reports[i].expected != NULL;
        const struct report *told = is_ours ? &reports[i] : &reports[0];
        send_report(fds[0], &reports[i]);
        if (!is_ours)
            send_report(fds[0], told);
        char what[80];
        snprintf(what, sizeof what, "report %zu", i + 1);
        begin_print();
        int type = await_report(fds[1], &dest);
        expect_print(what, told->expected);
        if (type != told->type) {
            printf("%s: type %d, not %d\n", what, type, told->type);
            print_failures++;
        }
        close(fds[0]);
        close(fds[1]);
    }
    return print_failures > 0;
}
