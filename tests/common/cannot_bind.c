#include <errno.h>

/* Why bind refused, and what is not clear from its words. */
static _Noreturn void cannot_bind(const char *name)
{
    if (errno == EACCES)
        die("bind %s: ports below 1024 are root's, take a higher one", name);
    if (errno == EADDRNOTAVAIL)
        die("bind %s: not an address of this computer", name);
    die("bind %s", name);
}
