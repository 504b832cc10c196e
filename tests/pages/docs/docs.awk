# Reads every page, then does one check: see ./docs. One line a fault.
function complain(where, what) {
    print where ": " what
    faults++
}

# docs/claims.md and ../ch03_x/README.md#y -> ch03_x/README.md
function target_of(page, link,    folder) {
    sub(/#.*/, "", link)
    if (link == "")
        return page
    folder = page
    if (!sub(/\/[^\/]*$/, "", folder))
        folder = ""
    while (sub(/^\.\.\//, "", link))
        if (!sub(/\/[^\/]*$/, "", folder))
            folder = ""
    sub(/^\.\//, "", link)
    return folder == "" ? link : folder "/" link
}

# ch03_x/README.md <-> ch03_x/README.ko.md
function other_language(page) {
    if (!sub(/\.ko\.md$/, ".md", page))
        sub(/\.md$/, ".ko.md", page)
    return page
}

# Is there such a file or folder?
function exists(path,    command, answer) {
    if (!(path in known)) {
        command = "test -e '" path "' && echo yes"
        command | getline answer
        close(command)
        known[path] = answer == "yes"
    }
    return known[path]
}

function note_links(text,    label, link) {
    gsub(/`[^`]*`/, "", text)
    if (sub(/^\[[^]]*\]: +/, "[](", text)) # [label]: link
        text = text ")"
    while (match(text, /\]\([^) ]*\)/)) {
        link = substr(text, RSTART + 2, RLENGTH - 3)
        label = substr(text, 1, RSTART - 1)
        sub(/.*\[/, "", label)
        text = substr(text, RSTART + RLENGTH)
        if (link !~ /^[a-z]+:/) {
            links++
            link_page[links] = FILENAME
            link_where[links] = FILENAME ":" FNR
            link_label[links] = label
            link_to[links] = link
        }
    }
}

FNR == 1 {
    fenced = 0
    section = ""
    known[FILENAME] = 1
    # A further page of a chapter can be played as a whole.
    if (match(FILENAME, /^ch[0-9][0-9]_[^\/]*\/[a-z]+\.md$/)) {
        name = FILENAME
        gsub(/^.*\/|\.md$/, "", name)
        sessions[substr(FILENAME, 1, 4) "." name] = 1
    }
}

# What the instructor's guide plays: build/play ch03 echo
FILENAME !~ /sessions/ {
    text = $0
    while (match(text, /build\/play ch[0-9][0-9] [a-z][a-z0-9_]*/)) {
        played[++plays] = substr(text, RSTART + 11, RLENGTH - 11)
        sub(/ /, ".", played[plays])
        played_where[plays] = FILENAME ":" FNR
        text = substr(text, RSTART + RLENGTH)
    }
}

/^ *```/ {
    if (!fenced && match($0, / name=[A-Za-z0-9_-]+/)) {
        chapter = substr(FILENAME, 1, 4)
        name = chapter "." substr($0, RSTART + 6, RLENGTH - 6)
        session[FILENAME, name] = section
        sessions[name] = 1
    }
    fenced = !fenced
    next
}
fenced { next }

/^#+ / {
    heading = $0
    sub(/^#+ +/, "", heading)
    section = anchor_of(heading)
    again = seen[FILENAME, section]++
    if (again)
        section = section "-" again
    anchor[FILENAME, section] = 1
}

# Lines of the notes, such as 5 or 36-38, 40: those that the row speaks of.
function note_lines(text,    list, count, i, ends) {
    gsub(/ /, "", text)
    at_line[FILENAME, $2] = text
    count = split(text, list, /,/)
    for (i = 1; i <= count; i++) {
        if (list[i] !~ /^[0-9]+(-[0-9]+)?$/)
            odd[FILENAME ":" FNR] = 1
        if (split(list[i], ends, /-/) == 1)
            ends[2] = ends[1]
        if (i == 1 && ends[1] + 0 < last_line[FILENAME, int($2)])
            late[FILENAME ":" FNR] = 1
        if (i == 1)
            last_line[FILENAME, int($2)] = ends[1] + 0
        for (; ends[1] + 0 <= ends[2] + 0; ends[1]++)
            taken_up[FILENAME, ends[1] + 0] = 1
    }
}

# | 3.11 | 138 | the notes say | wrong | what is so | sessions | source |
FILENAME ~ /^docs\/claims/ && /^\| [0-9]+\.[0-9]+ \|/ {
    claims_where[FILENAME, $2] = FILENAME ":" FNR
    if (FILENAME == "docs/claims.md")
        ids[++id_count] = $2
    cells = split($0, cell, /\|/)
    if (cells != 9)
        odd[FILENAME ":" FNR] = 1
    right[FILENAME, $2] = cell[5] ~ /yes|맞음/
    text = cell[7]
    if (text ~ /^ (only said|말로만) $/)
        proof[FILENAME, $2] = "-"
    while (match(text, /\[ch[0-9][0-9]\.[A-Za-z0-9_-]+\]/)) {
        proof[FILENAME, $2] = proof[FILENAME, $2] " " \
                              substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
    }
    source[FILENAME, $2] = cell[8]
    note_lines(cell[3])
}

{ note_links($0) }

function check_links(    i, page, name) {
    for (i = 1; i <= links; i++) {
        page = target_of(link_page[i], link_to[i])
        if (!exists(page)) {
            complain(link_where[i], "there is no " page)
            continue
        }
        if (page ~ /\.md$/ && page != other_language(link_page[i]) &&
            (page ~ /\.ko\.md$/) != (link_page[i] ~ /\.ko\.md$/) &&
            exists(other_language(page)))
            complain(link_where[i], page " is in the other language")
        name = link_to[i]
        if (sub(/^[^#]*#/, "", name) && !((page, name) in anchor))
            complain(link_where[i], page " has no heading #" name)
        else if (link_label[i] !~ /^ch[0-9][0-9]\.[A-Za-z0-9_-]+$/)
            continue
        else if (!((page, link_label[i]) in session))
            complain(link_where[i], page " has no session " link_label[i])
        else if (session[page, link_label[i]] != name)
            complain(link_where[i], link_label[i] " is under #" \
                                    session[page, link_label[i]])
    }
    for (i = 1; i <= plays; i++)
        if (!(played[i] in sessions))
            complain(played_where[i], "there is no session " played[i])
    if (links == 0 || plays == 0)
        complain("links", "none found")
}

function check_claims(    where, i, id, en, ko, part, last, rows) {
    en = "docs/claims.md"
    ko = "docs/claims.ko.md"
    for (where in odd)
        complain(where, "not a row of seven columns, the second with lines")
    for (i = 1; i <= id_count; i++) {
        id = ids[i]
        if (proof[en, id] == "")
            complain(claims_where[en, id], id " has no session")
        if (source[en, id] !~ /[A-Za-z]/)
            complain(claims_where[en, id], id " has no source")
        if (!((ko, id) in claims_where))
            complain(ko, "has no row " id)
        else if (proof[ko, id] != proof[en, id])
            complain(claims_where[ko, id],
                     "other sessions than in English:" proof[en, id])
        else if (source[ko, id] != source[en, id])
            complain(claims_where[ko, id],
                     "another source than in English:" source[en, id])
        else if (right[ko, id] != right[en, id])
            complain(claims_where[ko, id], "another judgement than in English")
        if (at_line[ko, id] != at_line[en, id])
            complain(claims_where[ko, id],
                     "other lines than in English: " at_line[en, id])
        split(id, part, ".")
        rows[part[1]]++
        if (part[2] + 0 > last[part[1]])
            last[part[1]] = part[2] + 0
    }
    for (i in rows)
        if (rows[i] != last[i])
            complain(en, rows[i] " rows " i ".N, and the last is " i "." last[i])
    for (where in late)
        complain(where, "not in the order of the notes")
    for (where in claims_where)
        if (index(where, ko) == 1 &&
            !((en, substr(where, length(ko) + 2)) in claims_where))
            complain(claims_where[where], "not in " en)
    check_lines(en)
    check_lines(ko)
}

# Every line of the notes that says something has a row: its numbers stand in
# the file ./lines, and not a word of it.
function check_lines(page,    line, count, i, row) {
    while ((getline line < notes_lines) > 0)
        if (line !~ /^#/)
            for (i = split(line, row, / /); i > 0; i--) {
                count++
                if (!((page, row[i]) in taken_up))
                    complain(page, "no row for line " row[i] " of the notes")
            }
    close(notes_lines)
    if (!count)
        complain(notes_lines, "no lines")
}

END {
    if (check == "links")
        check_links()
    else if (check == "claims")
        check_claims()
    else
        complain(check, "no such check")
    exit faults > 0
}
