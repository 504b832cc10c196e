#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing, or more than DNS could carry, is not worth asking for. */
static void check_name(const char *name)
{
    if (!*name || strlen(name) > 253) {
        fprintf(stderr, "PROGRAM: not a name: \"%.40s\"\n", name);
        exit(2);
    }
}
