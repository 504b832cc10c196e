/*
 * layers.c - chapter 3's layers, and packets whose fields all differ.
 *
 * What is expected stands here as text, and the checksums as bytes.
 */
#define main layers_main
#include "../../../ch03_tcp_echo/layers.c"
#undef main
#include "printed.h"

/* Pieces, options of IP, none of TCP, both checksums right. */
static const uint8_t odd[] = {
    0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
    0x0d, 0x08, 0x00, 0x46, 0x07, 0x00, 0x32, 0x11, 0x22, 0x20, 0x33,
    0x3f, 0x06, 0x59, 0x28, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64,
    0x07, 0x01, 0x02, 0x03, 0x04, 0x01, 0xbb, 0xc3, 0x50, 0x89, 0xab,
    0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x50, 0x07, 0x33, 0x44, 0x22,
    0x2b, 0x55, 0x66, 0x61, 0x20, 0x62, 0x7e, 0x7f, 0x0a};

/* Both checksums wrong; four bytes of options. */
static const uint8_t wrong[] = {
    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
    0xcc, 0x86, 0xdd, 0x45, 0x00, 0x00, 0x2f, 0x00, 0x01, 0x40, 0x00,
    0xff, 0x06, 0x32, 0xc8, 0x0a, 0x01, 0x02, 0x03, 0xcb, 0x00, 0x71,
    0xfa, 0x00, 0x01, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
    0x00, 0x02, 0x60, 0x18, 0x00, 0x01, 0x62, 0x47, 0x00, 0x00, 0x01,
    0x01, 0x01, 0x01, 0x78, 0x79, 0x7a};

static void expect_payload(const char *what, const uint8_t *packet, size_t size,
                           size_t at)
{
    size_t found = payload_at(packet, size);
    if (found == at)
        return;
    printf("%s: payload at %zu, not at %zu\n", what, found, at);
    print_failures++;
}

int main(void)
{
    expect_payload("it is behind all headers", odd, sizeof odd, 58);
    expect_payload("or behind options", wrong, sizeof wrong, 58);
    expect_payload("nothing but headers", odd, 58, 58);
    expect_payload("an IP header alone", odd, ETHERNET + 20, ETHERNET + 20);
    expect_payload("half of an IP header", odd, ETHERNET + 19, ETHERNET + 19);
    expect_payload("half of a TCP header", odd, 57, 57);
    uint8_t udp[sizeof odd];
    memcpy(udp, odd, sizeof odd);
    udp[ETHERNET + 9] = IPPROTO_UDP;
    expect_payload("UDP", udp, sizeof udp, sizeof udp);

    begin_print();
    print_layers(odd, sizeof odd);
    expect_print(
        "a piece",
        "LINK    bytes 0 to 13: Ethernet, to the next machine\n"
        "   0  02:03:04:05:06:07  to         no card: loopback has none\n"
        "   6  08:09:0a:0b:0c:0d  from       no card\n"
        "  12  08:00              inside     IPv4\n"
        "IP      bytes 14 to 37: from computer to computer\n"
        "  14  46                 version    4, and a header of 6 x 4 bytes\n"
        "  15  07                 service    7: nothing special\n"
        "  16  00:32              length     50 = 24 IP + 20 TCP + 6 data\n"
        "  18  11:22              packet id  for the pieces, if it is cut\n"
        "  20  20:33              pieces     it may be cut\n"
        "  22  3f                 hop limit  63 routers at most (TTL)\n"
        "  23  06                 inside     TCP\n"
        "  24  59:28              checksum   of this header: right\n"
        "  26  c0:00:02:01        from       192.0.2.1\n"
        "  30  c6:33:64:07        to         198.51.100.7\n"
        "TCP     bytes 38 to 57: from socket to socket\n"
        "  38  01:bb              from port  443\n"
        "  40  c3:50              to port    50000\n"
        "  42  89:ab:cd:ef        SEQ        2309737967, the number of the "
        "first data byte\n"
        "  46  fe:dc:ba:98        ACK        4275878552, the number it expects "
        "next\n"
        "  50  50                 header     5 x 4 bytes\n"
        "  51  07                 flags      SYN FIN RST \n"
        "  52  33:44              window     13124: room in its input buffer, "
        "scaled\n"
        "  54  22:2b              checksum   right\n"
        "  56  55:66              urgent     21862: nothing is\n"
        "APPLICATION  bytes 58 to 63: what write was given\n"
        "  58  61                 data       a\n"
        "  59  20                 data       (a space)\n"
        "  60  62                 data       b\n"
        "  61  7e                 data       ~\n"
        "  62  7f                 data       ?\n"
        "  63  0a                 data       \\n\n");
    begin_print();
    print_layers(wrong, sizeof wrong);
    expect_print(
        "wrong checksums",
        "LINK    bytes 0 to 13: Ethernet, to the next machine\n"
        "   0  11:22:33:44:55:66  to         no card: loopback has none\n"
        "   6  77:88:99:aa:bb:cc  from       no card\n"
        "  12  86:dd              inside     ?\n"
        "IP      bytes 14 to 33: from computer to computer\n"
        "  14  45                 version    4, and a header of 5 x 4 bytes\n"
        "  15  00                 service    0: nothing special\n"
        "  16  00:2f              length     47 = 20 IP + 24 TCP + 3 data\n"
        "  18  00:01              packet id  for the pieces, if it is cut\n"
        "  20  40:00              pieces     do not cut this packet\n"
        "  22  ff                 hop limit  255 routers at most (TTL)\n"
        "  23  06                 inside     TCP\n"
        "  24  32:c8              checksum   of this header: wrong\n"
        "  26  0a:01:02:03        from       10.1.2.3\n"
        "  30  cb:00:71:fa        to         203.0.113.250\n"
        "TCP     bytes 34 to 57: from socket to socket\n"
        "  34  00:01              from port  1\n"
        "  36  ff:ff              to port    65535\n"
        "  38  00:00:00:01        SEQ        1, the number of the first data "
        "byte\n"
        "  42  00:00:00:02        ACK        2, the number it expects next\n"
        "  46  60                 header     6 x 4 bytes\n"
        "  47  18                 flags      PSH ACK\n"
        "  48  00:01              window     1: room in its input buffer, "
        "scaled\n"
        "  50  62:47              checksum   not filled in: a card would do "
        "it\n"
        "  52  00:00              urgent     0: nothing is\n"
        "  54  01:01:01:01        options    4 bytes, both ends agreed on "
        "them\n"
        "APPLICATION  bytes 58 to 60: what write was given\n"
        "  58  78                 data       x\n"
        "  59  79                 data       y\n"
        "  60  7a                 data       z\n");
    return print_failures > 0;
}
