/*
 * match.c - the values that vary from run to run.
 */
#define _POSIX_C_SOURCE 200809L
#include "match.h"

#include "memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bindings_clear(struct bindings *bindings, const struct session *session)
{
    memset(bindings, 0, sizeof *bindings);
    bindings->session = session;
}

void bindings_of_page(struct bindings *bindings, const struct session *session)
{
    bindings_clear(bindings, session);
    for (int i = 0; i < session->literal_count; i++)
        snprintf(bindings->values[i], sizeof bindings->values[i], "%s",
                 session->literals[i].text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Letters, digits and what lies above ASCII hang together. */
static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_' || (unsigned char)c >= 0x80;
}

/* The same symbol throughout, such as a bar: "########". */
static bool is_bar(const char *text)
{
    return !is_word(*text) && !text[strspn(text, (char[]){*text, '\0'})];
}

/* Which literal stands whole at text[at]? -1: none. The longest wins. */
static int literal_at(const struct session *session, const char *text,
                      size_t at)
{
    int found = -1;
    size_t found_length = 0;
    for (int i = 0; i < session->literal_count; i++) {
        const char *literal = session->literals[i].text;
        size_t length = strlen(literal);
        if (length <= found_length || strncmp(text + at, literal, length) != 0)
            continue;
        char before = '\0', after = text[at + length];
        if (at > 0)
            before = text[at - 1];
        char first = literal[0], last = literal[length - 1];
        if (is_bar(literal) ? before == first || after == last
                            : (is_word(before) && is_word(first)) ||
                                  (is_word(after) && is_word(last)))
            continue;
        /* 10 is not a part of 10.5, of 2.10 or of 127.0.0.10. */
        if (is_digit(first) && before == '.' && at > 1 &&
            is_digit(text[at - 2]))
            continue;
        if (is_digit(last) && after == '.' && is_digit(text[at + length + 1]))
            continue;
        found = i;
        found_length = length;
    }
    return found;
}

bool has_literal(const struct session *session, const char *text, int number)
{
    for (size_t at = 0; text[at];) {
        int found = literal_at(session, text, at);
        if (found == number)
            return true;
        at += found >= 0 ? strlen(session->literals[found].text) : 1;
    }
    return false;
}

/* How much of actual is a value of the literal's kind? */
static size_t value_length(const char *literal, char next, const char *actual)
{
    static const char digits[] = "0123456789";
    if (is_bar(literal))
        return strspn(actual, (char[]){*literal, '\0'});
    size_t whole = strspn(literal, digits);
    if (!literal[whole])
        return strspn(actual, digits);
    if (strncmp(literal, "0x", 2) == 0)
        return strncmp(actual, "0x", 2) == 0
                   ? 2 + strspn(actual + 2, "0123456789abcdefABCDEF")
                   : 0;
    if (literal[whole] == '.' && whole &&
        !literal[whole + 1 + strspn(literal + whole + 1, digits)]) {
        size_t length = strspn(actual, digits);
        if (length && actual[length] == '.' && is_digit(actual[length + 1]))
            length += 1 + strspn(actual + length + 1, digits);
        return length;
    }
    if (literal[0] && !literal[strspn(literal, "0123456789.")])
        return strspn(actual, "0123456789.");
    char stop[] = {' ', '\t', next, '\0'};
    return strcspn(actual, stop);
}

/* An error is the same everywhere, its words are the C library's. Pages have
 * glibc's; musl and macOS have others for some. */
static const struct {
    int error;
    const char *words;
} errors[] = {
    {EACCES, "Permission denied"},
    {EADDRINUSE, "Address already in use"},
    {EADDRNOTAVAIL, "Cannot assign requested address"},
    {EAFNOSUPPORT, "Address family not supported by protocol"},
    {EAGAIN, "Resource temporarily unavailable"},
    {EBADF, "Bad file descriptor"},
    {ECONNREFUSED, "Connection refused"},
    {ECONNRESET, "Connection reset by peer"},
    {EDESTADDRREQ, "Destination address required"},
    {EHOSTUNREACH, "No route to host"},
    {EINPROGRESS, "Operation now in progress"},
    {EINTR, "Interrupted system call"},
    {EINVAL, "Invalid argument"},
    {EISCONN, "Transport endpoint is already connected"},
    {EISDIR, "Is a directory"},
    {EMFILE, "Too many open files"},
    {EMSGSIZE, "Message too long"},
    {ENETUNREACH, "Network is unreachable"},
    {ENOENT, "No such file or directory"},
    {ENOSPC, "No space left on device"},
    {ENOTCONN, "Transport endpoint is not connected"},
    {ENOTSOCK, "Socket operation on non-socket"},
    {EOPNOTSUPP, "Operation not supported"},
    {EPIPE, "Broken pipe"},
    {ETIMEDOUT, "Connection timed out"},
};

/* Do both begin with the same error, each in its words? Then go behind them. */
static bool same_error(const char *expected, const char *actual, size_t *e,
                       size_t *a)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const char *here = strerror(errors[i].error);
        size_t length = strlen(errors[i].words), own = strlen(here);
        if (strncmp(expected + *e, errors[i].words, length) == 0 &&
            strncmp(actual + *a, here, own) == 0) {
            *e += length;
            *a += own;
            return true;
        }
    }
    return false;
}

bool line_matches(struct bindings *bindings, const char *expected,
                  const char *actual, size_t *column)
{
    const struct session *session = bindings->session;
    struct bindings trial = *bindings;
    size_t e = 0, a = 0;
    bool after_value = false; /* a literal ends where we are */
    bool after_none = false;  /* a bar, and it has no length */
    while (expected[e]) {
        int i = literal_at(session, expected, e);
        if (i >= 0) {
            const char *literal = session->literals[i].text;
            char *value = trial.values[i];
            bool bar = is_bar(literal);
            e += strlen(literal);
            size_t length = value_length(literal, expected[e], actual + a);
            bool fits = bar || (length > 0 && length < sizeof trial.values[i]);
            if (fits && !bar && *value)
                fits = strlen(value) == length &&
                       strncmp(value, actual + a, length) == 0;
            if (!fits) {
                *column = a + 1;
                return false;
            }
            if (!bar) {
                memcpy(value, actual + a, length);
                value[length] = '\0';
            }
            a += length;
            after_value = true;
            after_none = length == 0;
            continue;
        }
        size_t blanks = strspn(expected + e, " ");
        int next = blanks ? literal_at(session, expected, e + blanks) : -1;
        if (blanks && (after_value || next >= 0)) {
            size_t came = strspn(actual + a, " ");
            bool may_vanish =
                e == 0 || after_none ||
                (next >= 0 && is_bar(session->literals[next].text));
            if (came == 0 && !may_vanish) {
                *column = a + 1;
                return false;
            }
            e += blanks;
            a += came;
        } else if (e > 0 && expected[e - 1] == ' ' &&
                   same_error(expected, actual, &e, &a)) {
            ; /* both are behind it */
        } else if (expected[e] == actual[a]) {
            e++;
            a++;
        } else {
            *column = a + 1;
            return false;
        }
        after_value = after_none = false;
    }
    if (actual[a]) {
        *column = a + 1;
        return false;
    }
    *bindings = trial;
    return true;
}

char *substituted(const struct bindings *bindings, const char *text)
{
    const struct session *session = bindings->session;
    size_t size = strlen(text) * sizeof bindings->values[0] + 1;
    char *result = enlarged(NULL, size);
    size_t used = 0;
    for (size_t at = 0; text[at];) {
        int i = literal_at(session, text, at);
        if (i < 0) {
            result[used++] = text[at++];
            continue;
        }
        const char *literal = session->literals[i].text;
        const char *value =
            *bindings->values[i] ? bindings->values[i] : literal;
        memcpy(result + used, value, strlen(value));
        used += strlen(value);
        at += strlen(literal);
    }
    result[used] = '\0';
    return result;
}

/* A condition is read from left to right: sum, product, number. */
struct expression {
    const char *text;
    const struct bindings *bindings;
    const char *error; /* NULL while all is well */
    bool varies;       /* a literal stands in this comparison */
};

static char look(struct expression *expression)
{
    expression->text += strspn(expression->text, " ");
    return *expression->text;
}

static double number(struct expression *expression)
{
    look(expression);
    const char *start = expression->text;
    size_t length = strspn(start, "0123456789.");
    if (strncmp(start, "0x", 2) == 0)
        length = 2 + strspn(start + 2, "0123456789abcdefABCDEF");
    if (length == 0) {
        expression->error = "a number is missing";
        return 0;
    }
    expression->text += length;
    const struct session *session = expression->bindings->session;
    for (int i = 0; i < session->literal_count; i++) {
        const char *literal = session->literals[i].text;
        if (strlen(literal) == length && strncmp(literal, start, length) == 0) {
            const char *value = expression->bindings->values[i];
            expression->varies = true;
            if (!*value)
                expression->error = "a value in it was never printed";
            return strtod(value, NULL);
        }
    }
    return strtod(start, NULL);
}

static double product(struct expression *expression)
{
    double value = number(expression);
    while (!expression->error && look(expression) == '*') {
        expression->text++;
        value *= number(expression);
    }
    return value;
}

static double sum(struct expression *expression)
{
    double value = product(expression);
    char sign;
    while (!expression->error && (sign = look(expression)) != '\0' &&
           strchr("+-", sign)) {
        expression->text++;
        value += (sign == '+' ? 1 : -1) * product(expression);
    }
    return value;
}

static bool compare(struct expression *expression, double *left, double *right)
{
    *left = sum(expression);
    look(expression);
    char operator[3] = "";
    size_t length = strspn(expression->text, "<>=!");
    if (!expression->error && (length < 1 || length > 2))
        expression->error = "a comparison is missing";
    if (expression->error)
        return false;
    memcpy(operator, expression->text, length);
    expression->text += length;
    *right = sum(expression);
    if (strcmp(operator, "<") == 0)
        return *left < *right;
    if (strcmp(operator, "<=") == 0)
        return *left <= *right;
    if (strcmp(operator, ">") == 0)
        return *left > *right;
    if (strcmp(operator, ">=") == 0)
        return *left >= *right;
    if (strcmp(operator, "==") == 0)
        return !(*left < *right) && !(*left > *right);
    if (strcmp(operator, "!=") == 0)
        return *left < *right || *left > *right;
    expression->error = "unknown comparison";
    return false;
}

bool where_holds(const char *where, const struct bindings *bindings,
                 char why[200])
{
    struct expression expression = {.text = where, .bindings = bindings};
    for (;;) {
        look(&expression);
        const char *start = expression.text;
        double left = 0, right = 0;
        expression.varies = false;
        bool holds = compare(&expression, &left, &right);
        char end = look(&expression);
        if (!expression.error && end && end != ';')
            expression.error = "there is more than a comparison";
        if (!expression.error && !expression.varies)
            expression.error = "nothing in it varies";
        int length = (int)strcspn(start, ";");
        if (length > 100)
            length = 100;
        if (expression.error) {
            snprintf(why, 200, "%.*s: %s", length, start, expression.error);
            return false;
        }
        if (!holds) {
            snprintf(why, 200, "%.*s: here %g and %g", length, start, left,
                     right);
            return false;
        }
        if (!end)
            return true;
        expression.text++;
        if (!look(&expression))
            return true;
    }
}
