/*
 * needs.c - each need: how it is probed, what to say when it is missing, and
 * what to type to have it.
 */
#define _GNU_SOURCE
#include "needs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>

#include "../common/enter_own_network.c"
#endif

static const char *play_words; /* for the cures: "ch03 echo" */

__attribute__((format(printf, 2, 3))) static void cure(struct lack *lack,
                                                       const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(lack->cure, sizeof lack->cure, format, values);
    va_end(values);
}

/* --- Linux --- */

#ifdef __linux__
enum { SYS_ADMIN = 21, SYS_RESOURCE = 24 }; /* capabilities(7) */

/* What root may do outside a container, and inside not even root. */
static bool root_may(int capability)
{
    return prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1;
}

/* Does TRY succeed? In a child, because a namespace cannot be left again. */
static bool in_child(bool (*try)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(try() ? 0 : 1);
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool can_have_network(void)
{
    return enter_own_network() == 0 && socket(AF_PACKET, SOCK_RAW, 0) != -1;
}

/* What a page types: unshare -Urn. */
static bool can_be_root_of_network(void)
{
    return unshare(CLONE_NEWUSER) == 0 && can_have_network();
}

static bool can_set_network(void)
{
    return can_be_root_of_network() &&
           open("/proc/sys/net/ipv4/tcp_sack", O_WRONLY) != -1;
}

/* The first line of a file of /proc/sys, or "". */
static const char *setting(const char *key)
{
    static char value[64];
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/%s", key);
    for (char *c = path + 10; *c; c++)
        if (*c == '.')
            *c = '/';
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(value, 1, sizeof value - 1, file) : 0;
    if (file)
        fclose(file);
    value[length] = '\0';
    value[strcspn(value, "\n")] = '\0';
    for (char *c = value; *c; c++)
        if (*c == '\t')
            *c = ' ';
    return value;
}

/* The number of that rank in a setting; -1 where there is none. */
static long number(const char *key, int rank)
{
    char *at = (char *)setting(key), *end = at;
    long value = -1;
    for (int i = 0; i <= rank; i++, at = end) {
        value = strtol(at, &end, 10);
        if (end == at)
            return -1;
    }
    return value;
}

/* A container's settings are given to it when it starts; elsewhere a sysctl
 * holds for the whole computer, so the way back is told with it. */
static void cure_by_setting(struct lack *lack, const char *key,
                            const char *value)
{
    const char *quote = strchr(value, ' ') ? "'" : "";
    if (!root_may(SYS_ADMIN)) {
        cure(lack, "docker run --sysctl %s%s=%s%s ... (podman: the same)",
             quote, key, value, quote);
        return;
    }
    cure(lack, "sudo sysctl -w %s%s=%s%s", quote, key, value, quote);
    snprintf(lack->undo, sizeof lack->undo, "sudo sysctl -w %s%s=%s%s", quote,
             key, setting(key), quote);
}

static bool has_linux(void)
{
    return true;
}

static bool has_proc(void)
{
    return access("/proc/self/status", R_OK) == 0;
}

static void cure_proc(struct lack *lack)
{
    cure(lack, "sudo mount -t proc proc /proc");
    snprintf(lack->undo, sizeof lack->undo, "sudo umount /proc");
}

static bool has_netns(void)
{
    return in_child(can_have_network);
}

static void cure_netns(struct lack *lack)
{
    if (geteuid() != 0 && root_may(SYS_ADMIN))
        cure(lack, "sudo build/play %s", play_words);
    else
        cure(lack, "docker run --privileged ... (podman: the same)");
}

static bool has_userns(void)
{
    return in_child(can_be_root_of_network);
}

static void cure_userns(struct lack *lack)
{
    if (number("user.max_user_namespaces", 0) == 0)
        cure_by_setting(lack, "user.max_user_namespaces", "10000");
    else
        cure_netns(lack);
}

static bool has_proc_sys(void)
{
    return !has_userns() || in_child(can_set_network); /* else userns tells */
}

static void cure_proc_sys(struct lack *lack)
{
    cure(lack, "docker run --privileged ... (podman: the same)");
}

static bool has_ports(void)
{
    long low = number("net.ipv4.ip_local_port_range", 0);
    return low == -1 || number("net.ipv4.ip_local_port_range", 1) - low >= 5000;
}

static void cure_ports(struct lack *lack)
{
    cure_by_setting(lack, "net.ipv4.ip_local_port_range", "32768 60999");
}

static bool has_somaxconn(void)
{
    long most = number("net.core.somaxconn", 0);
    return most == -1 || most >= 128;
}

static void cure_somaxconn(struct lack *lack)
{
    cure_by_setting(lack, "net.core.somaxconn", "4096");
}

static bool has_sack(void)
{
    return number("net.ipv4.tcp_sack", 0) != 0;
}

static void cure_sack(struct lack *lack)
{
    cure_by_setting(lack, "net.ipv4.tcp_sack", "1");
}

/* Half the default and twice the default, each. */
static bool is_usual(const char *key, long usual, long usual_most)
{
    long now = number(key, 1), most = number(key, 2);
    return now == -1 || (now >= usual / 2 && now <= usual * 2 &&
                         most >= usual_most / 8 && most <= usual_most * 8);
}

static bool has_tcp_memory(void)
{
    return is_usual("net.ipv4.tcp_rmem", 128 * 1024, 6 * 1024 * 1024) &&
           is_usual("net.ipv4.tcp_wmem", 16 * 1024, 4 * 1024 * 1024);
}

static void cure_tcp_memory(struct lack *lack)
{
    static const char in[] = "'net.ipv4.tcp_rmem=4096 131072 6291456'";
    static const char out[] = "'net.ipv4.tcp_wmem=4096 16384 4194304'";
    if (!root_may(SYS_ADMIN)) {
        cure(lack, "docker run --sysctl %s --sysctl %s ... (podman: the same)",
             in, out);
        return;
    }
    cure(lack, "sudo sysctl -w %s %s", in, out);
    char now[64];
    snprintf(now, sizeof now, "%s", setting("net.ipv4.tcp_rmem"));
    snprintf(lack->undo, sizeof lack->undo,
             "sudo sysctl -w 'net.ipv4.tcp_rmem=%s' 'net.ipv4.tcp_wmem=%s'",
             now, setting("net.ipv4.tcp_wmem"));
}

static void cure_ipv6(struct lack *lack)
{
    if (number("net.ipv6.conf.lo.disable_ipv6", 0) != 1)
        return; /* a kernel without it */
    cure_by_setting(lack,
                    root_may(SYS_ADMIN) ? "net.ipv6.conf.lo.disable_ipv6"
                                        : "net.ipv6.conf.all.disable_ipv6",
                    "0");
}

static void cure_mptcp(struct lack *lack)
{
    if (number("net.mptcp.enabled", 0) == 0)
        cure_by_setting(lack, "net.mptcp.enabled", "1");
}

static void cure_sctp(struct lack *lack)
{
    if (!root_may(SYS_ADMIN))
        return;
    cure(lack, "sudo modprobe sctp");
    snprintf(lack->undo, sizeof lack->undo, "sudo modprobe -r sctp");
}

static void cure_files(struct lack *lack)
{
    if (root_may(SYS_RESOURCE))
        cure(lack, "sudo sh -c 'ulimit -n 4096; exec build/play %s'",
             play_words);
    else
        cure(lack, "docker run --ulimit nofile=4096 ... (podman: the same)");
}

static void cure_iproute2(struct lack *lack)
{
    cure(lack, access("/usr/bin/dnf", X_OK) == 0 ? "sudo dnf install iproute"
                                                 : "sudo apt install iproute2");
}

static void cure_veth(struct lack *lack)
{
    cure(lack, "sudo modprobe veth");
    snprintf(lack->undo, sizeof lack->undo, "sudo modprobe -r veth");
}

static void cure_loopback_net(struct lack *lack)
{
    cure(lack, "sudo ip address add 127.0.0.1/8 dev lo");
}

#else /* Not Linux */

static bool has_linux(void)
{
    return false;
}

static bool has_proc(void)
{
    return true; /* nobody asks for it */
}

static bool is_usual_here(void)
{
    return true; /* Linux's settings */
}

static void cure_files(struct lack *lack)
{
    cure(lack, "sudo sh -c 'ulimit -n 4096; exec build/play %s'", play_words);
}

static void cure_loopback_net(struct lack *lack)
{
    cure(lack, "for n in 2 3 4 5 6 7; do sudo ifconfig lo0 alias 127.0.0.$n; "
               "done");
    snprintf(lack->undo, sizeof lack->undo,
             "for n in 2 3 4 5 6 7; do sudo ifconfig lo0 -alias 127.0.0.$n; "
             "done");
}

#define has_netns has_linux
#define has_userns has_linux
#define has_proc_sys is_usual_here
#define has_ports is_usual_here
#define has_somaxconn is_usual_here
#define has_sack is_usual_here
#define has_tcp_memory is_usual_here
#define cure_proc NULL
#define cure_netns NULL
#define cure_userns NULL
#define cure_proc_sys NULL
#define cure_ports NULL
#define cure_somaxconn NULL
#define cure_sack NULL
#define cure_tcp_memory NULL
#define cure_ipv6 NULL
#define cure_mptcp NULL
#define cure_sctp NULL
#define cure_iproute2 NULL
#define cure_veth NULL
#endif

/* --- All systems --- */

static bool has_socket(int family, int type, int protocol)
{
    int fd = socket(family, type, protocol);
    close(fd);
    return fd != -1;
}

static bool is_ours(const struct sockaddr *addr, socklen_t length)
{
    int fd = socket(addr->sa_family, SOCK_STREAM, 0);
    bool ok = fd != -1 && bind(fd, addr, length) == 0;
    close(fd);
    return ok;
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6};
    inet_pton(AF_INET6, "::1", &addr.sin6_addr);
    return is_ours((struct sockaddr *)&addr, sizeof addr);
}

/* Linux owns all of 127.0.0.0/8; others only 127.0.0.1 until told more. */
static bool has_loopback_net(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.2", &addr.sin_addr);
    return is_ours((struct sockaddr *)&addr, sizeof addr);
}

static bool has_mptcp(void)
{
    return has_linux() && has_socket(AF_INET, SOCK_STREAM, 262);
}

static bool has_udplite(void)
{
    return has_linux() && has_socket(AF_INET, SOCK_DGRAM, 136);
}

/* Is a name without an address told from no name? (musl says EAI_NONAME.) */
static bool has_eai_nodata(void)
{
#ifdef __GLIBC__
    return true;
#else
    return false;
#endif
}

static bool has_sctp(void)
{
    return has_socket(AF_INET, SOCK_STREAM, 132);
}

/* The ip command, to lay out a network of one's own. */
static bool has_iproute2(void)
{
    return access("/bin/ip", X_OK) == 0 || access("/usr/bin/ip", X_OK) == 0 ||
           access("/sbin/ip", X_OK) == 0;
}

/* A wire between two networks of one's own, as the sessions make it. */
static bool has_veth(void)
{
    return system("unshare -rn ip link add one type veth peer name other "
                  ">/dev/null 2>&1") == 0;
}

/* A thousand connections and what a program has open besides. */
static bool has_files(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_max >= 1020;
}

static const struct need {
    const char *name;
    bool (*probe)(void);
    void (*cure)(struct lack *lack); /* NULL: there is none */
    const char *missing, *missing_ko;
} table[] = {
    {"linux", has_linux, NULL, "this system is not Linux",
     "이 시스템은 Linux가 아닙니다"},
    {"proc", has_proc, cure_proc, "/proc is not mounted",
     "/proc이 마운트되어 있지 않습니다"},
    {"netns", has_netns, cure_netns,
     "nobody but root may have a network of his own here",
     "여기서는 root만 네트워크를 따로 만들 수 있습니다"},
    {"userns", has_userns, cure_userns,
     "a user namespace of one's own is forbidden here",
     "여기서는 사용자 네임스페이스를 만들 수 없습니다"},
    {"proc_sys", has_proc_sys, cure_proc_sys,
     "/proc/sys is read-only here, even in a network of one's own",
     "따로 만든 네트워크에서도 /proc/sys에 쓸 수 없습니다"},
    {"ipv6", has_ipv6, cure_ipv6, "::1 cannot be used here",
     "여기서는 ::1을 쓸 수 없습니다"},
    {"loopback_net", has_loopback_net, cure_loopback_net,
     "127.0.0.2 is not configured here", "127.0.0.2가 설정되어 있지 않습니다"},
    {"iproute2", has_iproute2, cure_iproute2, "the command ip is not installed",
     "명령 ip가 설치되어 있지 않습니다"},
    {"veth", has_veth, cure_veth, "there are no veth pairs here",
     "여기에는 veth 쌍이 없습니다"},
    {"mptcp", has_mptcp, cure_mptcp, "the system has no MPTCP",
     "이 시스템에는 MPTCP가 없습니다"},
    {"udplite", has_udplite, NULL, "the system has no UDP-Lite",
     "이 시스템에는 UDP-Lite가 없습니다"},
    {"eai_nodata", has_eai_nodata, NULL,
     "this C library does not return EAI_NODATA",
     "이 C 라이브러리는 EAI_NODATA를 돌려주지 않습니다"},
    {"sctp", has_sctp, cure_sctp, "the system has no SCTP",
     "이 시스템에는 SCTP가 없습니다"},
    {"files", has_files, cure_files,
     "a program may not have a thousand descriptors here",
     "여기서는 한 프로그램이 디스크립터를 천 개까지 열 수 없습니다"},
    {"ports", has_ports, cure_ports,
     "the system gives away too few port numbers by itself",
     "운영체제가 골라 줄 임시 포트가 너무 적습니다"},
    {"somaxconn", has_somaxconn, cure_somaxconn,
     "the system cuts every backlog short (net.core.somaxconn)",
     "운영체제가 모든 대기 큐의 길이를 줄입니다(net.core.somaxconn)"},
    {"sack", has_sack, cure_sack, "TCP's SACK is switched off",
     "TCP의 SACK이 꺼져 있습니다"},
    {"tcp_memory", has_tcp_memory, cure_tcp_memory,
     "TCP's buffers have other sizes than usual here",
     "이 컴퓨터의 TCP 버퍼는 크기가 보통과 다릅니다"},
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

static bool is_met(const struct need *need, struct lack *lack)
{
    memset(lack, 0, sizeof *lack);
    if (need->probe())
        return true;
    snprintf(lack->reason, sizeof lack->reason, "%s: %s", need->name,
             need->missing);
    snprintf(lack->reason_ko, sizeof lack->reason_ko, "%s: %s", need->name,
             need->missing_ko);
    if (need->cure)
        need->cure(lack);
    return false;
}

bool needs_met(const char *list, const char *play, struct lack *lack)
{
    play_words = play;
    while (*list) {
        size_t length = strcspn(list, ",");
        const struct need *need = find(list, length);
        if (need && !is_met(need, lack))
            return false;
        list += length;
        list += *list == ',';
    }
    return true;
}

bool needs_known(const char *list, char *reason, size_t size)
{
    while (*list) {
        size_t length = strcspn(list, ",");
        if (!find(list, length)) {
            snprintf(reason, size, "unknown need \"%.*s\"", (int)length, list);
            return false;
        }
        list += length;
        list += *list == ',';
    }
    return true;
}

/* How many of so many datagrams to ourselves never come? */
static int lost_of(int count)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t length = sizeof addr;
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM, 0), lost = 0;
    if (fd == -1 || bind(fd, (struct sockaddr *)&addr, length) == -1 ||
        getsockname(fd, (struct sockaddr *)&addr, &length) == -1 ||
        connect(fd, (struct sockaddr *)&addr, length) == -1) {
        close(fd);
        return 0;
    }
    for (int sent = 0; sent < count; sent += 50) {
        int got = 0;
        for (int i = 0; i < 50; i++)
            if (send(fd, "", 1, 0) == -1)
                break;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        while (got < 50 && poll(&ready, 1, 200) == 1) {
            char byte;
            if (recv(fd, &byte, 1, 0) == -1)
                break;
            got++;
        }
        lost += 50 - got;
    }
    close(fd);
    return lost;
}

bool needs_undisturbed(struct lack *lack)
{
    enum { MANY = 1000 };
    memset(lack, 0, sizeof *lack);
    if (!needs_met("proc", play_words, lack))
        return false;
    int lost = lost_of(MANY);
    if (lost == 0)
        return true;
    snprintf(lack->reason, sizeof lack->reason,
             "127.0.0.1 loses packets here: %d of %d", lost, MANY);
    snprintf(lack->reason_ko, sizeof lack->reason_ko,
             "여기서는 127.0.0.1이 패킷을 잃습니다: %d / %d", lost, MANY);
    cure(lack, "tc qdisc show dev lo; sudo nft list ruleset"
               " # and take away what loses them");
    return false;
}

void lack_print(FILE *file, const struct lack *lack, bool korean)
{
    if (*lack->cure)
        fprintf(file, "    %s %s\n",
                korean ? "보려면:    " : "to have it:", lack->cure);
    else
        fprintf(file, "    %s\n",
                korean ? "여기서는 방법이 없습니다"
                       : "nothing that could be typed here helps");
    if (*lack->undo)
        fprintf(file, "    %s %s\n",
                korean ? "되돌리기:  " : "and back:  ", lack->undo);
}

void needs_print(bool korean)
{
    play_words = "ch03 ladder_handshake";
    for (size_t i = 0; i < COUNT; i++) {
        struct lack lack;
        if (is_met(&table[i], &lack)) {
            printf("%-14s %s\n", table[i].name, korean ? "있음" : "yes");
            continue;
        }
        printf("%-14s %s\n", table[i].name,
               korean ? table[i].missing_ko : table[i].missing);
        lack_print(stdout, &lack, korean);
    }
}
