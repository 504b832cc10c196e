/*
 * torture.c - preloaded: a system under which calls fail, or do only a little.
 *
 *   TORTURE_PROGRAM=NAME   only in the program of that name
 *   TORTURE_FAIL=CALL:K    the Kth call of CALL fails, once
 *   TORTURE_FAIL=CALL:K+   and so do all that follow it
 *   TORTURE_CRUMBS=1       a read or a write moves one byte (STREAMS only)
 *   TORTURE_CRUMBS=random  or a random part
 *   TORTURE_HURRY=MS       who would wait longer waits MS
 *   TORTURE_FLOOD=1        there is always a datagram more to receive
 *   TORTURE_LOG=FILE       "NAME PID loaded 0", "NAME PID pause 0" for a poll
 *                          of nothing, "NAME PID close 0", and a line for
 *                          each call: "NAME PID CALL K [failed ERROR]"
 *   TORTURE_REST=1         no more calls count (set by a program that ends)
 *
 * Only what the program itself calls counts; libc's own calls are left alone.
 * A line that one of the suite's programs prints on the wrong stream is marked:
 * an error begins with the program's name, and that and nothing else goes to
 * standard error (where echo_by_name also tells what it tries).
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS /* or open64 would be open here, too */
#undef _TIME_BITS
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The calls that can fail, and with what. */
#define CALLS(X)                                                               \
    X(socket, EMFILE)                                                          \
    X(socketpair, EMFILE)                                                      \
    X(bind, EADDRINUSE)                                                        \
    X(listen, EADDRINUSE)                                                      \
    X(accept, ECONNABORTED)                                                    \
    X(connect, ETIMEDOUT)                                                      \
    X(send, ECONNRESET)                                                        \
    X(sendto, ENOBUFS)                                                         \
    X(sendmsg, ENOBUFS)                                                        \
    X(recv, ECONNRESET)                                                        \
    X(recvfrom, ENOMEM)                                                        \
    X(recvmsg, ENOMEM)                                                         \
    X(read, EIO)                                                               \
    X(write, EIO)                                                              \
    X(readv, EIO)                                                              \
    X(writev, EIO)                                                             \
    X(poll, ENOMEM)                                                            \
    X(select, ENOMEM)                                                          \
    X(epoll_create1, EMFILE)                                                   \
    X(epoll_ctl, ENOMEM)                                                       \
    X(epoll_wait, ENOMEM)                                                      \
    X(setsockopt, ENOPROTOOPT)                                                 \
    X(getsockopt, ENOPROTOOPT)                                                 \
    X(getsockname, ENOBUFS)                                                    \
    X(getpeername, ENOTCONN)                                                   \
    X(shutdown, ENOTCONN)                                                      \
    X(open, EMFILE)                                                            \
    X(fopen, EMFILE)                                                           \
    X(fstat, EIO)                                                              \
    X(mkstemp, ENOSPC)                                                         \
    X(rename, ENOSPC)                                                          \
    X(fcntl, EINVAL)                                                           \
    X(ioctl, ENOTTY)                                                           \
    X(dup, EMFILE)                                                             \
    X(pipe, EMFILE)                                                            \
    X(fork, EAGAIN)                                                            \
    X(waitpid, ECHILD)                                                         \
    X(setrlimit, EPERM)                                                        \
    X(unshare, EPERM)                                                          \
    X(getifaddrs, ENOMEM)                                                      \
    X(getaddrinfo, EAI_AGAIN)                                                  \
    X(getnameinfo, EAI_AGAIN)                                                  \
    X(gethostbyname, TRY_AGAIN)                                                \
    X(malloc, ENOMEM)                                                          \
    X(calloc, ENOMEM)                                                          \
    X(realloc, ENOMEM)

enum {
#define X(name, error) CALL_##name,
    CALLS(X)
#undef X
        CALL_COUNT
};

static const char *const call_names[] = {
#define X(name, error) #name,
    CALLS(X)
#undef X
};

static const int call_errors[] = {
#define X(name, error) error,
    CALLS(X)
#undef X
};

static const char *log_name;
static int ready, active, fail_call = -1, fail_on, crumbs, hurry;
static int flood; /* of datagrams */
static long fail_at, counts[CALL_COUNT];
static uintptr_t text_from, text_to; /* where the program's own code is */

static int find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        text_from = info->dlpi_addr + part->p_vaddr;
        text_to = text_from + part->p_memsz;
    }
    return 1; /* the first object is the program: stop here */
}

/* Opened for each line: the program's own numbers stay what they are. */
static void write_log(const char *call, long k, int error)
{
    if (!log_name)
        return;
    char line[160], end[32] = "\n";
    int kept = errno;
    if (error)
        snprintf(end, sizeof end, " failed %d\n", error);
    int length =
        snprintf(line, sizeof line, "%s %ld %s %ld%s",
                 program_invocation_short_name, (long)getpid(), call, k, end);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log_name,
                          O_WRONLY | O_APPEND | O_CREAT, 0600);
    syscall(SYS_write, fd, line, (size_t)length);
    syscall(SYS_close, fd);
    errno = kept;
}

/* A stream of the program: where it goes, and whether a line is begun. */
struct stream {
    int fd, is_begun;
};

static int is_misplaced(const char *line, size_t size, int fd)
{
    const char *name = program_invocation_short_name;
    size_t length = strlen(name);
    int is_named = size > length && strncmp(line, name, length) == 0 &&
                   line[length] == ':';
    if (fd == STDOUT_FILENO)
        return is_named;
    return !is_named && strncmp(line, "usage: ", 7) != 0 &&
           strcmp(name, "echo_by_name") != 0;
}

static ssize_t print_line(void *cookie, const char *text, size_t size)
{
    static const char mark[] = "ON THE WRONG STREAM: ";
    struct stream *stream = cookie;
    int kept = errno;
    for (size_t done = 0; done < size;) {
        const char *line = text + done, *end = memchr(line, '\n', size - done);
        size_t length = end ? (size_t)(end + 1 - line) : size - done;
        if (!stream->is_begun && is_misplaced(line, length, stream->fd))
            syscall(SYS_write, stream->fd, mark, sizeof mark - 1);
        stream->is_begun = !end;
        for (size_t at = 0; at < length;) {
            long put = syscall(SYS_write, stream->fd, line + at, length - at);
            if (put == -1)
                return -1;
            at += (size_t)put;
        }
        done += length;
    }
    errno = kept;
    return (ssize_t)size;
}

/* Line by line, so that each comes out whole, and its beginning is seen. */
static void watch_streams(void)
{
    static struct stream streams[] = {{.fd = STDOUT_FILENO},
                                      {.fd = STDERR_FILENO}};
    static const cookie_io_functions_t functions = {.write = print_line};
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    if (!strstr(path, "/ch0"))
        return; /* a session's cat or sh */
    FILE *out = fopencookie(&streams[0], "w", functions);
    FILE *err = fopencookie(&streams[1], "w", functions);
    if (!out || !err)
        return;
    setvbuf(err, NULL, _IOLBF, BUFSIZ);
    stdout = out;
    stderr = err;
}

__attribute__((constructor)) static void prepare(void)
{
    watch_streams();
    const char *program = getenv("TORTURE_PROGRAM"),
               *fail = getenv("TORTURE_FAIL"), *log = getenv("TORTURE_LOG"),
               *part = getenv("TORTURE_CRUMBS"), *ms = getenv("TORTURE_HURRY");
    dl_iterate_phdr(find_program, NULL);
    active = !program || strcmp(program, program_invocation_short_name) == 0;
    if (fail && strchr(fail, ':')) {
        size_t length = strcspn(fail, ":");
        for (int i = 0; i < CALL_COUNT; i++)
            if (strlen(call_names[i]) == length &&
                strncmp(call_names[i], fail, length) == 0)
                fail_call = i;
        fail_at = atol(fail + length + 1);
        fail_on = fail[strlen(fail) - 1] == '+';
    }
    if (part)
        crumbs = strcmp(part, "random") == 0 ? 2 : 1;
    if (ms)
        hurry = atoi(ms);
    flood = getenv("TORTURE_FLOOD") != NULL;
    log_name = log;
    write_log("loaded", 0, 0);
    ready = 1;
}

/* One more of these calls, from here. Is it the one that is to fail? */
static int fails_with(int call, void *from, int error)
{
    uintptr_t caller = (uintptr_t)from;
    if (!ready || !active || caller < text_from || caller >= text_to ||
        getenv("TORTURE_REST"))
        return 0;
    long k = ++counts[call];
    int failed =
        call == fail_call && (k == fail_at || (fail_on && k > fail_at));
    if (k <= 2000)
        write_log(call_names[call], k, failed ? error : 0);
    if (failed)
        errno = error;
    return failed;
}

static int fails(int call, void *from)
{
    return fails_with(call, from, call_errors[call]);
}

/* How much of it a read or a write is to move. */
static size_t crumb(int fd, size_t size, void *from)
{
    uintptr_t caller = (uintptr_t)from;
    if (!crumbs || size < 2 || caller < text_from || caller >= text_to)
        return size;
    int type = SOCK_STREAM;
    socklen_t length = sizeof type;
    struct stat about;
    if (fstat(fd, &about) == -1 ||
        !(S_ISSOCK(about.st_mode) || S_ISFIFO(about.st_mode)))
        return size;
    if (S_ISSOCK(about.st_mode) && (syscall(SYS_getsockopt, fd, SOL_SOCKET,
                                            SO_TYPE, &type, &length) == -1 ||
                                    type != SOCK_STREAM))
        return size;
    static unsigned int state = 1;
    state = state * 1103515245 + 12345;
    return crumbs == 1 ? 1 : 1 + (state >> 8) % size;
}

#define REAL(name)                                                             \
    static __typeof__(name) *real;                                             \
    if (!real)                                                                 \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);

#define FROM __builtin_return_address(0)

/* RESULT NAME(PARAMETERS): -1, or what the real one says. */
#define SIMPLE(result, name, parameters, arguments)                            \
    result name parameters                                                     \
    {                                                                          \
        REAL(name)                                                             \
        if (fails(CALL_##name, FROM))                                          \
            return (result)-1;                                                 \
        return real arguments;                                                 \
    }

SIMPLE(int, socket, (int family, int type, int protocol),
       (family, type, protocol))
SIMPLE(int, socketpair, (int family, int type, int protocol, int pair[2]),
       (family, type, protocol, pair))
SIMPLE(int, bind, (int fd, const struct sockaddr *addr, socklen_t length),
       (fd, addr, length))
SIMPLE(int, listen, (int fd, int backlog), (fd, backlog))
SIMPLE(int, accept, (int fd, struct sockaddr *addr, socklen_t *length),
       (fd, addr, length))
SIMPLE(int, connect, (int fd, const struct sockaddr *addr, socklen_t length),
       (fd, addr, length))
SIMPLE(ssize_t, sendto,
       (int fd, const void *bytes, size_t size, int flags,
        const struct sockaddr *addr, socklen_t length),
       (fd, bytes, size, flags, addr, length))
SIMPLE(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags),
       (fd, message, flags))
SIMPLE(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags),
       (fd, message, flags))
SIMPLE(ssize_t, readv, (int fd, const struct iovec *parts, int count),
       (fd, parts, count))
SIMPLE(ssize_t, writev, (int fd, const struct iovec *parts, int count),
       (fd, parts, count))
SIMPLE(int, epoll_create1, (int flags), (flags))
SIMPLE(int, epoll_ctl, (int set, int op, int fd, struct epoll_event *event),
       (set, op, fd, event))
SIMPLE(int, getsockopt,
       (int fd, int level, int name, void *value, socklen_t *length),
       (fd, level, name, value, length))
SIMPLE(int, getsockname, (int fd, struct sockaddr *addr, socklen_t *length),
       (fd, addr, length))
SIMPLE(int, getpeername, (int fd, struct sockaddr *addr, socklen_t *length),
       (fd, addr, length))
SIMPLE(int, shutdown, (int fd, int how), (fd, how))
SIMPLE(int, mkstemp, (char *name), (name))
SIMPLE(int, rename, (const char *from, const char *to), (from, to))
SIMPLE(int, dup, (int fd), (fd))
SIMPLE(int, pipe, (int pair[2]), (pair))
SIMPLE(pid_t, fork, (void), ())
SIMPLE(int, unshare, (int flags), (flags))
SIMPLE(pid_t, waitpid, (pid_t child, int *status, int flags),
       (child, status, flags))
SIMPLE(int, getifaddrs, (struct ifaddrs * *list), (list))

/* The third argument of these is there or not, and an int or a pointer. */
int open(const char *path, int flags, ...)
{
    REAL(open)
    va_list rest;
    va_start(rest, flags);
    unsigned int mode = va_arg(rest, unsigned int);
    va_end(rest);
    return fails(CALL_open, FROM) ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    REAL(open64)
    va_list rest;
    va_start(rest, flags);
    unsigned int mode = va_arg(rest, unsigned int);
    va_end(rest);
    return fails(CALL_open, FROM) ? -1 : real(path, flags, mode);
}

/* Fortified, without a mode: whoever creates a file gives one. */
#define WITHOUT_MODE(name, alias)                                              \
    int alias(const char *path, int flags);                                    \
    int alias(const char *path, int flags)                                     \
    {                                                                          \
        REAL(name)                                                             \
        return fails(CALL_open, FROM) ? -1 : real(path, flags);                \
    }
WITHOUT_MODE(open, __open_2)
WITHOUT_MODE(open64, __open64_2)

int fstat64(int fd, struct stat64 *about)
{
    REAL(fstat64)
    return fails(CALL_fstat, FROM) ? -1 : real(fd, about);
}

int setrlimit(__rlimit_resource_t kind, const struct rlimit *limit)
{
    REAL(setrlimit)
    return fails(CALL_setrlimit, FROM) ? -1 : real(kind, limit);
}

int setrlimit64(__rlimit_resource_t kind, const struct rlimit64 *limit)
{
    REAL(setrlimit64)
    return fails(CALL_setrlimit, FROM) ? -1 : real(kind, limit);
}

#define FCNTL(name)                                                            \
    int name(int fd, int command, ...)                                         \
    {                                                                          \
        REAL(name)                                                             \
        va_list rest;                                                          \
        va_start(rest, command);                                               \
        void *value = va_arg(rest, void *);                                    \
        va_end(rest);                                                          \
        /* Whether a descriptor is open is always told. */                     \
        if (command == F_GETFD)                                                \
            return real(fd, command, value);                                   \
        return fails(CALL_fcntl, FROM) ? -1 : real(fd, command, value);        \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

int ioctl(int fd, unsigned long request, ...);
int ioctl(int fd, unsigned long request, ...)
{
    REAL(ioctl)
    va_list rest;
    va_start(rest, request);
    void *value = va_arg(rest, void *);
    va_end(rest);
    return fails(CALL_ioctl, FROM) ? -1 : real(fd, request, value);
}

/*
 * Where the compiler fortifies (_FORTIFY_SOURCE: Ubuntu's does by itself),
 * some of these calls go by another name, and tell how much room there is.
 * The test torture.names finds a name that is not here.
 */
static void check_room(size_t size, size_t room)
{
    if (size > room)
        abort(); /* as glibc does */
}

/* What moves bytes may move fewer. */
static ssize_t read_for(void *from, int fd, void *bytes, size_t size)
{
    REAL(read)
    return fails(CALL_read, from) ? -1 : real(fd, bytes, crumb(fd, size, from));
}

ssize_t read(int fd, void *bytes, size_t size)
{
    return read_for(FROM, fd, bytes, size);
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room)
{
    check_room(size, room);
    return read_for(FROM, fd, bytes, size);
}

/* A stream socket whose other end is somebody else's. */
static int may_be_given_up(int fd)
{
    int type = 0;
    socklen_t length = sizeof type;
    int has_both_ends = counts[CALL_socketpair] > 0 ||
                        (counts[CALL_listen] > 0 && counts[CALL_connect] > 0);
    return !has_both_ends &&
           syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &length) ==
               0 &&
           type == SOCK_STREAM;
}

/* Who writes into a connection that the other side has given up gets SIGPIPE,
 * and only who ignores that the error EPIPE (write(2)). */
ssize_t write(int fd, const void *bytes, size_t size)
{
    REAL(write)
    int kept = errno, error = may_be_given_up(fd) ? EPIPE : EIO;
    errno = kept;
    if (!fails_with(CALL_write, FROM, error))
        return real(fd, bytes, crumb(fd, size, FROM));
    if (error == EPIPE)
        raise(SIGPIPE);
    errno = error;
    return -1;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    REAL(send)
    return fails(CALL_send, FROM)
               ? -1
               : real(fd, bytes, crumb(fd, size, FROM), flags);
}

/* Is it a datagram socket, and nobody gives it a rest? */
static int flooded(int fd)
{
    int type = 0;
    socklen_t length = sizeof type;
    return flood && active &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == SOCK_DGRAM;
}

/* One each millisecond: no time to be out of patience in, and little work. */
static ssize_t flotsam(void *bytes, size_t size)
{
    struct timespec ms = {.tv_nsec = 1000 * 1000};
    nanosleep(&ms, NULL);
    size_t length = size < 10 ? size : 10;
    memset(bytes, '~', length);
    return (ssize_t)length;
}

static ssize_t recv_for(void *from, int fd, void *bytes, size_t size, int flags)
{
    REAL(recv)
    if (flooded(fd))
        return flotsam(bytes, size);
    /* A look at what is there, or a wish for all of it, is left as it is. */
    size_t part = flags & (MSG_PEEK | MSG_WAITALL | MSG_TRUNC)
                      ? size
                      : crumb(fd, size, from);
    return fails(CALL_recv, from) ? -1 : real(fd, bytes, part, flags);
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    return recv_for(FROM, fd, bytes, size, flags);
}

ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags);
ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags)
{
    check_room(size, room);
    return recv_for(FROM, fd, bytes, size, flags);
}

static ssize_t recvfrom_for(void *from, int fd, void *bytes, size_t size,
                            int flags, struct sockaddr *addr, socklen_t *length)
{
    REAL(recvfrom)
    if (flooded(fd)) {
        if (addr)
            getsockname(fd, addr, length); /* as good as any */
        return flotsam(bytes, size);
    }
    return fails(CALL_recvfrom, from)
               ? -1
               : real(fd, bytes, size, flags, addr, length);
}

ssize_t recvfrom(int fd, void *bytes, size_t size, int flags,
                 struct sockaddr *addr, socklen_t *length)
{
    return recvfrom_for(FROM, fd, bytes, size, flags, addr, length);
}

ssize_t __recvfrom_chk(int fd, void *bytes, size_t size, size_t room, int flags,
                       struct sockaddr *addr, socklen_t *length);
ssize_t __recvfrom_chk(int fd, void *bytes, size_t size, size_t room, int flags,
                       struct sockaddr *addr, socklen_t *length)
{
    check_room(size, room);
    return recvfrom_for(FROM, fd, bytes, size, flags, addr, length);
}

/* What waits may wait less. */
static int shorter(int ms)
{
    return hurry && active && (ms < 0 || ms > hurry) ? hurry : ms;
}

static int poll_for(void *from, struct pollfd *fds, nfds_t count, int ms)
{
    REAL(poll)
    if (count == 0) { /* a pause: there is nothing to fail */
        write_log("pause", 0, 0);
        return real(fds, count, ms);
    }
    if (flooded(fds[0].fd)) {
        fds[0].revents = POLLIN;
        return 1;
    }
    /* Who waits without end says so: that is not patience. */
    return fails(CALL_poll, from) ? -1
                                  : real(fds, count, ms < 0 ? ms : shorter(ms));
}

int poll(struct pollfd *fds, nfds_t count, int ms)
{
    return poll_for(FROM, fds, count, ms);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room)
{
    check_room(count * sizeof *fds, room);
    return poll_for(FROM, fds, count, ms);
}

int select(int count, fd_set *in, fd_set *out, fd_set *other,
           struct timeval *time)
{
    REAL(select)
    if (fails(CALL_select, FROM))
        return -1;
    if (time && hurry) {
        int ms = (int)(time->tv_sec * 1000 + time->tv_usec / 1000);
        time->tv_sec = shorter(ms) / 1000;
        time->tv_usec = shorter(ms) % 1000 * 1000;
    }
    return real(count, in, out, other, time);
}

int epoll_wait(int set, struct epoll_event *events, int most, int ms)
{
    REAL(epoll_wait)
    return fails(CALL_epoll_wait, FROM)
               ? -1
               : real(set, events, most, ms < 0 ? ms : shorter(ms));
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    REAL(setsockopt)
    if (fails(CALL_setsockopt, FROM))
        return -1;
    struct timeval time;
    if (hurry && active && level == SOL_SOCKET &&
        (name == SO_RCVTIMEO || name == SO_SNDTIMEO) && length == sizeof time) {
        memcpy(&time, value, sizeof time);
        int ms = shorter((int)(time.tv_sec * 1000 + time.tv_usec / 1000));
        time.tv_sec = ms / 1000;
        time.tv_usec = ms % 1000 * 1000;
        return real(fd, level, name, &time, length);
    }
    return real(fd, level, name, value, length);
}

/* Is not made to fail; only that it was called is told. */
int close(int fd)
{
    REAL(close)
    uintptr_t caller = (uintptr_t)FROM;
    if (ready && caller >= text_from && caller < text_to)
        write_log("close", 0, 0);
    return real(fd);
}

/* What gives a pointer, or an error of its own kind. */
FILE *fopen(const char *path, const char *mode)
{
    REAL(fopen)
    return fails(CALL_fopen, FROM) ? NULL : real(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    REAL(fopen64)
    return fails(CALL_fopen, FROM) ? NULL : real(path, mode);
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    REAL(getaddrinfo)
    return fails(CALL_getaddrinfo, FROM) ? EAI_AGAIN
                                         : real(name, service, hints, list);
}

int getnameinfo(const struct sockaddr *addr, socklen_t length, char *name,
                socklen_t name_size, char *service, socklen_t service_size,
                int flags)
{
    REAL(getnameinfo)
    return fails(CALL_getnameinfo, FROM) ? EAI_AGAIN
                                         : real(addr, length, name, name_size,
                                                service, service_size, flags);
}

struct hostent *gethostbyname(const char *name)
{
    REAL(gethostbyname)
    if (!fails(CALL_gethostbyname, FROM))
        return real(name);
    h_errno = TRY_AGAIN;
    return NULL;
}

/* dlsym itself may ask for memory, so these go by glibc's own names. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    return fails(CALL_malloc, FROM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(CALL_calloc, FROM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(CALL_realloc, FROM) ? NULL : __libc_realloc(old, size);
}
