# rules: ch06_dns/rules.txt says where the rules of the RFCs stand. Each RFC is
# one that we know, each function, constant or field in parentheses is there,
# and no rule of those that make a name server and a resolver is passed over.
function complain(what) {
    print FILENAME ": " what
    faults++
}

BEGIN {
    while ((getline line < sections) > 0) {
        split(line, field, "\t")
        known[field[1]] = 1
    }
    close(sections)
    count = split("1034 4.3.2 1|1034 4.3.2 2|1034 4.3.2 3a|1034 4.3.2 3b|" \
                  "1034 4.3.2 3c|1034 4.3.2 4|1034 4.3.2 6|1034 5.3.3 1|" \
                  "1034 5.3.3 2|1034 5.3.3 3|1034 5.3.3 4a|1034 5.3.3 4b|" \
                  "1034 5.3.3 4c|1034 5.3.3 4d|2181 5 |2181 9|2308 2|2308 3|" \
                  "2308 5|2308 6|2308 7|4592 2.1|4592 2.2|4592 2.3|" \
                  "4592 3.3|6891 6.1.1|6891 6.1.2|6891 6.1.3|6891 6.1.4|" \
                  "6891 6.2.1|6891 6.2.3|6891 6.2.5|6891 7|7766 5|" \
                  "7766 6.2.1|7766 6.2.2|7766 6.2.3|7766 6.2.4|7766 7|" \
                  "7766 8|9520 3.1|9520 3.2|9520 3.3|9520 3.4", wanted, "|")
}

# The programs first: what has a name there.
FILENAME ~ /\.[ch]$/ {
    there[FILENAME] = 1
    sub(/.*\//, "", FILENAME)
    there[FILENAME] = 1
    if (/^[a-z].*[ *][a-z_0-9]+\(/)
        name = $0
    else if (/^ +([A-Z_]+ = |.*;)/)
        name = $0
    else
        next
    while (match(name, /[A-Za-z_][A-Za-z_0-9]*/)) {
        there[substr(name, RSTART, RLENGTH)] = 1
        name = substr(name, RSTART + RLENGTH)
    }
    next
}

/^[0-9]/ {
    rules++
    head = substr($0, 1, 17)
    sections_named = split(head, section, ", ") # of the first RFC
    for (j = 1; j <= sections_named; j++)
        for (i = 1; i <= count; i++)
            if (index((j > 1 ? $1 " " : "") section[j], wanted[i]) == 1)
                met[i] = 1
    while (match(head, /(^|, )[0-9][0-9][0-9][0-9]/)) {
        rfc = substr(head, RSTART + RLENGTH - 4, 4)
        head = substr(head, RSTART + RLENGTH)
        if (!(rfc in known))
            complain("RFC " rfc " is not in tests/pages/form/sections")
    }
}
{
    rest = $0
    while (match(rest, /\([a-zA-Z_.]+(, [a-zA-Z_.]+)*\)/)) {
        names = split(substr(rest, RSTART + 1, RLENGTH - 2), word, ", ")
        rest = substr(rest, RSTART + RLENGTH)
        for (i = 1; i <= names; i++)
            if (!(word[i] in there))
                complain("\"" word[i] "\" is in none of the programs")
    }
}

END {
    for (i = 1; i <= count; i++)
        if (!met[i])
            complain("no word about " wanted[i])
    print rules + 0 " rules"
    exit faults > 0 || rules == 0
}
