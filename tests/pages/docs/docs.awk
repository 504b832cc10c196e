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

# | 3.11 | the notes say | wrong | what is so | sessions | source |
FILENAME ~ /^docs\/claims/ && /^\| [0-9]+\.[0-9]+ \|/ {
    claims_where[FILENAME, $2] = FILENAME ":" FNR
    if (FILENAME == "docs/claims.md")
        ids[++id_count] = $2
    cells = split($0, cell, /\|/)
    if (cells != 8)
        odd[FILENAME ":" FNR] = 1
    right[FILENAME, $2] = cell[4] ~ /yes|맞음/
    text = cell[6]
    while (match(text, /\[ch[0-9][0-9]\.[A-Za-z0-9_-]+\]/)) {
        proof[FILENAME, $2] = proof[FILENAME, $2] " " \
                              substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
    }
    source[FILENAME, $2] = cell[7]
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

function check_claims(    where, i, id, en, ko, part, last, count) {
    split("9 9 16 9 3 5 5", count) # statements of the notes in each chapter
    en = "docs/claims.md"
    ko = "docs/claims.ko.md"
    for (where in odd)
        complain(where, "not a row of six columns")
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
        split(id, part, ".")
        if (part[2] != last[part[1]] + 1)
            complain(claims_where[en, id], "what came before " id "?")
        last[part[1]] = part[2]
    }
    for (where in claims_where)
        if (index(where, ko) == 1 &&
            !((en, substr(where, length(ko) + 2)) in claims_where))
            complain(claims_where[where], "not in " en)
    for (i = 1; i in count; i++)
        if (last[i] != count[i])
            complain(en, "chapter " i " has " last[i] + 0 " rows, not " count[i])
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
