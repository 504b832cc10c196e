#include <errno.h>

/* Why bind refused, and what its words do not say. */
static _Noreturn void cannot_bind(const char *name)
{
    die("bind %s%s", name,
        errno == EACCES          ? ": ports below 1024 are root's"
        : errno == EADDRNOTAVAIL ? ": not an address of this computer"
                                 : "");
}
