/*
 * scratch.c - the folder a session runs in, and its ports.
 */
#define _GNU_SOURCE      /* Linux: unshare, in a file of tests/common */
#define _DARWIN_C_SOURCE /* macOS hides mkdtemp, which is POSIX, without it */
#include "scratch.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool complain(const char *what)
{
    fprintf(stderr, "play: %s: %s\n", what, strerror(errno));
    return false;
}

static bool copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in == -1)
        return complain(from);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (out == -1) {
        close(in);
        return complain(to);
    }
    char bytes[65536];
    ssize_t count;
    while ((count = read(in, bytes, sizeof bytes)) > 0)
        if (write(out, bytes, (size_t)count) != count) {
            count = -1;
            break;
        }
    close(in);
    close(out);
    return count == 0 || complain(to);
}

/* Does a command have such a word, or with part the end of one? */
static bool has_word(const char *typed, const char *word, size_t length,
                     bool part)
{
    for (const char *at = typed; *at; at++)
        if (strncmp(at, word, length) == 0 &&
            strchr("/. '\"<>|&;)\n", at[length]) &&
            (part || at == typed || strchr("/ '\"<=(;\n", at[-1])))
            return true;
    return false;
}

/* Does a command name it, whatever its ending? A compiler (cc, gcc), a script
 * or a shell (sh, bash), a list and a pattern find what nobody has named. (All
 * that a chapter has, for each session, was a fifth of the tests' time.) */
static bool is_named(const char *typed, const char *name)
{
    return strchr(typed, '*') || has_word(typed, "cc", 2, true) ||
           has_word(typed, "sh", 2, true) || has_word(typed, "ls", 2, true) ||
           has_word(typed, name, strcspn(name, "."), false);
}

/* What a student finds in the folder: sources, zone files, no build files.
 * A name without an ending is a program compiled there by hand, or a file
 * that a session typed by hand has left: the scratch folder has its own. */
static bool copy_files(const struct places *places, const char *chapter,
                       const char *to, const char *typed)
{
    char from[1024];
    snprintf(from, sizeof from, "%s/%s", places->source, chapter);
    DIR *dir = opendir(from);
    if (!dir)
        return complain(from);
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        const char *end = strrchr(name, '.');
        if (!end || end == name || strcmp(end, ".md") == 0 ||
            strcmp(name, "CMakeLists.txt") == 0 || !is_named(typed, name))
            continue;
        char source[1400], target[1400];
        snprintf(source, sizeof source, "%s/%s", from, name);
        snprintf(target, sizeof target, "%s/%s", to, name);
        struct stat status;
        if (stat(source, &status) == 0 && S_ISREG(status.st_mode))
            ok = copy_file(source, target);
    }
    closedir(dir);
    return ok;
}

/* PLAY_WRAP="valgrind -q" puts a command before every program. */
static bool place_program(const char *program, const char *target)
{
    const char *wrap = getenv("PLAY_WRAP");
    if (!wrap)
        return link(program, target) == 0 || symlink(program, target) == 0 ||
               complain(target); /* a link costs no inode, where it may be */
    FILE *file = fopen(target, "w");
    if (!file)
        return complain(target);
    fprintf(file, "#!/bin/sh\nexec %s %s \"$@\"\n", wrap, program);
    return fclose(file) == 0 && chmod(target, 0755) == 0;
}

/* Each line of programs.txt begins with "chNN_x/NAME"; those of
 * exercises.txt (there need be none) are broken on purpose. */
static bool place_programs(const struct scratch *scratch,
                           const struct places *places, const char *list_name,
                           const char *chapter, const char *typed)
{
    char path[1024], line[1024];
    snprintf(path, sizeof path, "%s/%s", places->build, list_name);
    FILE *list = fopen(path, "r");
    if (!list)
        return strcmp(list_name, "programs.txt") != 0 || complain(path);
    bool ok = true;
    while (ok && fgets(line, sizeof line, list)) {
        line[strcspn(line, " \n")] = '\0';
        char *slash = strchr(line, '/');
        if (!slash)
            continue;
        if (!is_named(typed, slash + 1))
            continue;
        char dir[1400], program[2100], target[1400];
        *slash = '\0';
        if (strcmp(line, chapter) != 0 && !is_named(typed, line))
            continue;
        snprintf(dir, sizeof dir, "%s/%s", scratch->root, line);
        *slash = '/';
        snprintf(program, sizeof program, "%s/%s", places->build, line);
        snprintf(target, sizeof target, "%s/%s", scratch->root, line);
        if (mkdir(dir, 0755) == -1 && errno != EEXIST)
            ok = complain(dir);
        else
            ok = place_program(program, target);
    }
    fclose(list);
    return ok;
}

/* --with NAME=FILE: that file is the chapter's program NAME. */
static bool replace_programs(const struct scratch *scratch,
                             const struct places *places)
{
    for (int i = 0; i < places->replaced_count; i++) {
        const char *name = places->replaced[i], *file = strchr(name, '=') + 1;
        char target[1400];
        snprintf(target, sizeof target, "%s/%.*s", scratch->chapter,
                 (int)(file - 1 - name), name);
        if (unlink(target) == -1 && errno != ENOENT)
            return complain(target);
        if (!place_program(file, target))
            return false;
    }
    return true;
}

bool scratch_make(struct scratch *scratch, const struct places *places,
                  const char *chapter, const char *typed)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(scratch->root, sizeof scratch->root, "%s/play.XXXXXX",
             tmp && strlen(tmp) < 200 ? tmp : "/tmp");
    if (!mkdtemp(scratch->root)) {
        complain(scratch->root);
        scratch->root[0] = '\0';
        return false;
    }
    snprintf(scratch->chapter, sizeof scratch->chapter, "%s/%s", scratch->root,
             chapter);
    if (mkdir(scratch->chapter, 0755) == -1)
        return complain(scratch->chapter);
    return copy_files(places, chapter, scratch->chapter, typed) &&
           place_programs(scratch, places, "programs.txt", chapter, typed) &&
           place_programs(scratch, places, "exercises.txt", chapter, typed) &&
           replace_programs(scratch, places);
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *where)
{
    (void)status;
    (void)where;
    return type == FTW_DP || type == FTW_DNR ? rmdir(path) : unlink(path);
}

/* A program may have left a folder that nobody may write to, or read: 1. */
static int open_one(const char *path, const struct stat *status, int type,
                    struct FTW *where)
{
    (void)status;
    (void)where;
    if (type != FTW_D && type != FTW_DNR)
        return 0;
    if (chmod(path, 0700) == -1)
        return 2;
    return type == FTW_DNR; /* what is in it comes with the next round */
}

void scratch_remove(struct scratch *scratch)
{
    if (scratch->root[0]) {
        while (nftw(scratch->root, open_one, 16, FTW_PHYS) == 1)
            ;
        nftw(scratch->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}

#ifdef __linux__
#include "../common/enter_own_network.c"

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t length = (ssize_t)strlen(text);
    bool ok = fd != -1 && write(fd, text, (size_t)length) == length;
    close(fd);
    return ok;
}

/* In a child: a network, in it the user and the group that we are here. */
static bool enter_network(void)
{
    unsigned user = geteuid(), group = getegid();
    struct stat before, after;
    if (stat("/proc/self/ns/user", &before) == -1 ||
        enter_own_network() == -1 || stat("/proc/self/ns/user", &after) == -1)
        return false;
    if (before.st_ino == after.st_ino)
        return true; /* root needs no user namespace */
    char map[60];
    snprintf(map, sizeof map, "%u %u 1", user, user);
    if (!write_text("/proc/self/uid_map", map) ||
        !write_text("/proc/self/setgroups", "deny"))
        return false;
    snprintf(map, sizeof map, "%u %u 1", group, group);
    return write_text("/proc/self/gid_map", map);
}

/* Opens the child's namespaces: they last as long as that. */
static bool open_network(struct network *network, pid_t pid)
{
    char path[64];
    struct stat mine, its;
    snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    network->net_fd = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%ld/ns/user", (long)pid);
    if (stat("/proc/self/ns/user", &mine) == 0 && stat(path, &its) == 0 &&
        mine.st_ino != its.st_ino)
        network->user_fd = open(path, O_RDONLY | O_CLOEXEC);
    return network->net_fd != -1;
}

bool network_make(struct network *network)
{
    *network = (struct network){-1, -1};
    const char *told = getenv("PLAY_NETWORK");
    int ready[2], done[2];
    if ((told && strcmp(told, "shared") == 0) || pipe(ready) == -1)
        return false;
    if (pipe(done) == -1) {
        close(ready[0]);
        close(ready[1]);
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        char byte = 'x';
        close(ready[0]);
        close(done[1]);
        _exit(enter_network() && write(ready[1], &byte, 1) == 1 &&
              read(done[0], &byte, 1) == 1); /* until we have been opened */
    }
    close(ready[1]);
    close(done[0]);
    char byte;
    bool ok =
        pid > 0 && read(ready[0], &byte, 1) == 1 && open_network(network, pid);
    close(ready[0]);
    close(done[1]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    if (!ok)
        network_close(network);
    return ok;
}

#else

bool network_make(struct network *network)
{
    *network = (struct network){-1, -1};
    return false;
}

#endif

void network_close(struct network *network)
{
    close(network->user_fd); /* -1: no harm */
    close(network->net_fd);
    *network = (struct network){-1, -1};
}

static bool can_bind(int type, int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((unsigned short)port),
                               .sin_addr.s_addr = htonl(INADDR_ANY)};
    int fd = socket(AF_INET, type, 0);
    if (fd == -1)
        return false;
    bool ok = bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0;
    close(fd);
    return ok;
}

bool port_is_unused(int port)
{
    return port > 0 && port < 65536 && can_bind(SOCK_STREAM, port) &&
           can_bind(SOCK_DGRAM, port);
}

/* A name that one process at a time can have, given back when it dies. */
static int lock_port(int port)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd == -1)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
#ifdef __linux__
    /* Linux: a name that begins with NUL is no file (unix(7), abstract). */
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "play port %d", port);
    if (bind(fd, (struct sockaddr *)&name, sizeof name) == -1) {
        close(fd);
        return -1;
    }
#else
    (void)port;
#endif
    return fd;
}

int free_port_take(int *lock_fd)
{
    int low = 20000, high = 32767;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    if (file) {
        int first;
        if (fscanf(file, "%d", &first) == 1 && first > 2048 && first <= high) {
            high = first - 1;
            if (low > high - 1000)
                low = 1025;
        }
        fclose(file);
    }
    for (int i = 0; i <= high - low; i++) {
        int port = low + (int)(((long)getpid() * 31 + i) % (high - low + 1));
        if (port % 257 == 0) /* two equal bytes: htons would do nothing */
            continue;
        *lock_fd = lock_port(port);
        if (*lock_fd == -1)
            continue;
        if (port_is_unused(port))
            return port;
        close(*lock_fd);
    }
    *lock_fd = -1;
    return 0;
}
