#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

/* Four bytes in network order. */
static uint32_t get_u32(const char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}
