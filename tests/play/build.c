/*
 * build.c - ask CMake for the programs that a session starts.
 */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE /* setgroups, in BSD and Linux: drop root's */
#define _DARWIN_C_SOURCE
#include "build.h"

#include "language.h"
#include "memory.h"

#ifdef HAVE_PLACES
#include "places.h"
#endif

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PLAY_CMAKE
#define PLAY_CMAKE "cmake"
#endif

enum { MAX_TARGETS = 64 };

static bool is_newer(const struct stat *a, const struct stat *b)
{
#ifdef __APPLE__
    struct timespec left = a->st_mtimespec, right = b->st_mtimespec;
#else
    struct timespec left = a->st_mtim, right = b->st_mtim;
#endif
    return left.tv_sec > right.tv_sec ||
           (left.tv_sec == right.tv_sec && left.tv_nsec > right.tv_nsec);
}

/* Was a header of the folder changed after the program was built? */
static bool header_is_newer(const char *folder, const struct stat *program)
{
    DIR *dir = opendir(folder);
    bool newer = false;
    for (struct dirent *entry; dir && !newer && (entry = readdir(dir));) {
        const char *end = strrchr(entry->d_name, '.');
        char path[4096];
        struct stat header;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        newer = end && strcmp(end, ".h") == 0 && stat(path, &header) == 0 &&
                is_newer(&header, program);
    }
    if (dir)
        closedir(dir);
    return newer;
}

/* files: "NAME.c OTHER.c ", relative to the folder. */
static bool is_stale(const struct places *places, const char *folder,
                     const char *name, char *files)
{
    char path[4096], source[2100];
    struct stat program, file;
    snprintf(path, sizeof path, "%s/%s/%s", places->build, folder, name);
    if (stat(path, &program) == -1)
        return true;
    snprintf(source, sizeof source, "%s/%s", places->source, folder);
    for (char *rest = files, *word; (word = strtok_r(rest, " \n", &rest));) {
        snprintf(path, sizeof path, "%s/%s", source, word);
        if (stat(path, &file) == -1 || is_newer(&file, &program))
            return true;
    }
    return header_is_newer(source, &program);
}

/* Does one of the sessions start ./name, or ../other/name? */
static bool is_wanted(const char *folder, const struct session *sessions,
                      size_t count, const char *other, const char *name)
{
    char word[1400];
    if (strcmp(folder, other) == 0)
        snprintf(word, sizeof word, "./%s", name);
    else
        snprintf(word, sizeof word, "../%s/%s", other, name);
    for (size_t i = 0; i < count; i++)
        if (session_says(&sessions[i], word))
            return true;
    return false;
}

/* The stale ones of a list: "chNN_x/NAME FILE.c ..." a line. Returns how many
 * targets there are now. */
static int find_targets(const struct places *places, const char *list_name,
                        const char *folder, const struct session *sessions,
                        size_t count, char targets[MAX_TARGETS][128], int found)
{
    char path[1024], line[1024];
    snprintf(path, sizeof path, "%s/%s", places->build, list_name);
    FILE *list = fopen(path, "r");
    while (list && found < MAX_TARGETS && fgets(line, sizeof line, list)) {
        char *slash = strchr(line, '/');
        char *blank = slash ? strchr(slash, ' ') : NULL;
        if (!blank || blank - slash > 100)
            continue;
        *slash = *blank = '\0';
        if (is_wanted(folder, sessions, count, line, slash + 1) &&
            is_stale(places, line, slash + 1, blank + 1))
            strcpy(targets[found++], slash + 1);
    }
    if (list)
        fclose(list);
    return found;
}

/* Those of the programs, and of the exercises. */
static int find_all_targets(const struct places *places, const char *folder,
                            const struct session *sessions, size_t count,
                            char targets[MAX_TARGETS][128])
{
    int found = find_targets(places, "programs.txt", folder, sessions, count,
                             targets, 0);
    return find_targets(places, "exercises.txt", folder, sessions, count,
                        targets, found);
}

/* In the child. Under sudo nothing in the tree shall become root's. */
static void give_up_root(const struct stat *owner)
{
    if (geteuid() != 0 || owner->st_uid == 0)
        return;
    if (setgroups(1, &owner->st_gid) == -1 || setgid(owner->st_gid) == -1 ||
        setuid(owner->st_uid) == -1) {
        perror("play: setuid");
        _exit(1);
    }
}

static pid_t start_cmake(const struct places *places, const struct stat *owner,
                         char targets[MAX_TARGETS][128], int count, int *out)
{
    int ends[2];
    if (pipe(ends) == -1)
        return -1;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        char *words[MAX_TARGETS + 8];
        int used = 0;
        words[used++] = PLAY_CMAKE;
        words[used++] = "--build";
        words[used++] = (char *)places->build;
        words[used++] = "--parallel";
        words[used++] = "4";
        words[used++] = "--target";
        for (int i = 0; i < count; i++)
            words[used++] = targets[i];
        words[used] = NULL;
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        /* We may stand in a build ourselves: it is not that one's part. */
        unsetenv("MAKEFLAGS");
        unsetenv("MAKELEVEL");
        give_up_root(owner);
        execvp(words[0], words);
        perror("play: " PLAY_CMAKE);
        _exit(127);
    }
    close(ends[1]);
    if (pid == -1)
        close(ends[0]);
    *out = ends[0];
    return pid;
}

/* All that it says; shown only when it fails. */
static bool run_cmake(const struct places *places, const struct stat *owner,
                      char targets[MAX_TARGETS][128], int count)
{
    int out, status;
    pid_t pid = start_cmake(places, owner, targets, count, &out);
    if (pid == -1) {
        perror("play: fork");
        return false;
    }
    char *said = NULL, bytes[4096];
    size_t length = 0;
    ssize_t got;
    while ((got = read(out, bytes, sizeof bytes)) > 0) {
        said = enlarged(said, length + (size_t)got);
        memcpy(said + length, bytes, (size_t)got);
        length += (size_t)got;
    }
    close(out);
    bool ok = waitpid(pid, &status, 0) == pid && status == 0;
    if (!ok) {
        if (said)
            fwrite(said, 1, length, stderr);
        fputs(either("play: what is to be shown cannot be built\n",
                     "play: 보여 줄 프로그램을 빌드할 수 없습니다\n"),
              stderr);
    }
    free(said);
    return ok;
}

bool build_programs(const struct places *places, const char *folder,
                    const struct session *sessions, size_t count)
{
    static char targets[MAX_TARGETS][128];
    char cache[1024];
    struct stat owner;
    snprintf(cache, sizeof cache, "%s/CMakeCache.txt", places->build);
    if (stat(cache, &owner) == -1 ||
        find_all_targets(places, folder, sessions, count, targets) == 0)
        return true;
    /* One at a time: two builds of one folder would write the same files. The
     * folder itself is locked, so that no file is left. */
    int lock = open(places->build, O_RDONLY | O_CLOEXEC);
    flock(lock, LOCK_EX);
    int found = find_all_targets(places, folder, sessions, count, targets);
    bool ok = found == 0 || run_cmake(places, &owner, targets, found);
    close(lock);
    return ok;
}
