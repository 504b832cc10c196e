#include <stdio.h>

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
}
