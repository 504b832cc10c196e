#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

/* Four bytes in network order. */
static void put_u32(char *bytes, uint32_t number)
{
    number = htonl(number);
    memcpy(bytes, &number, sizeof number);
}
