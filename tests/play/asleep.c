/*
 * asleep.c - is anybody still at work? Linux only: /proc tells.
 */
#define _POSIX_C_SOURCE 200809L
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__

/* What a file of /proc says; "" when the process is gone. */
static void read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, size - 1, file) : 0;
    text[length] = '\0';
    if (file)
        fclose(file);
}

/*
 * Adds up the context switches of the process and its descendants. False
 * when one of them runs, or waits for its turn to run.
 */
static bool sleeps(long pid, unsigned long long *switches)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    read_text(path, text, sizeof text);
    const char *state = strstr(text, "\nState:\t");
    if (state && strchr("RDW", state[8]))
        return false;
    static const char voluntary[] = "\nvoluntary_ctxt_switches:";
    static const char forced[] = "\nnonvoluntary_ctxt_switches:";
    const char *count = strstr(text, voluntary);
    if (count)
        *switches += strtoull(count + sizeof voluntary - 1, NULL, 10);
    count = strstr(text, forced);
    if (count)
        *switches += strtoull(count + sizeof forced - 1, NULL, 10);

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", pid, pid);
    read_text(path, text, sizeof text);
    char *next = text;
    for (long child; (child = strtol(next, &next, 10)) > 0;)
        if (!sleeps(child, switches))
            return false;
    return true;
}

/*
 * Two looks with the same count of switches: in between nobody ran, so
 * nobody can have woken somebody whom the first look had found asleep.
 */
bool terminals_asleep(const struct terminal *terminals, int count)
{
    unsigned long long switches[2] = {0, 0};
    for (int look = 0; look < 2; look++)
        for (int i = 0; i < count; i++)
            if (terminal_running(&terminals[i]) &&
                !sleeps(terminals[i].pid, &switches[look]))
                return false;
    return switches[0] == switches[1];
}

#else

bool terminals_asleep(const struct terminal *terminals, int count)
{
    (void)terminals;
    (void)count;
    return true;
}

#endif
