# Reads the helpers (tests/common/NAME.c), then one program; prints the program
# with the tail, its prototypes above and its headers, that it has to have.
BEGIN {
    line = "/* ---- The same in every program of this suite" \
           " (tests/common) ---- */"
    # The order in a tail; who is called stands above who calls.
    count = split("die standard_streams parse_address parse_number " \
                  "name_address name_own cannot_bind listen_at accept_next " \
                  "bind_at connect_to connect_pair cut_cable tcp_info_of " \
                  "write_all await_bytes read_all read_length fill_up " \
                  "now_ms await_until now_us allow_more_sockets read_line " \
                  "wait_for_enter enter_comes_first print_quoted " \
                  "print_result check_name " \
                  "put_u32 get_u32 gai_error_name enter_own_network", order)
    program = ARGV[ARGC - 1]
}

function fail(what) {
    print program ": " what > "/dev/stderr"
    failed = 1
    exit 1
}

# The function that a line declares.
function name_of(text) {
    sub(/\(.*/, "", text)
    sub(/.*[ *]/, "", text)
    return text
}

# Without comments and strings, so that a call is a call.
function code(text) {
    gsub(/\\./, "", text)
    gsub(/"[^"]*"/, "", text)
    gsub(/\/\*.*\*\//, "", text)
    return text ~ /^ \*/ || text ~ /^ *\/\*/ ? "" : " " text
}

FNR == 1 && FILENAME != program {
    helper = FILENAME
    gsub(/.*\/|\.c$/, "", helper)
    in_signature = 0
}
FILENAME != program && /^#include/ {
    headers[helper] = headers[helper] $0 "\n"
    next
}
FILENAME != program {
    if ($0 != "" || helper in body)
        body[helper] = body[helper] $0 "\n"
    calls[helper] = calls[helper] code($0)
    if (/^static .*\(/)
        known[name_of($0)] = 1
    if ($0 ~ "^static .*[ *]" helper "\\(")
        in_signature = 1
    if (in_signature && $0 == "{") {
        in_signature = 0
        sub(/\n$/, ";\n", prototype[helper])
    }
    if (in_signature)
        prototype[helper] = prototype[helper] $0 "\n"
    next
}

# The program: what stands above the line, without the prototypes of helpers.
$0 == line { below = 1 }
below {
    if (/^static .*\(/) {
        name = name_of($0)
        if (!(name in known))
            strange[name] = 1
    }
    next
}
{ above[++lines] = $0 }

# The headers of a set, in alphabetical order; returns how many.
function sort(set,    header, n, j) {
    n = 0
    for (header in set) {
        for (j = ++n; j > 1 && sorted[j - 1] > header; j--)
            sorted[j] = sorted[j - 1]
        sorted[j] = header
    }
    return n
}

function uses(text, name) {
    return text ~ "[^A-Za-z0-9_]" name "[(]"
}

# Lines first to last are the declaration or the head of a function.
function drop(first, last) {
    for (; first <= last; first++)
        above[first] = dropped
}

END {
    if (failed)
        exit 1
    for (name in body) {
        found = 0
        for (i = 1; i <= count; i++)
            found += order[i] == name
        if (!found)
            fail(name ".c has no place in the order of spread.awk")
    }
    dropped = "\001"
    text = ""
    first_function = last_prototype = 0
    for (i = 1; i <= lines; i++) {
        # A declaration at the margin, up to its semicolon or its body.
        if (above[i] ~ /^[A-Za-z_].*\(/ && above[i] !~ /=|^typedef/) {
            for (end = i; above[end] !~ /[;{]$/ && end < lines; end++)
                ;
            name = name_of(above[i])
            if (above[end] !~ /;$/) {
                if (name in known)
                    fail("has a " name " of its own")
                if (!first_function)
                    first_function = i
            } else if (name in known)
                drop(i, end)
            else if (!first_function)
                last_prototype = end
            for (; i < end; i++)
                text = text code(above[i])
        }
        if (above[i] != dropped)
            text = text code(above[i])
    }

    for (name in strange)
        if (uses(text, name))
            fail(name " stands below the line, and not in tests/common")

    # Who is called, and who is called by these.
    for (i = 1; i <= count; i++)
        wanted[order[i]] = declared[order[i]] = uses(text, order[i])
    for (i = count; i >= 1; i--)
        if (wanted[order[i]])
            for (j = 1; j <= count; j++)
                if (i != j && uses(calls[order[i]], order[j])) {
                    if (j > i)
                        fail(order[j] " must stand before " order[i])
                    wanted[order[j]] = 1
                }

    # The headers, in alphabetical order. What only helpers need stands below
    # the line, with them: above it is what the idea needs.
    own = program
    gsub(/.*\/|\.c$/, "", own)
    for (i = 1; i <= lines && above[i] !~ /^#include </; i++)
        ;
    first_header = i
    for (; above[i] ~ /^#include </; i++)
        block[above[i]] = 1
    last_header = i - 1
    tail = ""
    for (i = 1; i <= count; i++)
        if (wanted[order[i]]) {
            n = split(headers[order[i]], part, "\n")
            for (j = 1; j < n; j++)
                if (!(part[j] in block))
                    below_only[part[j]] = 1
            helper = body[order[i]]
            gsub(/PROGRAM/, own, helper)
            tail = tail "\n" helper
        }
    # What a prototype mentions has to be known above the line.
    for (i = 1; i <= count; i++)
        if (declared[order[i]]) {
            if (prototype[order[i]] ~ /uint32_t/)
                block["#include <stdint.h>"] = 1
            if (prototype[order[i]] ~ /sock(addr|len)/)
                block["#include <sys/socket.h>"] = 1
        }
    for (header in block)
        delete below_only[header]
    n = sort(block)

    # Prototypes: behind the program's own, or before its first function.
    while (first_function > 1 && above[first_function - 1] ~ /^(\/\*| \*)/)
        first_function--
    place = last_prototype ? last_prototype + 1 : first_function
    for (i = 1; i <= lines; i++) {
        if (i == first_header)
            for (j = 1; j <= n; j++)
                out[++written] = sorted[j]
        if (i == place) {
            for (j = 1; j <= count; j++)
                if (declared[order[j]]) {
                    m = split(prototype[order[j]], part, "\n")
                    for (k = 1; k < m; k++)
                        out[++written] = part[k]
                }
            if (!last_prototype)
                out[++written] = ""
        }
        if (above[i] != dropped && (i < first_header || i > last_header))
            out[++written] = above[i]
    }
    while (out[written] == "")
        written--
    for (i = 1; i <= written; i++)
        if (out[i] != "" || out[i - 1] != "")
            print out[i]
    if (tail == "")
        exit
    printf "\n%s\n", line
    n = sort(below_only)
    for (i = 1; i <= n; i++)
        print sorted[i]
    printf "%s", tail
}
