#include <sys/resource.h>

/* Each socket needs a descriptor: take as many as we may have. */
static void allow_more_sockets(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* if not, who wants one will say so */
}
