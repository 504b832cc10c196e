/*
 * fuzz_calc.c - calc_server's messages: any bytes, cut anywhere.
 *
 * The first byte of the input says where the rest is cut in two. The server
 * must find the same messages, and give the same answers, in one piece and in
 * two, and its answers must be what arithmetic without a limit says.
 */
#define main calc_server_main
#include "../../../ch03_tcp_echo/calc_server.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The right answer to a whole and well-formed message. */
static void check_result(const unsigned char *body, enum status status,
                         int32_t result)
{
    size_t count = get_number(body, 2);
    unsigned char letter = body[2 + 4 * count];
    const __int128 limit = (__int128)1 << 90; /* no way back from there */
    __int128 value = (int32_t)get_number(body + 2, 4);
    for (size_t i = 1; i < count; i++) {
        int32_t operand = (int32_t)get_number(body + 2 + 4 * i, 4);
        value = letter == '+'   ? value + operand
                : letter == '-' ? value - operand
                                : value * operand;
        if (value > limit)
            value = limit;
        if (value < -limit)
            value = -limit;
    }
    int fits = value >= INT32_MIN && value <= INT32_MAX;
    if ((status == OK) != fits || result != (fits ? (int32_t)value : 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t cut = data[0];
    const unsigned char *bytes = data + 1;
    size--;
    enum status status = OK, status_cut;
    int32_t result, result_cut;
    for (size_t at = 0, taken; status != TOO_LONG; at += taken) {
        /* A copy of its own: a byte read beyond it is noticed. */
        size_t left = size - at, part = cut < left ? cut : left;
        unsigned char *whole = malloc(left + 1), *piece = malloc(part + 1);
        if (!whole || !piece)
            abort();
        memcpy(whole, bytes + at, left);
        memcpy(piece, bytes + at, part);
        unsigned char *exact = realloc(whole, left ? left : 1);
        taken = take_message(exact, left, &status, &result);
        size_t early = take_message(piece, part, &status_cut, &result_cut);
        if (taken > left ||
            (early > 0 && status_cut != TOO_LONG &&
             (early != taken || status_cut != status || result_cut != result)))
            abort();
        if (status == OK || status == OVERFLOWN)
            check_result(exact + LENGTH_SIZE, status, result);
        free(exact);
        free(piece);
        if (taken == 0)
            break;
    }
    return 0;
}
