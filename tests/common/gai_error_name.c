#include <errno.h>
#include <netdb.h>
#include <string.h>

/* These errors are not errno's. gai_strerror has words, but not the name. */
static const char *gai_error_name(int error)
{
    switch (error) {
    case EAI_NONAME:
        return "EAI_NONAME, there is no such name";
    case EAI_AGAIN:
        return "EAI_AGAIN, no name server has answered; later one may";
    case EAI_FAIL:
        return "EAI_FAIL, the name server cannot answer this";
    case EAI_SERVICE:
        return "EAI_SERVICE, there is no such service";
    case EAI_FAMILY:
        return "EAI_FAMILY, no such kind of address";
    case EAI_MEMORY:
        return "EAI_MEMORY, out of memory";
    case EAI_SYSTEM:
        return strerror(errno);
    default: /* a system may have more */
        return gai_strerror(error);
    }
}
