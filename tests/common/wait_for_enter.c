#include <stdio.h>

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    int key = 0;
    while (key != '\n' && key != EOF)
        key = getchar();
    if (ferror(stdin))
        die("read standard input");
}
