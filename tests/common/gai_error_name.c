#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* These errors are not errno's. gai_strerror has words, but not the name. */
static const char *gai_error_name(int error)
{
    static const struct {
        int number;
        const char *name;
    } errors[] = {
        {EAI_NONAME, "EAI_NONAME, there is no such name"},
#ifdef __linux__ /* POSIX does not know it, so netdb.h does not show it */
        {-5, "EAI_NODATA, the name is there, but has no address"},
#endif
        {EAI_AGAIN, "EAI_AGAIN, no name server could tell; later one may"},
        {EAI_FAIL, "EAI_FAIL, the name server cannot answer this"},
        {EAI_SERVICE, "EAI_SERVICE, there is no such service"},
        {EAI_FAMILY, "EAI_FAMILY, no such kind of address"},
        {EAI_SOCKTYPE, "EAI_SOCKTYPE, no such type of socket"},
        {EAI_BADFLAGS, "EAI_BADFLAGS, flags that do not go together"},
        {EAI_OVERFLOW, "EAI_OVERFLOW, the name is too long"},
        {EAI_MEMORY, "EAI_MEMORY, out of memory"},
    };
    static char text[100];
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].number == error)
            return errors[i].name;
    if (error != EAI_SYSTEM)
        return gai_strerror(error);
    snprintf(text, sizeof text, "EAI_SYSTEM, %s",
             errno ? strerror(errno) : "and errno has no reason");
    return text;
}
